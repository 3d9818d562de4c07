// The laws of forgetting: what a journal trims is gone for readers, keeps its place, and is known where it comes again.
// Never: a law on how much an adapter keeps of it.
import { expect } from '@jest/globals';
import type { Service } from '@drover/contracts';
import { FactId, Instant } from '@drover/kernel';
import type { Laws } from '../laws/testing.js';
import { JournalMoved, markOf, type Journal, type TrimmedSlice } from './journal.js';
import { EVERY_EVENT } from './routing.js';
import { event, noon, positions, type JournalBench } from './testing.js';

/** All that a journal remembers of trimmed entries, from a place on. */
const rememberedBy = async (journal: Journal, after = 0) => {
  const slices: TrimmedSlice[] = [];
  for (let at = after; ;) {
    const slice = await journal.trimmed(at);
    if (slice === null) return slices;
    expect([slice.entries[0]?.position, slice.entries.at(-1)?.position]).toEqual([at + 1, slice.upTo]);
    slices.push(slice);
    at = slice.upTo;
  }
};

/** Four batches of two services, the second of them from a place that was read before; then all but the last is trimmed. */
const trimmedBatches = async (journal: Journal) => {
  const of = (service: Service, minutes: readonly number[]) => minutes.map((minute) => event(minute, service));
  const batches = [
    { service: 'power', events: of('power', [0, 0]), upTo: 12 },
    { service: 'inventory', events: of('inventory', [1]), upTo: 30 },
    { service: 'power', events: of('power', [2]), from: 4, upTo: 5 },
    { service: 'power', events: of('power', [3, 3]), from: 12, upTo: 20 },
    { service: 'inventory', events: of('inventory', [9]), upTo: 40 },
  ] as const;
  for (const batch of batches) await journal.append(batch);
  const entries = batches
    .flatMap(({ service, events }) => events.map((each) => ({ service, mark: markOf(each) })))
    .map((each, i) => ({ position: i + 1, ...each }));
  return { entries, old: Instant.plusSeconds(noon, 480) };
};

