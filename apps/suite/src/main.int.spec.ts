// The built process, as the stories run it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { spoilFacts } from './testing.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

it('T-SHU-1: ends with 0 in time when it is told to stop while a view cannot catch up', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'drover-main-'));
  await spoilFacts(dir);
  const env = { APP_PORT: '0', DROVER_DATA_DIR: dir, DROVER_SIMULATOR_VMS: '0' };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const ended = new Promise<number | null>((done) => child.on('close', done));
    await new Promise<void>((done) =>
      child.stderr.on('data', (text) => /views of inventory/.test(String(text)) && done()),
    );
    const begun = performance.now();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(performance.now() - begun).toBeLessThan(25_000);
  } finally {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  }
}, 60_000);

it.each([
  [[], 0],
  [['rebuild'], 1],
])('a process that has just begun, asked for %j, ends with %i when it is told to stop', async (args, code) => {
  const dir = mkdtempSync(join(tmpdir(), 'drover-main-'));
  const env = { APP_PORT: '0', DROVER_DATA_DIR: dir, DROVER_SIMULATOR_VMS: '0' };
  const tell = 'process.on("newListener", (name) => name === "SIGTERM" && process.stderr.write("hears"))';
  const child = spawn(process.execPath, ['--import', `data:text/javascript,${tell}`, main, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    const ended = new Promise<number | null>((done) => child.on('close', done));
    await new Promise<void>((done) => child.stderr.once('data', () => done()));
    child.kill('SIGTERM');
    expect(await ended).toBe(code);
  } finally {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  }
});

it('a fault that nobody caught is the last line of the log, with its secrets masked, and ends the process', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'drover-main-'));
  const env = { APP_PORT: '0', DROVER_DATA_DIR: dir, DROVER_SIMULATOR_VMS: '0' };
  const fault = `setTimeout(() => { process.emitWarning("old"); throw new Error("password=canary-7f3a9c") }, 4000)`;
  const args = ['--import', `data:text/javascript,${fault}`, main];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more));
    expect(await new Promise<number | null>((done) => child.on('close', done))).toBe(1);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(lines.at(-1)).toMatchObject({
      ...{ level: 'error', msg: 'Drover ends: nobody caught this error' },
      error: { message: 'password=[secret]', stack: expect.stringContaining('at ') },
    });
    expect(text).not.toContain('canary');
  } finally {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  }
}, 60_000);
