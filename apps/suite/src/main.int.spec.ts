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