/** The laws of a journal that trims. */
export const trimLaws = {
  'forgets what is old, but not the last ones, and says from where it can be resumed': async ({ journal, reopen }) => {
    await journal.append({ service: 'power', events: [0, 1, 2, 3, 4].map((minute) => event(minute)), upTo: 5 });
    await journal.trim(Instant.plusSeconds(noon, 120), 1);
    expect([positions(await journal.read(0, 10)), (await journal.state()).floor]).toEqual([[3, 4, 5], 2]);
    await journal.trim(Instant.plusSeconds(noon, 3600), 2);
    expect([positions(await journal.read(0, 10)), (await journal.state()).floor]).toEqual([[4, 5], 3]);
    expect(await (await reopen()).state()).toMatchObject({ head: 5, floor: 3 });
  },

  'gives no place twice, though everything was forgotten': async ({ journal, reopen }) => {
    await journal.append({ service: 'power', events: [event(0), event(1)], upTo: 2 });
    await journal.trim(Instant.plusSeconds(noon, 3600), 0);
    const again = await reopen();
    expect([await again.state(), await again.read(0, 10)]).toMatchObject([{ head: 2, floor: 2 }, []]);
    await again.begin();
    expect(positions(await again.append({ service: 'power', events: [event(2)], upTo: 3 }))).toEqual([3]);
  },

  'trims nothing for a writer that another has followed': async ({ journal, reopen }) => {
    await journal.append({ service: 'power', events: [0, 1, 2].map((minute) => event(minute)), upTo: 3 });
    const other = await reopen();
    await other.begin();
    await expect(journal.trim(Instant.plusSeconds(noon, 60), 0)).rejects.toBeInstanceOf(JournalMoved);
    expect([(await other.state()).floor, positions(await other.read(0, 9))]).toEqual([0, [1, 2, 3]]);
    await other.trim(Instant.plusSeconds(noon, 60), 0);
    expect((await journal.state()).floor).toBe((await other.state()).floor);
  },

  'says that it cannot select where something was forgotten': async ({ journal }) => {
    await journal.append({ service: 'power', events: [0, 1, 2].map((minute) => event(minute)), upTo: 3 });
    await journal.trim(Instant.plusSeconds(noon, 60), 1);
    expect([
      await journal.select(0, 3, EVERY_EVENT),
      positions((await journal.select(1, 3, EVERY_EVENT)) ?? []),
    ]).toEqual([null, [2, 3]]);
    await journal.restart();
    await journal.append({ service: 'power', events: [event(0), event(1)], upTo: 1 });
    expect(await journal.select(0, 9, EVERY_EVENT)).toHaveLength(2);
  },

  'remembers of what it trimmed whose it was and in which order': async ({ journal, reopen }) => {
    const { entries, old } = await trimmedBatches(journal);
    await journal.trim(Instant.plusSeconds(noon, 90), 0);
    await journal.trim(old, 0);
    for (const each of [journal, await reopen()]) {
      const remembered = (await rememberedBy(each)).flatMap((slice) => slice.entries);
      expect(remembered).toEqual(entries.slice(0, 6));
      expect((await rememberedBy(each, 3)).flatMap((slice) => slice.entries)).toEqual(entries.slice(3, 6));
      expect([await each.trimmed(6), (await each.state()).unremembered]).toEqual([null, 0]);
    }
  },

  'remembers of what it trimmed where it is in the logs': async ({ journal }) => {
    const { old } = await trimmedBatches(journal);
    const range = async (after = 0) => {
      const logs = (await rememberedBy(journal, after)).flatMap((slice) => slice.logs);
      const of = (service: Service) => logs.filter((log) => log.service === service);
      return (['power', 'inventory', 'gateway'] as const).map((service) => [
        Math.min(...of(service).map(({ from }) => from)),
        Math.max(...of(service).map(({ upTo }) => upTo)),
      ]);
    };
    const none = [Infinity, -Infinity];
    await journal.trim(Instant.plusSeconds(noon, 60), 0);
    expect(await range()).toEqual([[0, 12], none, none]);
    await journal.trim(old, 0);
    expect(await range()).toEqual([[0, 20], [0, 30], none]);
    const [[from = 0, upTo] = []] = await range(3); // of these the first was read again from an earlier place
    expect([from <= 4, upTo]).toEqual([true, 20]);
  },

  'knows an event again that it has trimmed, at the place that it had': async ({ journal, reopen }) => {
    const id = FactId.create();
    const events = [event(0, 'power', id), event(1)];
    const batch = { service: 'power', events, from: 0, upTo: 2 } as const;
    await journal.append(batch);
    await journal.append({ service: 'power', events: [event(2)], upTo: 3 });
    await journal.trim(Instant.plusSeconds(noon, 3600), 1);
    expect([await journal.append(batch), await journal.append({ ...batch, from: 1 })]).toEqual([[], []]);
    expect(await journal.append({ service: 'power', events, upTo: 2 })).toEqual([]);
    for (const each of [journal, await reopen()]) {
      expect([await each.places(batch), (await each.state()).head]).toEqual([[1, 2], 3]);
      const others = [event(0, 'inventory', id), event(3, 'inventory')]; // known by source and id together
      expect(await each.places({ ...batch, service: 'inventory', events: others })).toEqual([null, null]);
    }
    const fresh = event(4);
    expect(await journal.append({ ...batch, events: [...events, fresh] })).toEqual([{ position: 4, event: fresh }]);
    expect(await journal.places({ ...batch, events: [fresh] })).toEqual([4]);
  },

  'its floor never goes back': async ({ journal, reopen }) => {
    await journal.append({ service: 'power', events: [0, 1, 2, 3, 4].map((minute) => event(minute)), upTo: 5 });
    await journal.trim(Instant.plusSeconds(noon, 3600), 1);
    await journal.trim(Instant.plusSeconds(noon, 60), 0);
    await journal.trim(Instant.plusSeconds(noon, 3600), 3);
    for (const each of [journal, await reopen()])
      expect([(await each.state()).floor, positions(await each.read(0, 9))]).toEqual([4, [5]]);
  },

  'trims that overlap forget each entry once': async ({ journal }) => {
    await journal.append({ service: 'power', events: [0, 1, 2, 3, 4, 5].map((minute) => event(minute)), upTo: 6 });
    const upTo = (minute: number, keep = 0) => journal.trim(Instant.plusSeconds(noon, minute * 60), keep);
    await Promise.all([upTo(3), upTo(4), upTo(60, 3), upTo(2)]);
    expect([(await journal.state()).floor, positions(await journal.read(0, 9))]).toEqual([4, [5, 6]]);
    const remembered = (await rememberedBy(journal)).flatMap(({ entries }) => positions(entries));
    expect(remembered).toEqual([1, 2, 3, 4]);
  },

  'says up to where nobody remembers what was trimmed, and remembers from there on': async ({ journal, older }) => {
    await journal.append({ service: 'power', events: [0, 1, 2].map((minute) => event(minute)), upTo: 3 });
    const again = await older();
    await again.begin();
    await again.append({ service: 'power', events: [event(3), event(4)], upTo: 5 });
    await again.trim(Instant.plusSeconds(noon, 3600), 0);
    expect(await again.state()).toMatchObject({ floor: 5, unremembered: 3 });
    expect([await again.trimmed(0), await again.trimmed(2)]).toEqual([null, null]);
    expect((await rememberedBy(again, 3)).flatMap(({ entries }) => positions(entries))).toEqual([4, 5]);
    await again.restart();
    expect((await again.state()).unremembered).toBe(0);
  },

  'begins anew and remembers nothing of before': async ({ journal }) => {
    const { old } = await trimmedBatches(journal);
    await journal.trim(old, 0);
    await journal.restart();
    expect([await journal.trimmed(0), (await journal.state()).unremembered]).toEqual([null, 0]);
    await journal.append({ service: 'power', events: [event(0)], upTo: 1 });
    await journal.trim(old, 0);
    expect((await rememberedBy(journal)).flatMap((slice) => slice.entries)).toHaveLength(1);
  },
} satisfies Laws<JournalBench>;
