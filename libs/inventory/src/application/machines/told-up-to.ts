// How old inventory's own views are. Never: `now` where an event is not in them yet.
import { Instant } from '@drover/kernel';
import type { Clock, EventStore, ViewGroup } from '@drover/ports';

/** What the age of a service's own views is told by. */
export interface ToldUpToPorts {
  readonly group: Pick<ViewGroup, 'checkpoint'>;
  readonly eventStore: Pick<EventStore, 'readAll'>;
  readonly clock: Clock;
}

/**
 * The time up to which inventory's own views have been told: now only where they have everything that it recorded, else
 * just before the first event that they lack.
 */
export const toldUpTo = async ({ group, eventStore, clock }: ToldUpToPorts): Promise<Instant> => {
  const now = clock.now();
  const [next] = await eventStore.readAll(await group.checkpoint('inventory'), 1);
  const told = next && Instant.plusSeconds(next.metadata.at, -0.001);
  return told !== undefined && told < now ? told : now;
};
