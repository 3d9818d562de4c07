import type { CloudEvent, Service } from '@drover/contracts';
import type { Journal, JournalEntry } from './journal.js';
import { chooses, routingOf } from './routing.js';

/** The reference adapter. Generations count up from `k1`; it is opened once. */
export const memoryJournal = (): Journal => {
  let number = 1;
  let [head, floor] = [0, 0];
  let entries: JournalEntry[] = [];
  const known = new Set<string>();
  const checkpoints = new Map<Service, number>();
  const listeners = new Set<(entries: readonly JournalEntry[]) => void>();
  const keyOf = ({ source, id }: CloudEvent) => `${source} ${id}`;
  return {
    state: () => ({ generation: `k${number}`, runs: [{ name: 'r1', since: 0 }], head, floor }),
    checkpoint: async (service) => checkpoints.get(service) ?? 0,
    append: async ({ service, events, upTo }) => {
      const fresh: JournalEntry[] = [];
      for (const event of events) {
        if (known.has(keyOf(event))) continue;
        known.add(keyOf(event));
        fresh.push({ position: ++head, event: structuredClone(event) });
      }
      entries.push(...fresh);
      checkpoints.set(service, Math.max(upTo, checkpoints.get(service) ?? 0));
      if (fresh.length > 0) for (const listener of listeners) listener(fresh);
      return fresh;
    },
    read: async (after, limit) => {
      const first = entries[0]?.position ?? 0;
      const skip = Math.max(0, after + 1 - first);
      return entries.slice(skip, skip + limit);
    },
    select: async (after, upTo, choice) => {
      if (after < floor) return null;
      return entries.flatMap(({ position, event }) => {
        const routing = routingOf(event);
        const taken = position > after && position <= upTo && chooses(choice, routing);
        return taken ? [{ position, routing, json: JSON.stringify(event) }] : [];
      });
    },
    trim: async (olderThan, keep) => {
      const old = entries.findIndex(({ event, position }) => event.time >= olderThan || position > head - keep);
      const gone = old === -1 ? entries.length : old;
      floor = entries[gone - 1]?.position ?? floor;
      entries = entries.slice(gone);
    },
    restart: async () => {
      number += 1;
      [head, floor, entries] = [0, 0, []];
      known.clear();
      checkpoints.clear();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
