// The list of all public events. The types of events, their data and the documents follow from it, for every service alike.
// Never: an event that is taken out or means something else; within v1 members are only added.
import * as z from 'zod';
import { auditEvents } from './events/audit.v1.js';
import { inventoryEvents } from './events/inventory.v1.js';
import { powerEvents } from './events/power.v1.js';

/** Every public event: the data schemas of each service's events, by service and name. */
export const catalogue = {
  inventory: { ...inventoryEvents, ...auditEvents },
  power: { ...powerEvents, ...auditEvents },
  gateway: auditEvents,
} as const;

/** The services of this house, so far. */
export type Service = keyof typeof catalogue;

/** All of them. */
export const services = Object.keys(catalogue) as readonly Service[];

/** Whether a text names one of them. */
export const isService = (name: string): name is Service => Object.hasOwn(catalogue, name);

type Names<S extends Service> = keyof (typeof catalogue)[S] & string;

/** `io.drover.<service>.<name>.v1`, for the events of one service or of all. */
export type EventType<S extends Service = Service> = { [Of in S]: `io.drover.${Of}.${Names<Of>}.v1` }[S];

/** The data that come with a type. */
export type DataOf<Type extends string> = Type extends `io.drover.${infer S extends Service}.${infer Name}.v1`
  ? Name extends Names<S>
    ? (typeof catalogue)[S][Name] extends z.ZodType<infer Data>
      ? Data
      : never
    : never
  : never;

/** The type of an event, from who tells it and its name. */
export const eventType = <S extends Service, Name extends Names<S>>(service: S, name: Name) =>
  `io.drover.${service}.${name}.v1` as const;

/** Every type there is. */
export const eventTypes: readonly EventType[] = Object.entries(catalogue).flatMap(([service, events]) =>
  Object.keys(events).map((name) => `io.drover.${service}.${name}.v1` as EventType),
);

/** The schema of an event's data; nothing for a type that nobody tells. */
export const dataSchemaOf = (type: string): z.ZodType | undefined => {
  const [, service = '', name = ''] = /^io\.drover\.([a-z]+)\.([a-z0-9-]+)\.v1$/.exec(type) ?? [];
  const events: Readonly<Record<string, z.ZodType>> | undefined = Object.hasOwn(catalogue, service)
    ? catalogue[service as Service]
    : undefined;
  return events && Object.hasOwn(events, name) ? events[name] : undefined;
};
