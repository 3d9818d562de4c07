import { nameFor, type Filter, type Traits } from './stream-filter.js';

/**
 * Who is told of an event, found by index: a filter is entered under the narrowest dimension that it gives and checked
 * only when an event has a value of it, so readers of other machines cost nothing.
 */
export interface Audiences<Audience extends { readonly filter: Filter }> {
  add(audience: Audience): void;
  remove(audience: Audience): void;
  /** Each audience that wants the event, once, with the name it wants it under. */
  of(traits: Traits): readonly (readonly [Audience, string])[];
}

const EVERYTHING = 'all';

/** What a filter is entered under; families of types stand apart, because no lookup finds a beginning. */
const entriesOf = ({ operation, vm, worker, group, types }: Filter) => {
  const under = (dimension: string, values: readonly string[]) => values.map((value) => `${dimension} ${value}`);
  if (operation) return under('operation', operation);
  if (vm) return under('vm', vm);
  if (worker) return under('worker', worker);
  if (group) return under('group', group);
  if (types) return types.map(({ type, family }) => `${family ? 'family' : 'type'} ${type}`);
  return [EVERYTHING];
};

/** An empty index. */
export const audiences = <Audience extends { readonly filter: Filter }>(): Audiences<Audience> => {
  const index = new Map<string, Set<Audience>>();
  const families = new Set<string>();

  const keysOf = ({ type, vm, worker, groups, operation }: Traits) => [
    EVERYTHING,
    ...(operation ? [`operation ${operation}`] : []),
    ...(vm ? [`vm ${vm}`] : []),
    `worker ${worker}`,
    ...groups.map((group) => `group ${group}`),
    `type ${type}`,
    ...[...families].filter((family) => `family ${type}`.startsWith(family)),
  ];

  return {
    add: (audience) => {
      for (const entry of entriesOf(audience.filter)) {
        const found = index.get(entry) ?? new Set();
        index.set(entry, found.add(audience));
        if (entry.startsWith('family ')) families.add(entry);
      }
    },
    remove: (audience) => {
      for (const entry of entriesOf(audience.filter)) {
        const found = index.get(entry);
        found?.delete(audience);
        if (found?.size !== 0) continue;
        index.delete(entry);
        families.delete(entry);
      }
    },
    of: (traits) => {
      const told = new Set(keysOf(traits).flatMap((key) => [...(index.get(key) ?? [])]));
      return [...told].flatMap((audience) => {
        const name = nameFor(audience.filter, traits);
        return name === null ? [] : [[audience, name] as const];
      });
    },
  };
};
