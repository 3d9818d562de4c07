// The whole house on a disk that has no space left.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Health } from '@drover/contracts';
import { ownPort } from '../../../tools/faultbench/port.js';
import { apiOf, until } from './api.js';
import { startedHouse, within } from './house.js';

const main = fileURLToPath(new URL('../../suite/dist/main.js', import.meta.url));
/** A disk of 8 MB that only the process sees; needs no rights where the kernel lets users have namespaces. */
const small = ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=8m drover "$1" && shift && exec "$@"', 'sh'];
const canMount = spawnSync('unshare', [...small, tmpdir(), 'true']).status === 0;

const directory = mkdtempSync(join(tmpdir(), 'drover-full-'));
let child: ChildProcess | null = null;
beforeEach(() => void mkdirSync(directory, { recursive: true }));
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** Drover on the small disk, what it complains of, and its directory as seen from here. */
const started = async () => {
  const port = await ownPort();
  const env = { APP_PORT: String(port), DROVER_DATA_DIR: directory, DROVER_SIMULATOR_VMS: '4', DROVER_LOG: 'error' };
  const args = [...small, directory, process.execPath, main];
  const process_ = spawn('unshare', args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = process_;
  const complained: string[] = [];
  process_.stderr.setEncoding('utf8').on('data', (text: string) => complained.push(text));
  await new Promise<void>((done, fail) => {
    process_.stdout.setEncoding('utf8').on('data', (text: string) => text.includes('ready at') && done());
    process_.once('close', () => fail(new Error(complained.join(''))));
  });
  const dir = `/proc/${process_.pid}/root${directory}`;
  const api = apiOf(`http://127.0.0.1:${port}`, readFileSync(join(dir, 'admin.token'), 'utf8').trim());
  await until(
    () => api.fleet(),
    ({ body }) => body.total === 4 && body.complete,
  );
  return { api, dir, complained };
};

/** Leaves no space. */
const fill = (file: string) => {
  for (let left = 16 * 1024 * 1024; left >= 1; left = Math.floor(left / 2))
    try {
      for (;;) writeFileSync(file, Buffer.alloc(left), { flag: 'a' });
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
};

const story = canMount ? it : it.skip;

story(
  'K41: a full disk makes ready say read_only and which store; it is told once, and over when there is space',
  async () => {
    const { api, dir, complained } = await started();
    const [vm] = (await api.vms('?power=poweredOn&limit=1')).body.items;
    fill(join(dir, 'ballast'));
    const ready = () => api.get<Health>('/health/ready');
    const off = () => api.post(`/api/v1/vms/${vm?.id}/actions/power-off`, { mode: 'hard' }, { prefer: 'wait=20' });
    const full = { ok: false, detail: 'There is no space left for it: reads go on.' };
    expect(await ready()).toMatchObject({
      status: 200,
      body: { status: 'read_only', checks: { 'power store': full } },
    });
    expect(await off()).toMatchObject({ status: 507, body: { code: 'store_full' } });
    complained.length = 0;
    for (let times = 0; times < 30; times++) expect((await off()).status).toBe(507);
    expect((await api.vms()).body.total).toBe(4);
    expect((await api.get('/health/live')).status).toBe(200);
    const lines = complained.join('').split('\n').filter(Boolean);
    expect(lines.filter((line) => /^\s+at |Error/.test(line))).toEqual([]);
    expect(lines.length).toBeLessThan(4);

    rmSync(join(dir, 'ballast'));
    expect(await until(ready, ({ body }) => body.status === 'ok')).toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
    expect(await off()).toMatchObject({ body: { state: 'succeeded' } });
  },
  120_000,
);

story(
  'a rebuild on a disk that becomes full ends with a sentence, and leaves what there was',
  async () => {
    await using house = await startedHouse({ DROVER_SIMULATOR_VMS: '120', DROVER_SIMULATOR_LATENCY: '0' });
    await house.stop();
    // What the house has stored, on a disk that has some space left, and not enough.
    const onSmall = [
      'mount -t tmpfs -o size=16m drover "$1" && cp -a "$2/." "$1/" && head -c 1600k /dev/zero >"$1/spare"',
      'dd if=/dev/zero of="$1/filling" bs=4k 2>/dev/null; rm "$1/spare"; shift 2; "$@"',
    ].join(' && ');
    const args = ['-rm', 'sh', '-c', onSmall, 'sh', directory, house.dataDir, process.execPath, main, 'rebuild'];
    const env = { PATH: process.env['PATH'], DROVER_DATA_DIR: directory, DROVER_SIMULATOR_VMS: '120' };
    const rebuilding = spawn('unshare', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child = rebuilding;
    const texts = { said: '', complained: '' };
    rebuilding.stdout.setEncoding('utf8').on('data', (text: string) => (texts.said += text));
    rebuilding.stderr.setEncoding('utf8').on('data', (text: string) => (texts.complained += text));
    const code = await new Promise((done) => rebuilding.once('close', done));
    expect([code, texts.said]).toEqual([1, expect.not.stringContaining('Done.')]);
    expect(texts.complained).toMatch(/full/);
    expect(texts.complained).toMatch(/Free space/);
    expect(texts.complained).not.toMatch(/^\s+at /m); // a sentence, no stack
  },
  within,
);

story(
  'K41: a start on a full disk, after a kill, says that the disk is full and that nothing is lost, and nothing is',
  async () => {
    await using house = await startedHouse({ DROVER_SIMULATOR_VMS: '4', DROVER_SIMULATOR_LATENCY: '0' });
    await house.kill();
    const onFull = [
      'mount -t tmpfs -o size=32m drover "$1" && cp -a "$2/." "$1/" && dir="$1" && shift 2',
      'dd if=/dev/zero of="$dir/filling" bs=4k 2>/dev/null; "$@"; echo "ended with $?"',
      'rm "$dir/filling" && "$@" store verify',
    ].join('\n');
    const args = ['-rm', 'sh', '-c', onFull, 'sh', directory, house.dataDir, process.execPath, main];
    const env = { PATH: process.env['PATH'], DROVER_DATA_DIR: directory, DROVER_SIMULATOR_VMS: '4', APP_PORT: '0' };
    const { stdout, stderr } = spawnSync('unshare', args, { env, encoding: 'utf8' });
    expect(stderr).toBe(
      `DROVER_DATA_DIR cannot be used now: the disk of ${directory} is full. Nothing that was stored is lost: free space on it, then start.\n`,
    );
    expect(stdout).toBe('ended with 1\nAll stored data is complete and undamaged.\n');
  },
  within,
);
