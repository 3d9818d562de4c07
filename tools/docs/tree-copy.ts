// A copy of this tree for a test that changes it as a page says: own sources and builds are copied, foreign packages are
// linked. Never: write through a link; packages are shared with the tree that the test runs in.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const here = join(import.meta.dirname, '../..');

/** What `npm run contracts` writes: nobody touches it by hand. */
const generated = /^libs\/contracts\/(?:openapi|asyncapi)\//;

const git = (root: string, ...words: string[]) =>
  execFileSync('git', ['-c', 'user.name=page', '-c', 'user.email=page@drover.test', ...words], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });

/** The packages of the tree, but those of its own projects, which are the copy's. */
const linkPackages = (root: string) => {
  mkdirSync(join(root, 'node_modules'));
  for (const name of readdirSync(join(here, 'node_modules')))
    if (name === '@drover') cpSync(join(here, 'node_modules', name), join(root, 'node_modules', name), own);
    else symlinkSync(join(here, 'node_modules', name), join(root, 'node_modules', name));
};
const own = { recursive: true, verbatimSymlinks: true } as const;

/** Copies the sources as they stand in this tree, and answers their paths. */
export const copySources = (root: string): readonly string[] => {
  const tracked = git(here, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
  const files = tracked.filter((path) => path && existsSync(join(here, path)));
  for (const path of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(join(here, path), join(root, path), { preserveTimestamps: true });
  }
  return files;
};

/**
 * A copy of this tree, to be changed as a page says. What was built comes along, so a build does only what is new. It is a
 * repository with one commit: what is touched afterwards is counted by git.
 */
export const copyTree = () => {
  const root = mkdtempSync(join(tmpdir(), 'drover-page-'));
  const files = copySources(root);
  for (const path of files.filter((each) => each.endsWith('/tsconfig.json'))) {
    const dist = join(dirname(path), 'dist');
    if (existsSync(join(here, dist))) cpSync(join(here, dist), join(root, dist), { recursive: true });
  }
  linkPackages(root);
  git(root, 'init', '--quiet');
  git(root, 'add', '--all');
  git(root, 'commit', '--quiet', '--no-verify', '--message=before');

  /** Runs a script under this Node, in the copy; what it said comes back, or is the error. */
  const run = (...args: readonly string[]) =>
    new Promise<string>((done, fail) => {
      const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (said += text));
      child.on('close', (code) => (code === 0 ? done(said) : fail(new Error(`${args.join(' ')}\n${said}`))));
    });

  /** The files that were touched since it was copied, without what is generated. */
  const touched = () =>
    git(root, 'status', '--porcelain', '--untracked-files=all')
      .split('\n')
      .map((line) => line.slice(3))
      .filter((path) => path && !generated.test(path));

  return {
    root,
    run,
    touched,
    /** Builds it, and checks the types of everything, specs and tools included. */
    build: () => run('node_modules/typescript-native/bin/tsc', '-b', '--checkers', '1'),
    /** Links a new package of the tree, as `npm install` does, which would need the network for the packages of others. */
    link: (folder: string) => {
      const lock = ['install', '--package-lock-only', '--offline', '--ignore-scripts'];
      execFileSync('npm', lock, { cwd: root, stdio: 'pipe' });
      symlinkSync(`../../${folder}`, join(root, 'node_modules/@drover', basename(folder)));
    },
    /** Writes what follows from the contracts. */
    contracts: () => run('tools/contracts/generate.ts'),
    /** The rules of the house over the whole tree, lint and format of what was touched. */
    house: async () => {
      const code = touched().filter((path) => /\.(?:ts|mjs)$/.test(path));
      await run('tools/architecture/house.mjs', `--lint=${code.join(',')}`);
      await run('node_modules/prettier/bin/prettier.cjs', '--check', ...code);
    },
    specs: (...paths: readonly string[]) =>
      run('--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', ...paths),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
};
