import { systemNow } from '@drover/kernel';
import { turnsRed } from '../laws/testing.js';
import { ProviderFault } from '../provider-fault.js';
import { sampleMachine, sampleTarget as target } from '../samples.js';
import { machineCatalogLaws, type MachineCatalogBench } from './machine-catalog.contract.js';
import { memoryMachineCatalog } from './machine-catalog.memory.js';
import type { Machine, MachineCatalog } from './machine-catalog.js';

const benchOf = (change: (catalog: MachineCatalog) => Partial<MachineCatalog> = () => ({})): MachineCatalogBench => {
  const machines = [sampleMachine('a'), sampleMachine('b')] as const;
  let on = true;
  const memory = memoryMachineCatalog(systemNow, machines);
  return {
    catalog: { ...memory, ...change(memory) },
    target,
    keys: machines.map(({ key }) => key),
    change: async () => memory.put({ ...machines[0], power: (on = !on) ? 'poweredOn' : 'poweredOff' }),
    hide: async () => {
      const { key, name } = machines[1];
      memory.hide({ ref: key, key, name, why: 'its power cannot be read' });
    },
    cut: async () => memory.fail(new ProviderFault('provider_unreachable', 'nobody answers')),
  };
};

/** A catalog that is right but for what it makes of the batches of a listing. */
const listing = (change: (batch: readonly Machine[]) => readonly Machine[]) =>
  benchOf(({ list }) => ({
    list: async function* (...of) {
      for await (const batch of list(...of)) yield { ...batch, machines: change(batch.machines) };
    },
  }));

/** Ends where it should break. */
async function* untilItBreaks<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch {
    // the mistake: who listens takes the end for an answer
  }
}

/** Wrong on purpose: machines at the seam of two pages are in both. */
const doubling = () => listing((batch) => [...batch, ...batch.slice(-1)]);

/** Wrong on purpose: it stops at the end of the first page. */
const halved = () => listing((batch) => batch.slice(0, 1));

/** Wrong on purpose: it keeps what else a machine is called to itself. */
const nameless = () => listing((batch) => batch.map((machine) => ({ ...machine, aliases: [] })));

/** Wrong on purpose: it lists, and then tells of nothing more. */
const dozing = () =>
  benchOf(({ watch }) => ({
    watch: async function* (...of) {
      let listed = false;
      for await (const news of watch(...of)) {
        if (!listed) yield news;
        listed ||= news.is === 'complete';
      }
    },
  }));

/** Wrong on purpose: it says that these are all before it has told of them. */
const rash = () =>
  benchOf(({ watch }) => ({
    watch: async function* (...of) {
      yield { is: 'complete', at: systemNow() };
      yield* watch(...of);
    },
  }));

/** Wrong on purpose: it does not hear that it should stop. */
const endless = () => benchOf(({ watch }) => ({ watch: (of) => watch(of, new AbortController().signal) }));

/** Wrong on purpose: the test looks at what is set, and not at who answers. */
const hopeful = () =>
  benchOf(() => ({ test: async () => [{ step: 'read', ok: true, code: null, detail: null, durationMs: 0 }] }));

/** Wrong on purpose: it sees trouble where there is none. */
const gloomy = () =>
  benchOf(({ test }) => ({
    test: async (...of) => (await test(...of)).map((each) => ({ ...each, detail: each.detail ?? 'slow' })),
  }));

/** Wrong on purpose: where nobody answers there are no machines, so the whole herd is gone. */
const blind = () => benchOf(({ list }) => ({ list: (...of) => untilItBreaks(list(...of)) }));

/** Wrong on purpose: a watch that breaks ends as one that was stopped. */
const quiet = () => benchOf(({ watch }) => ({ watch: (...of) => untilItBreaks(watch(...of)) }));

/** Wrong on purpose: it answers a read from what it listed. */
const remembering = () => {
  const known = new Map<string, Machine>();
  return benchOf(({ read }) => ({
    read: async (target, uuids, ...of) => {
      for (const each of await read(target, uuids, ...of)) if (!known.has(each.key)) known.set(each.key, each);
      return uuids.flatMap((uuid) => known.get(uuid) ?? []);
    },
  }));
};

/** Wrong on purpose: one machine that is not there spoils the reading of all. */
const brittle = () =>
  benchOf(({ read }) => ({
    read: async (target, uuids, ...of) => {
      const found = await read(target, uuids, ...of);
      if (found.length < uuids.length) throw new ProviderFault('not_found', 'one of them is not there');
      return found;
    },
  }));

/** Wrong on purpose: each reading is the first. */
const uncounted = () =>
  benchOf(({ read }) => ({ read: async (...of) => (await read(...of)).map((each) => ({ ...each, n: 1 })) }));

/** Wrong on purpose: one machine that cannot be shown spoils the listing of all. */
const delicate = () =>
  benchOf(({ list }) => ({
    list: async function* (...of) {
      for await (const batch of list(...of)) {
        if (batch.skipped.length > 0) throw new ProviderFault('provider_error', batch.skipped[0]?.why ?? '');
        yield batch;
      }
    },
  }));

/** Wrong on purpose: it calls only those by name whom it shows. */
const selective = () =>
  benchOf(({ identities, list }) => ({
    identities: async function* (target, ...of) {
      const hidden = new Set<string>();
      for await (const { skipped } of list(target, ...of)) for (const { ref } of skipped) hidden.add(ref);
      for await (const batch of identities(target, ...of)) yield batch.filter(({ ref }) => !hidden.has(ref));
    },
  }));

/** Wrong on purpose: it calls the machines by name until it has to ask for the second page. */
const brief = () =>
  benchOf(({ identities }) => ({
    identities: async function* (...of) {
      for await (const batch of identities(...of)) yield batch.slice(0, 1);
    },
  }));

/** Wrong on purpose: where nobody answers, nobody is called anything. */
const deaf = () => benchOf(({ identities }) => ({ identities: (...of) => untilItBreaks(identities(...of)) }));

const lists = 'lists every machine once';
const reads = 'reads some machines as they are now, and leaves out whom the provider does not know';
const numbered = 'numbers readings by when they were asked for: a later one has a higher number of the same run';
const watches = 'watches: first all machines and that they are all, then a change made elsewhere, until it is stopped';
const skips = 'K7: skips one machine that cannot be shown, says which and why, and shows the others';
const names = 'says what every machine is called';
const ends = 'says at which step the way ended and by which fault, the one that a listing and a watch end with, too';

turnsRed(machineCatalogLaws, benchOf, [
  [doubling, lists, skips],
  [halved, lists],
  [nameless, 'says of each machine what it is called, what it is made of and when that was read'],
  [remembering, reads, numbered],
  [brittle, reads, skips],
  [uncounted, numbered],
  [dozing, watches],
  [rash, watches, skips, ends],
  [endless, watches],
  [gloomy, 'tests each step on the way to the provider'],
  [hopeful, ends],
  [blind, ends],
  [quiet, ends],
  [delicate, skips],
  [selective, skips],
  [brief, names, skips],
  [deaf, ends],
]);
