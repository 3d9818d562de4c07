import type { Machine } from '@drover/ports';
import { NO_DETAILS, type Details } from './details.vsphere.js';
import { scalarsOf, type Scalars } from './machine.vsphere.js';
import type { Update } from './updates.vsphere.js';

/** A machine as a stream has built it up. */
export interface StreamedMachine {
  readonly scalars: Scalars;
  readonly details: Details;
  readonly machine: Machine | null;
}

const NOTHING: StreamedMachine = { scalars: {}, details: NO_DETAILS, machine: null };

/** A configuration that can no longer be read stays what it was: a machine keeps its identity. */
const merged = (scalars: Scalars, { values, unset }: Update): Scalars => {
  const lost = new Set(unset.filter((path) => !path.startsWith('config.')));
  return { ...Object.fromEntries(Object.entries(scalars).filter(([path]) => !lost.has(path))), ...scalarsOf(values) };
};

/** Whether devices or addresses may have changed, which are not streamed. */
const asks = ({ kind, values }: Update) =>
  kind === 'enter' || 'config.changeVersion' in values || 'guest.ipAddress' in values;

/** Builds machines up from what a stream says of them. */
export const streamedMachines = () => {
  const known = new Map<string, StreamedMachine>();
  const left = new Set<string>(); // instance uuids, until it is told that they are not there
  const there = (instanceUuid: string) =>
    [...known.values()].some(({ machine }) => machine?.instanceUuid === instanceUuid);
  const leave = (id: string) => {
    const gone = known.get(id)?.machine;
    known.delete(id);
    if (gone) left.add(gone.instanceUuid);
  };
  const put = (id: string, more: Partial<StreamedMachine>) => known.set(id, { ...(known.get(id) ?? NOTHING), ...more });
  return {
    /** Takes changes in. Answers who changed, and of whom details must be read. */
    take: (updates: readonly Update[]) => {
      for (const update of updates)
        if (update.kind === 'leave') leave(update.id);
        else put(update.id, { scalars: merged((known.get(update.id) ?? NOTHING).scalars, update) });
      const here = (some: readonly Update[]) => [...new Set(some.map(({ id }) => id))].filter((id) => known.has(id));
      return { changed: here(updates), asking: here(updates.filter(asks)) };
    },
    detail: (id: string, details: Details) => void (known.has(id) && put(id, { details })),
    /** The references that there are now. */
    present: (): ReadonlySet<string> => new Set(known.keys()),
    scalars: (id: string): Scalars => (known.get(id) ?? NOTHING).scalars,
    /** Looks at some again: which machines they are now. */
    look: (ids: readonly string[], see: (id: string, known: StreamedMachine) => Machine | null): readonly Machine[] =>
      ids.flatMap((id) => {
        const before = known.get(id);
        if (!before) return [];
        const machine = see(id, before);
        put(id, { machine });
        if (before.machine && before.machine.instanceUuid !== machine?.instanceUuid)
          left.add(before.machine.instanceUuid);
        return machine ? [machine] : [];
      }),
    /** Who is not there any more under any reference, told once. A machine that was registered anew has another one. */
    removed: (): readonly string[] => {
      const gone = [...left].filter((instanceUuid) => !there(instanceUuid));
      left.clear();
      return gone;
    },
  };
};
