import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

const worker = join(import.meta.dirname, 'append-until-refused.ts');
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'drover-full-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs a command that starts the worker, and reads what it met. */
const met = (command: string, args: readonly string[]) => {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (stdout === '') throw new Error(`${command} said nothing: ${stderr}`);
  return JSON.parse(stdout) as {
    whenFull: { code: string; acknowledged: number; stored: number; says: string | null };
    after: { says: string | null; stored: number };
    integrity: string;
  };
};
const expectRecovery = ({ whenFull, after, integrity }: ReturnType<typeof met>, code: string) => {
  expect(whenFull).toMatchObject({ code, stored: whenFull.acknowledged });
  expect(whenFull.acknowledged).toBeGreaterThan(10);
  expect(after).toEqual({ says: null, stored: whenFull.acknowledged + 1 });
  expect(integrity).toBe('ok');
};

/** A disk of 2 MB that only the worker sees; needs no rights where the kernel lets users have namespaces. */
const small = ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=2m drover "$1" && shift && exec "$@"', 'sh'];
const canMount = spawnSync('unshare', [...small, tmpdir(), 'true']).status === 0;

(canMount ? it : it.skip)('T-DSK-1: a full disk loses nothing acknowledged; appends go on once there is space', () => {
  const found = met('unshare', [...small, directory, process.execPath, worker, directory, 'ballast']);
  expectRecovery(found, 'store_full');
  expect(found.whenFull.says).toBe('store_full');
});

it('T-DSK-1: a disk that cannot be written for another reason is told apart, and recovers the same way', () => {
  const found = met('prlimit', ['--fsize=2000000:unlimited', process.execPath, worker, directory, 'limit']);
  expectRecovery(found, 'store_unavailable');
});
