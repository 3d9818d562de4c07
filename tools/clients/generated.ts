// Clients of the API as others would generate them from the committed document, under `.cache/clients`. The Python one needs
// python3 with venv, and pip an index: without, tests that need it are skipped by name; with CI set that is a failure.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const here = import.meta.dirname;
const root = join(here, '../..');
const cache = join(root, '.cache/clients');
const document = join(root, 'libs/contracts/openapi/openapi.json');
const requirements = join(here, 'requirements.txt');
const ci = !['', 'false'].includes(process.env['CI'] ?? '');

/** What a command printed, both streams; it fails with that. */
const run = (command: string, args: readonly string[], { cwd = root, path = '', input = '' } = {}) =>
  new Promise<string>((done, fail) => {
    const env = { ...process.env, PATH: `${path}${delimiter}${process.env['PATH'] ?? ''}` };
    const child = execFile(command, [...args], { cwd, env, maxBuffer: 2 ** 26 }, (error, out, complained) =>
      error ? fail(new Error(`${command} ${args.join(' ')}\n${out}${complained}`)) : done(`${out}${complained}`),
    );
    child.stdin?.on('error', () => {}); // one that has ended reads nothing: how it ended is what counts
    child.stdin?.end(input);
  });

/** A client that was generated and compiled: how many operations it has, and what it does with a machine. */
export interface GeneratedClient {
  readonly operations: number;
  /** Lists machines, powers this one off and waits, reads its history; answers what it saw. */
  use(url: string, vmId: string, token: string): Promise<unknown>;
}

const operationsIn = (text: string, each: RegExp) => text.match(each)?.length ?? 0;

const venv = join(cache, 'venv');
/** Where the programs of the Python client are, once they are installed. */
export const pythonBin = join(venv, 'bin');
const bin = pythonBin;
/** The tools of the Python client, installed once for each list of them. */
const installed = async () => {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const stamp = join(venv, 'requirements.sha256');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  await run('python3', ['-m', 'venv', venv]);
  await run(join(bin, 'pip'), ['install', '--disable-pip-version-check', '--no-deps', '-r', requirements]);
  writeFileSync(stamp, hash);
};

/** Whether the Python client can be made; installs what it needs. Throws with CI set, where nothing may be missing. */
export const pythonPresent = async (): Promise<boolean> => {
  try {
    await installed();
    return true;
  } catch (error) {
    if (ci) throw error;
    return false;
  }
};

/** The client of openapi-python-client, complete and right to `mypy --strict`; the use of it is checked with it. */
export const pythonClient = async (): Promise<GeneratedClient> => {
  const place = join(cache, 'python');
  rmSync(place, { recursive: true, force: true });
  const generator = join(bin, 'openapi-python-client');
  // Anything that is left out is a warning to the generator.
  const given = ['generate', '--path', document, '--output-path', place, '--fail-on-warning'];
  await run(generator, given, { path: bin });
  copyFileSync(join(here, 'use.py'), join(place, 'use.py'));
  await run(join(bin, 'mypy'), ['--strict', 'drover_client', 'use.py'], { cwd: place });
  const listed = await run('find', ['drover_client/api', '-name', '*.py', '-not', '-name', '__init__.py'], {
    cwd: place,
  });
  return {
    operations: operationsIn(listed, /\.py$/gm),
    use: async (url, vmId, token) =>
      JSON.parse(await run(join(bin, 'python'), ['use.py', url, vmId], { cwd: place, input: token })) as unknown,
  };
};

const compilerOptions = {
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true },
  ...{ module: 'nodenext', target: 'es2023', types: ['node'] },
};

/** The client of openapi-typescript and openapi-fetch, right to `tsc --strict`; the use of it is checked with it. */
export const typescriptClient = async (): Promise<GeneratedClient> => {
  const place = join(cache, 'typescript');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  const schema = join(place, 'schema.d.ts');
  await run(process.execPath, ['node_modules/openapi-typescript/bin/cli.js', document, '-o', schema]);
  writeFileSync(join(place, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.mts'] }));
  copyFileSync(join(here, 'use.mts'), join(place, 'use.mts'));
  const tsc = join(root, 'node_modules/typescript-native/bin/tsc');
  await run(process.execPath, [tsc, '-p', place], { cwd: place });
  return {
    operations: operationsIn(readFileSync(schema, 'utf8'), /^ {8}(?:get|put|post|delete|patch): operations\[/gm),
    use: async (url, vmId, token) =>
      JSON.parse(await run(process.execPath, ['use.mts', url, vmId], { cwd: place, input: token })) as unknown,
  };
};
