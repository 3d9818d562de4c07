// The machine catalog in memory: a list that a test changes, hides, removes or breaks. It numbers readings as real adapters
// do. Never: use it in a process; it is for specs.
import { REF_ALIAS, type Now, type ReadOrder } from '@drover/kernel';
import { ProviderFault } from '../provider-fault.js';
import { readCounter, type ReadCounter } from '../read-counter.js';
import type { MachineBatch, CatalogNews, Machine, MachineCatalog, SkippedMachine } from './machine-catalog.js';

/** A machine before anybody reads it: the adapter numbers the readings, unless a test states a number. */
export type UnreadMachine = Omit<Machine, keyof ReadOrder> & Partial<ReadOrder>;

/** The reference adapter: a list of machines that a test changes. */
export const memoryMachineCatalog = (
  now: Now,
  first: readonly UnreadMachine[] = [],
  reads: ReadCounter = readCounter('memory'),
) => {
  const machines = new Map(first.map((machine) => [machine.key, machine]));
  const odd = new Map<string, SkippedMachine>();
  const watchers = new Set<(news: CatalogNews | ProviderFault) => void>();
  let broken: ProviderFault | null = null;
  const tell = (news: CatalogNews | ProviderFault) => watchers.forEach((watcher) => watcher(news));
  const read = (some: Iterable<UnreadMachine>): readonly Machine[] => {
    if (broken) throw broken;
    const order = reads.next();
    return Array.from(some, (machine) => ({ ...order, ...machine }));
  };
  const all = (): MachineBatch => ({ machines: read(machines.values()), skipped: [...odd.values()] });
  const refOf = ({ key, aliases }: UnreadMachine) => aliases.find(({ kind }) => kind === REF_ALIAS)?.value ?? key;
  const keep = (machine: UnreadMachine) => {
    odd.delete(refOf(machine));
    machines.set(machine.key, machine);
  };

  const catalog: MachineCatalog = {
    test: async () => {
      const { code = null, detail = null } = broken ?? {};
      return [{ step: code === 'sign_in_failed' ? 'session' : 'read', ok: !broken, code, detail, durationMs: 0 }];
    },
    list: async function* () {
      yield all();
    },
    identities: async function* () {
      if (broken) throw broken;
      const shown = Array.from(machines.values(), (machine) => ({ ref: refOf(machine), ...machine }));
      yield [...shown, ...odd.values()].map(({ ref, key }) => ({ ref, key }));
    },
    read: async (_target, keys) => read(keys.flatMap((uuid) => machines.get(uuid) ?? [])),
    watch: async function* (_target, signal) {
      const queue: (CatalogNews | ProviderFault)[] = [
        { is: 'machines', ...all() },
        { is: 'complete', at: now() },
      ];
      let wake = () => {};
      const take = (news: CatalogNews | ProviderFault) => (queue.push(news), wake());
      const stop = () => wake();
      watchers.add(take);
      signal.addEventListener('abort', stop);
      try {
        while (!signal.aborted) {
          const news = queue.shift();
          if (news instanceof ProviderFault) throw news;
          if (news) yield news;
          else await new Promise<void>((done) => (wake = done));
        }
      } finally {
        watchers.delete(take);
        signal.removeEventListener('abort', stop);
      }
    },
    release: async () => {},
  };
  return {
    ...catalog,
    put: (machine: UnreadMachine) => {
      keep(machine);
      tell({ is: 'machines', machines: [{ ...reads.next(), ...machine }], skipped: [] });
    },
    /** No watch tells: only the next listing shows it. */
    putSilently: keep,
    /** From now on too little can be read of a machine to show it. `silently`: no watch tells. */
    hide: (skipped: SkippedMachine, silently = false) => {
      for (const machine of [...machines.values()]) if (refOf(machine) === skipped.ref) machines.delete(machine.key);
      odd.set(skipped.ref, skipped);
      if (!silently) tell({ is: 'machines', machines: [], skipped: [skipped] });
    },
    /** `silently`: only the next listing shows it. */
    remove: (key: string, silently = false) => {
      machines.delete(key);
      if (!silently) tell({ is: 'removed', keys: [key], at: now(), order: reads.next() });
    },
    /** Breaks every watch and every call until it is fixed with null. */
    fail: (fault: ProviderFault | null) => {
      broken = fault;
      if (fault) tell(fault);
    },
  };
};
