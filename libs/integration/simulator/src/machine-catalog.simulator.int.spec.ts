import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OperationId, StreamId, type ConnectionTarget } from '@drover/kernel';
import { virtualClock, type CatalogNews, type VirtualClock } from '@drover/ports';
import { machineCatalogContract } from '@drover/ports/testing';
import { simulator, type Simulator } from './provider.simulator.js';

const directory = () => mkdtempSync(join(tmpdir(), 'drover-simulator-'));
const targetOf = (sim: Simulator): ConnectionTarget => sim.machine('pgtest2').ref.target;
const { signal } = new AbortController();
const token = { operationId: OperationId.of('power', StreamId.of('power', 'web'), 1), attempt: 1, epoch: 1 };

machineCatalogContract('simulator', async () => {
  const dir = directory();
  const sim = simulator({ clock: virtualClock(), dir, size: 40, latency: 0, seed: 'laws' });
  const target = targetOf(sim);
  const mine = sim.machines().filter(({ connectionId }) => connectionId === target.id);
  return {
    catalog: sim.catalog,
    target,
    keys: mine.map(({ ref }) => ref.key),
    change: async () => {
      const { name, reading } = sim.machine(mine[0]?.name ?? '');
      sim.do(name, reading.power === 'poweredOn' ? 'power-off' : 'power-on');
    },
    hide: async () => void sim.do(mine[1]?.name ?? '', 'state', { readable: false }),
    cut: async () => sim.faults.set([{ vm: target.id, call: '*', do: 'unavailable' }]),
    close: async () => {
      sim.close();
      rmSync(dir, { recursive: true });
    },
  };
});

