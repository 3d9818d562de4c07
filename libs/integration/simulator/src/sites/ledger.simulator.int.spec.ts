import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Instant, OperationId, StreamId } from '@drover/kernel';
import { virtualClock, type PowerCall, type VirtualClock } from '@drover/ports';
import { LedgerLine } from './ledger.simulator.js';
import { simulator, type Simulator } from '../provider.simulator.js';

let dir = '';
let open: Simulator[] = [];
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'drover-simulator-'))));
afterEach(() => {
  open.forEach((each) => each.close());
  open = [];
  rmSync(dir, { recursive: true });
});

const token = { operationId: OperationId.of('power', StreamId.of('power', 'web'), 1), attempt: 1, epoch: 1 };
const { signal } = new AbortController();
const start = Instant.parse('2026-01-01T00:00:00Z');
const path = () => join(dir, 'ledger.ndjson');

/** The sites, in a life that begins so many milliseconds after the first one. */
const life = (passed: number, latency = 0, size = 20) => {
  const clock = virtualClock(Instant.ofMs(Date.parse(start) + passed));
  const sim = simulator({ clock, dir, size, latency, seed: 'drover' });
  open.push(sim);
  return { sim, clock };
};
const standing = (sim: Simulator) =>
  sim.machines().map(({ name, guest, reading: { power, tools, bootAt, question } }) => ({
    name,
    guest,
    power,
    tools,
    bootAt,
    question,
  }));
const send = (sim: Simulator, name: string, call: PowerCall) =>
  sim.control.send(sim.machine(name).ref, call, token, signal);
const sent = async (sim: Simulator, clock: VirtualClock, name: string, call: PowerCall) => {
  const work = send(sim, name, call);
  await clock.advance(50);
  await work;
};

/** A bit of everything. */
const busyDay = async ({ sim }: { sim: Simulator }) => {
  await send(sim, 'pgtest1', 'power-off');
  await send(sim, 'pgtest1', 'power-on');
  await send(sim, 'pgtest2', 'reset');
  await send(sim, 'pgtest2', 'shutdown-guest');
  await send(sim, 'pgtest2', 'shutdown-guest').catch(() => 'it is off');
  sim.do('pgtest1', 'rename', { name: 'renamed' });
  sim.do('renamed', 'suspend');
  sim.do('new-01', 'add', { site: 'site-b' });
  sim.do('new-01', 'guest', { obeys: false, shutdownMs: 5 });
  sim.do('new-01', 'tools', { tools: 'toolsOld' });
  sim.do('new-01', 'question', { text: 'Moved?' });
  sim.do('jump-01', 'remove', { site: 'site-a' });
  sim.do('jump-01', 'remove', { site: 'site-b', silently: true });
  sim.do('jump-01', 'add', { site: 'site-a' });
};

it('restores the sites as they were', async () => {
  const first = life(0);
  await busyDay(first);
  const [before, lines] = [standing(first.sim), first.sim.ledger()];
  const second = life(60_000);
  expect(standing(second.sim)).toEqual(before);
  expect(second.sim.ledger()).toEqual(lines);
  expect(lines.map(({ n }) => n)).toEqual(lines.map((_, i) => i + 1));
});

it('cuts off a torn line, wherever it was torn, and goes on counting', async () => {
  const first = life(0);
  await busyDay(first);
  const whole = readFileSync(path());
  const ends = [...whole.entries()].filter(([, byte]) => byte === 10).map(([i]) => i + 1);
  for (let cut = 0; cut <= whole.length; cut += 37) {
    writeFileSync(path(), whole.subarray(0, cut));
    const kept = ends.filter((end) => end <= cut);
    const { sim } = life(60_000, 0, 4);
    expect(sim.ledger()).toHaveLength(kept.length);
    expect(readFileSync(path())).toHaveLength(kept.at(-1) ?? 0);
    sim.do('pgtest2', 'question', { text: null });
    expect(sim.ledger().at(-1)?.n).toBe(kept.length + 1);
    open.pop()?.close();
  }
});

it('cuts off a last line that is whole and means nothing', () => {
  life(0).sim.do('pgtest1', 'power-off');
  appendFileSync(path(), `${'\0'.repeat(100)}\n`);
  expect(life(1).sim.ledger()).toHaveLength(1);
});

