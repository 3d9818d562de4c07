import { eventTypes, isService, type EventType, type Service } from '../catalogue.js';
import { inventoryRoles } from './inventory-roles.js';
import type { EventRole } from './operation-record.js';
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
