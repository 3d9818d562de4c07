// A consumer that writes views of what others tell, and parks what it cannot take. Rows, revision and position go in one
// commit. Never: a type that the topology does not say is listened to.
import { services, takenBy, type CloudEvent, type EventType, type Service } from '@drover/contracts';
import type { Consumer } from '../event-bus/event-bus.js';
import type { Move, ViewGroup } from '../view-store/view-store.js';
import { parkingOf } from './event-parking.js';
import type { Parking, ParkingPorts } from './parking.js';
import { standstill, writesOf, type AnyProjection } from './projecting.js';
import { inTurn } from './turns.js';

/** A consumer that parks what it cannot take. */
export interface ParkingConsumer extends Consumer {
  readonly parking: Parking<CloudEvent>;
}

/** What a consumer of a service does with events. */
export interface Consuming {
  readonly service: Service;
  readonly name: string;
  readonly listensTo: ReadonlySet<EventType>;
  readonly group: ViewGroup;
  /** Takes events, and moves the position, both or none. A repeat changes nothing. */
  readonly fold: (source: string, events: readonly CloudEvent[], move: Move) => Promise<void>;
}

/** A consumer that takes events by key: one that it cannot take is parked, and other keys go on. */
export const parkingConsumer = (
  { service, name, listensTo, group, fold }: Consuming,
  ports: ParkingPorts,
): ParkingConsumer => {
  const reader = `${service}.${name}`;
  const turn = inTurn();
  const parking = parkingOf<CloudEvent>({
    ...ports,
    ...{ service, reader, turn },
    views: group.name,
    keyOf: ({ partitionkey }) => partitionkey,
    idOf: ({ source, id }) => `${source}/${id}`,
    hasBegun: async () => {
      for (const source of services) if ((await group.checkpoint(source)) > 0) return true;
      return false;
    },
    fold: async (source, events, move) => fold(source, events, move ?? (await standstill(group, source))),
  });
  return {
    name: reader,
    views: group.name,
    listensTo,
    parking,
    position: async (source) => {
      const position = await group.checkpoint(source);
      if (position === 0)
        await turn(() => parking.forget(source)); // what is read from the beginning is judged anew
      else await parking.load();
      return position;
    },
    reached: (source) => group.checkpoint(source),
    reset: () =>
      turn(async () => {
        await group.reset();
        await parking.forget();
      }),
    take: ({ service: source, ...slice }) => turn(() => parking.take({ ...slice, source })),
  };
};

/** A consumer that keeps views of what others tell. `after` is called once they are written: the place for nudges. */
export const viewConsumer = (
  service: Service,
  name: string,
  group: ViewGroup,
  projections: readonly AnyProjection<CloudEvent>[],
  ports: ParkingPorts,
  after: (events: readonly CloudEvent[]) => void | Promise<void> = () => {},
): ParkingConsumer => {
  const types = new Set<EventType>(projections.flatMap(({ listensTo }) => listensTo));
  const known = new Set(takenBy(service));
  for (const type of types)
    if (!known.has(type)) throw new Error(`${service} listens to ${type}: say so in contracts/src/topology.ts`);
  const fold: Consuming['fold'] = async (source, events, move) => {
    await group.commit({ source, ...move, ...(await writesOf(group, projections, events)) });
    await after(events);
  };
  return parkingConsumer({ service, name, listensTo: types, group, fold }, ports);
};
