import { takenBy, type CloudEvent, type EventType, type Service } from '@drover/contracts';
import type { Consumer } from '../event-bus/event-bus.js';
import type { ViewGroup } from '../view-store/view-store.js';
import { writesOf, type AnyProjection } from './projecting.js';

/** A consumer that keeps views of what others tell. `after` is called once they are written: the place for nudges. */
export const consuming = (
  service: Service,
  name: string,
  group: ViewGroup,
  projections: readonly AnyProjection<CloudEvent>[],
  after: (events: readonly CloudEvent[]) => void | Promise<void> = () => {},
): Consumer => {
  const types = new Set<EventType>(projections.flatMap(({ listensTo }) => listensTo));
  const known = new Set(takenBy(service));
  for (const type of types)
    if (!known.has(type)) throw new Error(`${service} listens to ${type}: say so in contracts/src/topology.ts`);
  return {
    name: `${service}.${name}`,
    listensTo: types,
    position: (source) => group.checkpoint(source),
    reset: () => group.reset(),
    take: async ({ service: source, entries, upTo }) => {
      await group.commit({ source, upTo, writes: await writesOf(group, projections, entries) });
      await after(entries);
    },
  };
};
