// A copy of the tree to which a page is applied: what git knows, what was built, and the packages by links.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The tree of this process. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

const listed = (dir: string) =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: dir, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(dir, path)));

/** Links a workspace of the copy, as `npm install` does. */
export const linkWorkspace = (tree: string, name: string, to: string) =>
  symlinkSync(to, join(tree, 'node_modules', name));

/** Copies the tree. Packages are links to those of the original; the house's own point into the copy. */
export const copyTree = () => {
  const tree = mkdtempSync(join(tmpdir(), 'drover-copy-'));
  const files = listed(root);
  const built = files
    .filter((path) => /^(apps|libs)\/.*package\.json$/.test(path))
    .map((path) => join(dirname(path), 'dist'));
  const compiled = [...built, '.cache/spec.tsbuildinfo']; // so that only what the page changes is compiled
  for (const path of [...files, ...compiled.filter((dir) => existsSync(join(root, dir)))])
    cpSync(join(root, path), join(tree, path), { recursive: true, preserveTimestamps: true });
  const packages = join(root, 'node_modules');
  mkdirSync(join(tree, 'node_modules', '@drover'), { recursive: true });
  for (const name of readdirSync(packages).filter((each) => each !== '@drover' && each !== '.cache'))
    symlinkSync(join(packages, name), join(tree, 'node_modules', name));
  for (const name of readdirSync(join(packages, '@drover')))
    linkWorkspace(tree, `@drover/${name}`, readlinkSync(join(packages, '@drover', name)));
  return { tree, [Symbol.dispose]: () => rmSync(tree, { recursive: true, force: true }) };
};
