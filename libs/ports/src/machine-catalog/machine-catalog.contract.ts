// The laws of a machine catalog: complete listings, numbered readings, watches without a gap, skipped machines with a
// reason. Run by vSphere, the simulator (near and remote), the guard and memory. Never: a law that only one provider can
// keep.
import { expect } from '@jest/globals';
import { compareReads, identityAliases, VmId, type ConnectionTarget } from '@drover/kernel';
import { lawsInTurn, type Laws } from '../laws.contract.js';
import type { CatalogNews, ProviderIdentity, Machine, MachineCatalog, SkippedMachine } from './machine-catalog.js';

/** What the suite runs on: an adapter with at least two machines, and ways to change the first one behind its back. */
export interface MachineCatalogBench {
  readonly catalog: MachineCatalog;
  readonly target: ConnectionTarget;
  readonly keys: readonly string[];
  /** Changes the power of the first machine, each time anew, as another client would. */
  change(): Promise<void>;
  /** From now on the power of the second machine cannot be read, though it is there. */
  hide(): Promise<void>;
  /** From now on nobody answers at the provider. */
  cut(): Promise<void>;
  close?(): Promise<void>;
}

/** Reads news until `found` says yes; the wait is bounded by the test's own time-out. */
const until = async (news: AsyncIterator<CatalogNews>, found: (news: CatalogNews) => boolean) => {
  const seen: CatalogNews[] = [];
  for (;;) {
    const next = await news.next();
    if (next.done) return seen;
    seen.push(next.value);
    if (found(next.value)) return seen;
  }
};

const { signal } = new AbortController();

