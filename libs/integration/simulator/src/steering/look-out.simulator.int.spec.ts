import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { virtualClock, type VirtualClock } from '@drover/ports';
import { lookOut } from './look-out.simulator.js';
import { LedgerUnwritable } from '../sites/world.simulator.js';

let dir: string;
let clock: VirtualClock;
let stop: () => void;
let told: unknown[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-simulator-'));
  clock = virtualClock();
  stop = () => {};
  told = [];
});
afterEach(() => {
  stop();
  rmSync(dir, { recursive: true });
});

/** Looks, one of which fails with what stands here at the time. */
const looking = (report = (_where: string, error: unknown) => void told.push(error)) => {
  const state = { failure: null as Error | null, looks: 0 };
  const failing = () => {
    if (state.failure) throw state.failure;
  };
  const start = () => void (stop = lookOut(clock, dir, [failing, () => void state.looks++], report));
  return { state, start };
};

it('looks at once, and twice a second until it is stopped', async () => {
  const { state, start } = looking();
  start();
  expect(state.looks).toBe(1);
  await clock.advance(1_000);
  expect(state.looks).toBe(3);
  stop();
  await clock.advance(10_000);
  expect(state.looks).toBe(3);
});

it('reports what goes wrong once, again when it comes back, and goes on with everything else', async () => {
  const { state, start } = looking();
  const [first, second] = [new Error('first'), new Error('second')];
  start();
  for (const failure of [first, first, null, first, second]) {
    state.failure = failure;
    await clock.advance(500);
  }
  expect(told).toEqual([first, first, second]);
  expect(state.looks).toBe(6);
});

it('says nothing of a ledger that cannot be written: what it looked at is looked at again', async () => {
  const { state, start } = looking();
  state.failure = new LedgerUnwritable(new Error('ENOSPC'));
  start();
  await clock.advance(1_000);
  expect([told, state.looks]).toEqual([[], 3]);
});

it('goes on when whoever is told throws', async () => {
  const { state, start } = looking((_where, error) => {
    throw error;
  });
  start();
  state.failure = new Error('ours');
  await expect(clock.advance(500)).rejects.toThrow('ours');
  state.failure = null;
  await clock.advance(500);
  expect(state.looks).toBe(2);
});

it('looks sooner when a file changes, where the system watches files', async () => {
  const { state, start } = looking();
  start();
  const end = Date.now() + 5_000;
  for (let i = 0; state.looks === 1 && Date.now() < end; i++) {
    writeFileSync(join(dir, 'faults.json'), String(i));
    await new Promise((done) => setTimeout(done, 10));
  }
  expect(state.looks).toBeGreaterThan(1);
});