describe('the simulated catalog', () => {
  let dir: string;
  let sim: Simulator;
  let stop: AbortController;
  let clock: VirtualClock;
  beforeEach(() => {
    dir = directory();
    clock = virtualClock();
    stop = new AbortController();
    sim = simulator({ clock, dir, size: 1_200, latency: 0, seed: 'drover' });
  });
  afterEach(() => {
    stop.abort();
    sim.close();
    rmSync(dir, { recursive: true });
  });

  /** A watch that is past its listing, and the short form of what it tells next. */
  const watching = async () => {
    const news = sim.catalog.watch(targetOf(sim), stop.signal)[Symbol.asyncIterator]();
    for (;;) {
      const { value } = (await news.next()) as IteratorResult<CatalogNews, undefined>;
      if (value?.is === 'complete') break;
    }
    const short = (value: CatalogNews | undefined) =>
      value?.is === 'machines' ? value.machines.map(({ name, power, tools }) => [name, power, tools]) : value;
    return { next: async () => short(((await news.next()) as IteratorResult<CatalogNews, undefined>).value) };
  };

  it('lists a large site in batches', async () => {
    const sizes: number[] = [];
    for await (const batch of sim.catalog.list(targetOf(sim), signal)) sizes.push(batch.machines.length);
    expect(sizes).toEqual([250, 250, 100]);
  });

  it('tells of the calls of Drover, and of the tools that return', async () => {
    const { next } = await watching();
    const { ref } = sim.machine('pgtest1');
    await sim.control.send(ref, 'power-off', token, signal);
    await sim.control.send(ref, 'power-on', token, signal);
    expect(await next()).toEqual([['pgtest1', 'poweredOff', 'toolsNotRunning']]);
    expect(await next()).toEqual([['pgtest1', 'poweredOn', 'toolsNotRunning']]);
    expect(await next()).toEqual([['pgtest1', 'poweredOn', 'toolsOk']]);
  });

  it('tells of what others do', async () => {
    const { next } = await watching();
    const { ref } = sim.machine('pgtest1');
    sim.do('pgtest1', 'suspend');
    sim.do('pgtest1', 'tools', { tools: 'toolsOld' });
    sim.do('pgtest1', 'power-on');
    sim.do('pgtest1', 'rename', { name: 'renamed' });
    sim.do('jump-01', 'power-off', { site: 'site-b' }); // not on this site
    sim.do('renamed', 'remove');
    sim.do('new-01', 'add', { site: 'site-a' });
    expect(await next()).toEqual([['pgtest1', 'suspended', 'toolsNotRunning']]);
    expect(await next()).toEqual([['pgtest1', 'suspended', 'toolsNotRunning']]);
    expect(await next()).toEqual([['pgtest1', 'poweredOn', 'toolsNotRunning']]);
    expect(await next()).toEqual([['pgtest1', 'poweredOn', 'toolsOld']]);
    expect(await next()).toEqual([['renamed', 'poweredOn', 'toolsOld']]);
    expect(await next()).toEqual({
      ...{ is: 'removed', keys: [ref.key], at: clock.now() },
      order: { run: 'simulator', n: expect.any(Number) },
    });
    expect(await next()).toEqual([['new-01', 'poweredOn', 'toolsOk']]);
  });

  it('tells what changes while it lists once, in the listing', async () => {
    sim.close();
    sim = simulator({ clock, dir, size: 4, latency: 1, seed: 'drover' });
    const news = sim.catalog.watch(targetOf(sim), stop.signal)[Symbol.asyncIterator]();
    const first = news.next();
    sim.do('pgtest1', 'power-off');
    await clock.advance(40);
    const { value } = (await first) as IteratorResult<CatalogNews, undefined>;
    expect(value?.is === 'machines' && value.machines.map(({ name, power }) => [name, power])).toEqual([
      ['pgtest1', 'poweredOff'],
      ['pgtest2', 'poweredOn'],
    ]);
    expect(await news.next()).toMatchObject({ value: { is: 'complete' } });
  });

  it('does not tell of a machine that went silently; only a listing lacks it', async () => {
    const { next } = await watching();
    sim.do('pgtest1', 'remove', { silently: true });
    sim.do('pgtest2', 'power-off');
    expect(await next()).toEqual([['pgtest2', 'poweredOff', 'toolsNotRunning']]);
    const names: string[] = [];
    for await (const batch of sim.catalog.list(targetOf(sim), signal))
      names.push(...batch.machines.map(({ name }) => name));
    expect(names).not.toContain('pgtest1');
    expect(names).toHaveLength(599);
  });

  it('breaks a watch when the site cannot be reached, and says so in a test of the connection', async () => {
    const { next } = await watching();
    sim.faults.set([{ vm: 'site-a', call: '*', do: 'unavailable' }]);
    const broken = expect(next()).rejects.toMatchObject({ code: 'provider_unreachable' });
    await clock.advance(500);
    await broken;
    const target = targetOf(sim);
    await expect(sim.catalog.list(target, signal)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'provider_unreachable',
    });
    expect(await sim.catalog.test(target, signal)).toMatchObject([
      { step: 'tcp', ok: false, code: 'provider_unreachable' },
    ]);
    const other = sim.machine('web-02').ref.target;
    expect(other.id).toBe('site-b');
    expect(await sim.catalog.test(other, signal)).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
  });

  it('leaves a watch alone when an older revision is released', async () => {
    const newer = { ...targetOf(sim), revision: 2 };
    const news = sim.catalog.watch(newer, stop.signal)[Symbol.asyncIterator]();
    const next = async () => (await news.next()) as IteratorResult<CatalogNews, undefined>;
    while ((await next()).value?.is !== 'complete');
    await sim.catalog.release(targetOf(sim));
    sim.do('pgtest1', 'power-off');
    expect(await next()).toMatchObject({ value: { is: 'machines', machines: [{ name: 'pgtest1' }] } });
    await sim.catalog.release(newer);
    await expect(next()).rejects.toMatchObject({ code: 'provider_unreachable' });
  });

  it('breaks a watch when its session is ended', async () => {
    const { next } = await watching();
    await sim.catalog.release(targetOf(sim));
    await expect(next()).rejects.toMatchObject({ code: 'provider_unreachable' });
  });
});