/** The laws every machine catalog keeps, each with its test. The last one cuts the way to the provider. */
export const machineCatalogLaws = {
  'lists every machine once': async (bench) => {
    const found: string[] = [];
    for await (const batch of bench.catalog.list(bench.target, signal)) found.push(...batch.machines.map((m) => m.key));
    expect(found.sort()).toEqual([...bench.keys].sort());
  },

  'says of each machine what it is called, what it is made of and when that was read': async (bench) => {
    for await (const batch of bench.catalog.list(bench.target, signal))
      for (const machine of batch.machines) {
        expect(machine.name).not.toBe('');
        expect(machine.aliases).toEqual(expect.arrayContaining([...identityAliases(bench.target.id, machine)]));
        expect(machine.hardware?.cpus).toBeGreaterThan(0);
        expect(machine.hardware?.memoryBytes).toBeGreaterThan(0);
        expect([machine.connectionState, machine.template]).toEqual(['connected', false]);
        expect(machine.observedAt).toMatch(/^\d{4}-.*Z$/);
      }
  },

  'reads some machines as they are now, and leaves out whom the provider does not know': async (bench) => {
    const { catalog, target, keys } = bench;
    const [first, second] = keys;
    if (!first || !second) throw new Error('a bench has two machines');
    const ask = () => catalog.read(target, [second, VmId.create(), first], signal);
    const before = await ask();
    expect(before.map(({ key }) => key).sort()).toEqual([first, second].sort());
    await bench.change();
    const power = (all: readonly Machine[]) => all.find(({ key }) => key === first)?.power;
    expect(power(await ask())).not.toBe(power(before));
    expect(await catalog.read(target, [], signal)).toEqual([]);
  },

  'numbers readings by when they were asked for: a later one has a higher number of the same run': async (bench) => {
    const { catalog, target, keys } = bench;
    const listed: Machine[] = [];
    for await (const batch of catalog.list(target, signal)) listed.push(...batch.machines);
    const [early] = await catalog.read(target, keys.slice(0, 1), signal);
    const [late] = await catalog.read(target, keys.slice(0, 1), signal);
    if (!early || !late) throw new Error('it was listed');
    expect(listed.every(({ run, n }) => run === early.run && n < early.n)).toBe(true);
    expect(compareReads(early, late)).toBe('earlier');
  },

  'watches: first all machines and that they are all, then a change made elsewhere, until it is stopped': async (
    bench,
  ) => {
    const stop = new AbortController();
    const news = bench.catalog.watch(bench.target, stop.signal)[Symbol.asyncIterator]();
    const first = await until(news, ({ is }) => is === 'complete');
    const listed = first.flatMap((each) => (each.is === 'machines' ? each.machines : []));
    expect(listed.map(({ key }) => key).sort()).toEqual([...bench.keys].sort());
    const [changed] = bench.keys;
    const before = listed.find(({ key }) => key === changed)?.power;
    await bench.change();
    await until(
      news,
      (each) => each.is === 'machines' && each.machines.some(({ key, power }) => key === changed && power !== before),
    );
    stop.abort();
    expect((await news.next()).done).toBe(true);
  },

  'says what every machine is called': async ({ catalog, target, keys }) => {
    const found: ProviderIdentity[] = [];
    for await (const batch of catalog.identities(target, signal)) found.push(...batch);
    expect(found.map(({ key }) => key).sort()).toEqual([...keys].sort());
    expect(new Set(found.map(({ ref }) => ref)).size).toBe(keys.length);
  },

  'tests each step on the way to the provider': async (bench) => {
    const probes = await bench.catalog.test(bench.target, signal);
    expect(probes.length).toBeGreaterThan(0);
    expect(probes.filter(({ ok, code, detail }) => !ok || code !== null || detail !== null)).toEqual([]);
  },

  'K7: skips one machine that cannot be shown, says which and why, and shows the others': async (bench) => {
    const { catalog, target, keys } = bench;
    const hidden = keys[1] ?? '';
    await bench.hide();
    const all = { machines: [] as string[], skipped: [] as SkippedMachine[] };
    for await (const { machines, skipped } of catalog.list(target, signal)) {
      all.machines.push(...machines.map(({ key }) => key));
      all.skipped.push(...skipped);
    }
    expect(all.machines.sort()).toEqual(keys.filter((uuid) => uuid !== hidden).sort());
    expect(all.skipped).toMatchObject([{ ref: expect.stringMatching(/./), why: expect.stringMatching(/./) }]);
    const named: ProviderIdentity[] = [];
    for await (const batch of catalog.identities(target, signal)) named.push(...batch);
    expect(named.map(({ ref }) => ref)).toContain(all.skipped[0]?.ref);
    expect(named).toHaveLength(keys.length);
    const stop = new AbortController();
    const told = await until(catalog.watch(target, stop.signal)[Symbol.asyncIterator](), ({ is }) => is === 'complete');
    stop.abort();
    expect(told.flatMap((each) => (each.is === 'machines' ? each.skipped : []))).toEqual(all.skipped);
    const read = await catalog.read(target, keys, signal);
    expect(read.map(({ key }) => key)).not.toContain(hidden);
    expect(read).toHaveLength(keys.length - 1);
  },

  'says at which step the way ended and by which fault, the one that a listing and a watch end with, too': async (
    bench,
  ) => {
    const fault = { name: 'ProviderFault', code: 'provider_unreachable' };
    await bench.cut();
    const probes = await bench.catalog.test(bench.target, signal);
    const last = probes.at(-1);
    expect(last).toMatchObject({ ok: false, code: 'provider_unreachable', detail: expect.stringMatching(/./) });
    expect(probes.filter(({ ok, code }) => !ok || code !== null)).toEqual([last]);
    const listing = bench.catalog.list(bench.target, signal)[Symbol.asyncIterator]().next();
    await expect(listing).rejects.toMatchObject(fault);
    const names = bench.catalog.identities(bench.target, signal)[Symbol.asyncIterator]().next();
    await expect(names).rejects.toMatchObject(fault);
    const watch = bench.catalog.watch(bench.target, signal)[Symbol.asyncIterator]().next();
    await expect(watch).rejects.toMatchObject(fault);
  },
} satisfies Laws<MachineCatalogBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const machineCatalogContract = (name: string, open: () => Promise<MachineCatalogBench>) =>
  lawsInTurn(`${name} keeps the laws of the machine catalog`, machineCatalogLaws, open);
