import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConnectionTarget } from '@drover/kernel';
import type { CatalogNews, MachineCatalog } from './machine-catalog.js';

/** What the suite runs on: an adapter with at least two machines, and ways to change the first one behind its back. */
export interface MachineCatalogBench {
  readonly catalog: MachineCatalog;
  readonly target: ConnectionTarget;
  readonly instanceUuids: readonly string[];
  /** Changes the power of the first machine, as another client would. */
  change(): Promise<void>;
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

/** The laws every machine catalog keeps. */
export const machineCatalogContract = (name: string, open: () => Promise<MachineCatalogBench>) =>
  describe(`${name} keeps the laws of the machine catalog`, () => {
    let bench: MachineCatalogBench;
    const { signal } = new AbortController();
    beforeAll(async () => void (bench = await open()));
    afterAll(() => bench.close?.());

    it('lists every machine once', async () => {
      const found: string[] = [];
      for await (const batch of bench.catalog.list(bench.target, signal))
        found.push(...batch.map((m) => m.instanceUuid));
      expect(found.sort()).toEqual([...bench.instanceUuids].sort());
    });

    it('says of each machine what it is called, what it is made of and when that was read', async () => {
      for await (const batch of bench.catalog.list(bench.target, signal))
        for (const machine of batch) {
          expect(machine.name).not.toBe('');
          expect(machine.aliases).toContainEqual({
            source: bench.target.id,
            kind: 'instance-uuid',
            value: machine.instanceUuid,
          });
          expect(machine.hardware.cpus).toBeGreaterThan(0);
          expect(machine.hardware.memoryBytes).toBeGreaterThan(0);
          expect(machine.observedAt).toMatch(/^\d{4}-.*Z$/);
        }
    });

    it('watches: first all machines and that they are all, then a change made elsewhere, until it is stopped', async () => {
      const stop = new AbortController();
      const news = bench.catalog.watch(bench.target, stop.signal)[Symbol.asyncIterator]();
      const first = await until(news, ({ is }) => is === 'complete');
      const listed = first.flatMap((each) => (each.is === 'machines' ? each.machines : []));
      expect(listed.map(({ instanceUuid }) => instanceUuid).sort()).toEqual([...bench.instanceUuids].sort());
      const [changed] = bench.instanceUuids;
      const before = listed.find(({ instanceUuid }) => instanceUuid === changed)?.power;
      await bench.change();
      await until(
        news,
        (each) =>
          each.is === 'machines' &&
          each.machines.some(({ instanceUuid, power }) => instanceUuid === changed && power !== before),
      );
      stop.abort();
      expect((await news.next()).done).toBe(true);
    });

    it('tests each step on the way to the provider', async () => {
      const probes = await bench.catalog.test(bench.target, signal);
      expect(probes.length).toBeGreaterThan(0);
      expect(probes.filter(({ ok, code, detail }) => !ok || code !== null || detail !== null)).toEqual([]);
    });

    it('says at which step the way ended and by which fault, the one that a listing ends with, too', async () => {
      await bench.cut();
      const probes = await bench.catalog.test(bench.target, signal);
      const last = probes.at(-1);
      expect(last).toMatchObject({ ok: false, code: 'provider_unreachable', detail: expect.stringMatching(/./) });
      expect(probes.filter(({ ok, code }) => !ok || code !== null)).toEqual([last]);
      const listing = bench.catalog.list(bench.target, signal)[Symbol.asyncIterator]().next();
      await expect(listing).rejects.toMatchObject({ name: 'ProviderFault', code: 'provider_unreachable' });
    });
  });
