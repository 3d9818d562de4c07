// By which topics a stream is found when an event comes, so that nobody asks every stream. A topic is wider than its filter.
// Never: an event sent because a topic fits; the filter alone says that.
import { nameFor, type Filter, type Traits } from './stream-filter.js';

const EVERYTHING = 'all';
const under = (dimension: string, values: readonly string[]) => values.map((value) => `${dimension} ${value}`);

/** What an event is found under. */
export const topicsOf = ({ type, vm, worker, groups, operation }: Traits): readonly string[] => [
  EVERYTHING,
  ...under('operation', operation ? [operation] : []),
  ...under('vm', vm ? [vm] : []),
  ...under('worker', [worker]),
  ...under('group', groups),
  ...under('type', [type]),
];

/** The narrowest dimension that a filter gives: what has none of these topics cannot fit, and nobody looks at it. */
const topicsWanted = ({ operation, vm, worker, group, types }: Filter): readonly string[] => {
  if (operation) return under('operation', operation);
  if (vm) return under('vm', vm);
  if (worker) return under('worker', worker);
  if (group) return under('group', group);
  if (types)
    return under(
      'type',
      types.map(({ type, family }) => `${type}${family ? '*' : ''}`),
    );
  return [EVERYTHING];
};

/** A filter as a stream carries it. Filters that ask for the same have one key. */
export const interestIn = (filter: Filter) => ({
  key: JSON.stringify(filter),
  topics: topicsWanted(filter),
  nameFor: (traits: Traits) => nameFor(filter, traits),
});
