import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { yieldToEventLoop } from '@drover/kernel';
import { virtualClock, type MachineRef } from '@drover/ports';
import { sites } from './connections.simulator.js';
import { machinesOf } from './fleet.simulator.js';
import { outsideFile } from '../steering/outside-file.simulator.js';
import { simulator, type Simulator } from '../provider.simulator.js';

let dir = '';
let open: Simulator[] = [];
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'drover-simulator-'))));
afterEach(() => {
  open.forEach((each) => each.close());
  open = [];
  rmSync(dir, { recursive: true });
});

const SIZE = 6_000;
const { signal } = new AbortController();
const life = (size = SIZE) => {
  const clock = virtualClock();
  const sim = simulator({ clock, dir, size, latency: 0, seed: 'drover' });
  open.push(sim);
  return { sim, clock };
};
const target = { ...sites[1], revision: 1 };
/** The last machine that is made. */
const last = (): MachineRef => {
  const plan = [...machinesOf(SIZE, 'drover')].at(-1);
  if (!plan) throw new Error('there is no machine');
  const { vmId, instanceUuid: key } = plan;
  return { vmId, key, target };
};
/** How a promise is now. */
const stateOf = async (promise: Promise<unknown>) => {
  let state = 'waits';
  void promise.then(
    () => (state = 'answered'),
    () => (state = 'refused'),
  );
  await new Promise((done) => process.nextTick(done));
  return () => state;
};

it('K45: whoever asks while a large fleet is made waits, and is answered as if it had stood', async () => {
  const ref = last();
  const { sim } = life();
  const reading = sim.control.read(ref, signal);
  const read = sim.catalog.read(target, [ref.key], signal);
  const listed = (async () => {
    let n = 0;
    for await (const { machines } of sim.catalog.list(target, signal)) n += machines.length;
    return n;
  })();
  expect([(await stateOf(reading))(), (await stateOf(listed))()]).toEqual(['waits', 'waits']);
  expect(await reading).toMatchObject({ power: expect.stringMatching(/^powered|^suspended/) });
  expect(await read).toHaveLength(1);
  expect(await listed).toBe(SIZE / 2);
  await sim.standing;
});

it('K45: whoever gives up meanwhile is told so, and nothing was sent', async () => {
  const { sim } = life();
  const over = new AbortController();
  const reading = sim.control.read(last(), over.signal);
  over.abort();
  await expect(reading).rejects.toMatchObject({ code: 'no_answer', sent: 'no' });
});

it('K45: a site that is closed while its fleet is made makes no more of it', async () => {
  const { sim } = life();
  const listed = await stateOf(sim.catalog.list(target, signal)[Symbol.asyncIterator]().next());
  sim.close();
  open = [];
  for (let i = 0; i < 20; i++) await yieldToEventLoop();
  expect(listed()).toBe('waits');
});

it('K45: a ping is answered from the first moment', async () => {
  const { sim } = life();
  await sim.ping(target, signal);
  expect((await stateOf(sim.standing))()).toBe('waits');
});

it('what happened to a large fleet is there again, and the counting goes on', async () => {
  const first = life();
  first.sim.do('jump-01', 'suspend', { site: 'site-b' });
  first.sim.do('new-01', 'add', { site: 'site-b' });
  first.sim.close();
  open = [];
  const { sim } = life();
  await sim.standing;
  expect(sim.machines()).toHaveLength(SIZE + 1);
  sim.do('new-01', 'remove');
  expect(sim.ledger().map(({ n }) => n)).toEqual([1, 2, 3]);
});

it('damage in the ledger of a large fleet is told to whoever waits for it', async () => {
  const first = life();
  for (const what of ['power-off', 'power-on'] as const) first.sim.do('pgtest1', what);
  first.sim.close();
  open = [];
  const path = join(dir, 'ledger.ndjson');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"effective"', '"effect"'));
  const { sim } = life();
  await expect(sim.standing).rejects.toThrow(/Line 1 of the simulator's ledger/);
  await expect(sim.control.read(last(), signal)).rejects.toMatchObject({ code: 'provider_error', sent: 'no' });
});

it('K45: many orders of outside are carried out some at a time, each once', () => {
  const path = join(dir, 'outside.ndjson');
  appendFileSync(path, Array.from({ length: 50 }, (_, i) => `order ${i + 1}\n`).join(''));
  const outside = outsideFile(path);
  expect([...outside.skip(5)]).toHaveLength(4);
  const taken: string[] = [];
  const more = [1, 2, 3, 4].map(() => outside.each(({ line, text }) => void taken.push(`${line}: ${text}`)));
  expect(more).toEqual([true, true, false, false]);
  expect(taken).toEqual(Array.from({ length: 45 }, (_, i) => `${i + 6}: order ${i + 6}`));
});