it.each([
  ['of Drover without its attempt', { attempt: null }],
  ['of an order under an operation', { call: 'outside' }],
  ['of a machine whose power nobody saw', { before: null }],
])('takes a line %s for damaged', async (_, change) => {
  const { sim } = life(0);
  await send(sim, 'pgtest1', 'power-off');
  const [line] = sim.ledger();
  expect([LedgerLine.safeParse(line), LedgerLine.safeParse({ ...line, ...change })]).toMatchObject([
    { success: true, data: line },
    { success: false },
  ]);
});

it('refuses to guess at a line that is damaged in the middle', () => {
  const { sim } = life(0);
  for (const call of ['power-off', 'power-on'] as const) sim.do('pgtest1', call);
  writeFileSync(path(), readFileSync(path(), 'utf8').replace('"effective"', '"effect"'));
  expect(() => life(1)).toThrow(/Line 1 of the simulator's ledger/);
});

it('finishes after a restart what was taken before it, when it is due', async () => {
  const { sim, clock } = life(0, 1);
  sim.do('pgtest1', 'guest', { shutdownMs: 45_000 });
  await sent(sim, clock, 'pgtest1', 'shutdown-guest');
  await sent(sim, clock, 'pgtest2', 'power-off');
  await clock.advance(5_000);
  sim.close();
  open = [];
  const second = life(30_000, 1);
  expect(second.sim.machine('pgtest1').reading.power).toBe('poweredOn');
  expect(second.sim.machine('pgtest2').reading.power).toBe('poweredOff');
  await second.clock.advance(14_000);
  expect(second.sim.machine('pgtest1').reading.power).toBe('poweredOn');
  await second.clock.advance(1_100);
  expect(second.sim.machine('pgtest1').reading.power).toBe('poweredOff');
  expect(life(3_600_000, 1).sim.machine('pgtest1').reading.power).toBe('poweredOff');
});

it('restores a machine between two calls as the first of them left it', async () => {
  const { sim, clock } = life(0, 1);
  await sent(sim, clock, 'pgtest1', 'power-off');
  await clock.advance(10_000);
  await sent(sim, clock, 'pgtest1', 'power-on');
  sim.close();
  open = [];
  const second = life(10_200, 1);
  expect(second.sim.machine('pgtest1').reading).toMatchObject({ power: 'poweredOff', bootAt: null });
  await second.clock.advance(2_500);
  expect(second.sim.machine('pgtest1').reading.power).toBe('poweredOn');
});

it.each([-1, 1, -24, 24])(
  'K3: restores a machine between two calls when the clock was set by %d hours',
  async (hours) => {
    const { sim, clock } = life(0, 1);
    await sent(sim, clock, 'pgtest1', 'power-off');
    await clock.advance(10_000);
    clock.jump(hours * 3_600_000);
    await sent(sim, clock, 'pgtest1', 'power-on');
    const [{ power, bootAt }, passed] = [sim.machine('pgtest1').reading, Instant.msBetween(start, clock.now())];
    expect([power, bootAt]).toEqual(['poweredOff', null]);
    sim.close();
    open = [];
    const second = life(passed, 1);
    expect(second.sim.machine('pgtest1').reading).toMatchObject({ power, bootAt });
    await second.clock.advance(2_500);
    expect(second.sim.machine('pgtest1').reading.power).toBe('poweredOn');
  },
);

it('brings the tools back after a restart, at the boot that was recorded', async () => {
  const { sim, clock } = life(0, 1);
  await sent(sim, clock, 'pgtest1', 'reset');
  const [line] = sim.ledger();
  sim.close();
  open = [];
  const second = life(5_000, 1);
  expect(second.sim.machine('pgtest1').reading).toMatchObject({ power: 'poweredOn', tools: 'toolsNotRunning' });
  await second.clock.advance(20_000);
  expect(second.sim.machine('pgtest1').reading).toMatchObject({ tools: 'toolsOk', bootAt: line?.bootAt });
});

it('keeps what happened to a machine that left a smaller fleet', async () => {
  const first = life(0);
  const name = String(first.sim.machines().at(-1)?.name);
  first.sim.do(name, 'suspend');
  expect(life(1, 0, 4).sim.machines()).toHaveLength(4);
  expect(life(2).sim.machine(name).reading.power).toBe('suspended');
});
