// What an event does to an operation, read from the tables of the services: for the record, for lists, and for those who
// listen. Never: a list of types beside the tables; what is asked here is computed from them.
import { eventTypes, isService, type EventType, type Service } from '../catalogue.js';
import { inventoryRoles } from './inventory-roles.js';
import { recordedOrder, type Instant, type RecordedOrder } from '@drover/kernel';
import type { CloudEvent } from '../cloud-event.js';
import type { EventRole, MachineVerdict } from './operation-record.js';
import { powerRoles } from './power-roles.js';

/** What each service says of its operations. The gateway has none. */
const tables: { readonly [S in Service]: Readonly<Record<string, EventRole<never>>> } = {
  inventory: inventoryRoles,
  power: powerRoles,
  gateway: {},
};

/** What an event does to an operation. */
export type RoleName = EventRole<never>['role'];

/** The row of an event in its service's table; events of the audit have none. */
export const roleOf = (type: EventType): EventRole<never> => {
  const [, , service = '', name = ''] = type.split('.');
  const table = isService(service) ? tables[service] : {};
  return (Object.hasOwn(table, name) ? table[name] : undefined) ?? { role: 'none' };
};

/** The events of one service that begin, move or end an operation. */
export const operationEvents = (service: Service, ...roles: readonly RoleName[]): readonly EventType[] =>
  eventTypes.filter((type) => type.startsWith(`io.drover.${service}.`) && roles.includes(roleOf(type).role));

/** The same for what power does to one machine: who keeps a machine by it listens to these. A bulk has none of its own. */
export const machineOperationEvents = (...roles: readonly RoleName[]): readonly EventType[] =>
  operationEvents('power', ...roles).filter((type) => !type.startsWith('io.drover.power.bulk-'));

/** What power can be asked for one machine: its verbs, by the names of their commands. */
export const machineVerbs: readonly string[] = machineOperationEvents('begins').flatMap((type) => {
  const row = roleOf(type);
  return row.role === 'begins' ? [row.kind] : [];
});

/** A verdict on a machine, and when and in which order it was read. */
export type ReadVerdict = MachineVerdict & { readonly observedAt: Instant } & RecordedOrder;

/** What an event of power found out about a machine by reading it; null of every other event. */
export const verdictIn = ({ type, data }: Pick<CloudEvent, 'type' | 'data'>): ReadVerdict | null => {
  const row = roleOf(type);
  if (row.role !== 'ends' || !row.verdict) return null;
  const { observedAt, ...order } = data as { readonly observedAt: Instant } & RecordedOrder;
  return { ...row.verdict(data as never), observedAt, ...(recordedOrder(order) ?? {}) };
};

/** The events that carry a verdict. */
export const verdictEvents: readonly EventType[] = machineOperationEvents('ends').filter((type) => {
  const row = roleOf(type);
  return row.role === 'ends' && row.verdict !== undefined;
});
