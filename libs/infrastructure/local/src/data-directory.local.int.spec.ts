import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DirectoryRefused, isInUse, openDataDirectory, requireDataDirectory } from './data-directory.local.js';

let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drover-data-'));
  path = join(root, 'data');
});
afterEach(() => rmSync(root, { recursive: true }));

const refusal = () => {
  try {
    openDataDirectory(path).close();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(DirectoryRefused);
    return (error as Error).message;
  }
};

it('makes a token once that its owner alone can read, and finds it again', () => {
  const first = openDataDirectory(path);
  const { adminToken } = first;
  expect(adminToken).toMatch(/^[\w-]{43}$/);
  expect(statSync(join(path, 'admin.token')).mode & 0o777).toBe(0o600);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  first.close();
  const second = openDataDirectory(path);
  expect(second.adminToken).toBe(adminToken);
  expect(JSON.parse(readFileSync(join(path, 'format.json'), 'utf8'))).toEqual({ format: 1 });
  expect(statSync(second.folder('power')).isDirectory()).toBe(true);
  second.close();
});

it('is made by a start, and by nothing that needs what is in it', () => {
  expect(() => requireDataDirectory(path)).toThrow(DirectoryRefused);
  expect(existsSync(path)).toBe(false);
  openDataDirectory(path).close();
  expect(() => requireDataDirectory(path)).not.toThrow();
});

it('is held by one process, and let go when that one ends', () => {
  const held = openDataDirectory(path);
  expect(refusal()).toBe(
    `${path} is used by the process ${process.pid}: stop that one or set DROVER_DATA_DIR to another directory.`,
  );
  held.close();
  expect(refusal()).toBeNull();
});

it('says whether it is in use, and keeps nobody out by looking', () => {
  expect(isInUse(path)).toBe(false); // there is none yet
  const held = openDataDirectory(path);
  expect(isInUse(path)).toBe(true);
  held.close();
  expect(isInUse(path)).toBe(false);
  expect(refusal()).toBeNull();
});

it('is let go by a process that is killed', () => {
  const script = `
    const { DatabaseSync } = require('node:sqlite');
    new DatabaseSync(${JSON.stringify(join(root, 'lock'))}).exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
    process.kill(process.pid, 'SIGKILL');`;
  expect(spawnSync(process.execPath, ['-e', script]).signal).toBe('SIGKILL');
  path = root;
  expect(refusal()).toBeNull();
});

it.each([
  ['a newer format', () => writeFileSync(join(path, 'format.json'), '{"format": 2}'), 'newer Drover'],
  ['a format that is not there', () => writeFileSync(join(path, 'format.json'), '{"x": 1}'), 'names no format'],
  ['a format that nobody can read', () => writeFileSync(join(path, 'format.json'), 'one'), 'cannot be read'],
  ['a token that others can read', () => chmodSync(join(path, 'admin.token'), 0o640), 'mode 640'],
  ['a token that is none', () => writeFileSync(join(path, 'admin.token'), ''), 'holds no token'],
  [
    'a token that no header carries',
    () => writeFileSync(join(path, 'admin.token'), `${'x'.repeat(20)}\n${'x'.repeat(22)}`),
    'holds no token',
  ],
  [
    'stores that make no sense',
    () => writeFileSync(join(path, 'format.json'), '{"format": 1, "storeIds": 5}'),
    'cannot be read',
  ],
])('refuses %s in one sentence with the remedy, and lets go of the directory', (_, spoil, because) => {
  openDataDirectory(path).close();
  spoil();
  expect(refusal()).toContain(because);
  expect(refusal()).toMatch(/^[^\n]+[:,] [^\n]+\.$/);
});

it('refuses a directory that it may not write to', () => {
  mkdirSync(path, { mode: 0o555 });
  chmodSync(root, 0o755);
  const isRoot = process.geteuid?.() === 0; // who may write everywhere, so the test becomes nobody for a moment
  if (isRoot) process.seteuid?.(65534);
  try {
    expect(refusal()).toMatch(/^DROVER_DATA_DIR cannot be used: [^\n]+ (written to|write to)[^\n]*\.$/);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

it('refuses a file where a directory is due', () => {
  writeFileSync(path, '');
  expect(refusal()).toContain('is not a directory that can be written to');
});

it.each<[string, () => string]>([
  ['below /proc, where nothing can be made', () => '/proc/drover'],
  ['far below /proc', () => '/proc/drover/a/b'],
  ['below a file', () => (writeFileSync(path, ''), join(path, 'below'))],
  ['below a device', () => '/dev/null/data'],
  ['a file that can be run', () => (writeFileSync(path, '', { mode: 0o755 }), path)],
  ['a pipe', () => (spawnSync('mkfifo', [path]), path)],
  ['a link that leads nowhere', () => (symlinkSync(join(root, 'nowhere'), path), path)],
  ['below a link that leads nowhere', () => (symlinkSync(join(root, 'nowhere'), path), join(path, 'data'))],
  ['a link that leads to itself', () => (symlinkSync(path, path), path)],
  ['a name that is too long', () => join(root, 'x'.repeat(300))],
  ['a path that is too long', () => join(root, ...Array<string>(3000).fill('xy'))],
  ['what holds a NUL', () => `${root}/a\0b`],
  ['one whose lock is a directory', () => (mkdirSync(join(path, 'lock'), { recursive: true }), path)],
  ['one whose token is a directory', () => (mkdirSync(join(path, 'admin.token', 'x'), { recursive: true }), path)],
  ['one whose format is a directory', () => (mkdirSync(join(path, 'format.json', 'x'), { recursive: true }), path)],
  [
    'one whose token is a pipe',
    () => (mkdirSync(path), spawnSync('mkfifo', ['-m', '600', join(path, 'admin.token')]), path),
  ],
  ['one whose format is a pipe', () => (mkdirSync(path), spawnSync('mkfifo', [join(path, 'format.json')]), path)],
])('K30: refuses %s at once, in one sentence', (_, made) => {
  path = made();
  expect(refusal()).toMatch(/^[^\n]+\.$/);
});

it('K30: any text names a directory or is refused in one sentence', () => {
  const parts = fc.array(fc.oneof(fc.string(), fc.constantFrom('..', '.', '~', ' ', 'x'.repeat(260))), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(parts, (names) => {
      path = join(root, 'data', ...names.map((name) => name.replaceAll('..', 'up')));
      expect(refusal() ?? 'taken.').toMatch(/^.+\.$/s);
    }),
    { numRuns: 100 },
  );
});

it('two processes that begin at once make one folder, and neither is refused', async () => {
  const built = new URL('../dist/data-directory.local.js', import.meta.url);
  const code = `
    const { workerData, parentPort } = require('node:worker_threads');
    import(workerData.built).then(({ makeFolder }) => {
      for (let n = 0; n < 400; n++) makeFolder(workerData.path + '/' + n + '/a');
      parentPort.postMessage('made');
    });`;
  const makes = () =>
    new Promise((done, fail) => {
      const worker = new Worker(code, { eval: true, workerData: { built: built.href, path } });
      worker.once('message', done).once('error', fail);
    });
  expect(await Promise.all([makes(), makes()])).toEqual(['made', 'made']);
});
