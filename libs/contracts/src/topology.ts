// Who tells each event and who listens, and which jobs one service nudges another by: what is drawn, documented and compared
// with the code. Never: a listener that is still to be written; the start stops where this list and the code differ.
import { eventTypes, type EventType, type Service } from './catalogue.js';
import { machineOperationEvents } from './operations/roles.js';

/** Who besides the gateway, which takes everything, listens to an event. */
const listeners: Partial<Record<EventType, readonly Service[]>> = {
  // Nobody takes a machine out of the fleet while power works on it.
  ...Object.fromEntries(machineOperationEvents('begins', 'ends').map((type) => [type, ['inventory']])),
  'io.drover.inventory.vm-discovered.v1': ['power'],
  'io.drover.inventory.vm-registered.v1': ['power'],
  'io.drover.inventory.vm-aliased.v1': ['power'],
  'io.drover.inventory.vm-described.v1': ['power'],
  'io.drover.inventory.vm-power-observed.v1': ['power'],
  'io.drover.inventory.vm-merged.v1': ['power'],
  'io.drover.inventory.vm-retired.v1': ['power'],
  'io.drover.inventory.connection-added.v1': ['power'],
  'io.drover.inventory.connection-changed.v1': ['power'],
  'io.drover.inventory.connection-sign-in-failed.v1': ['power'],
  'io.drover.inventory.connection-sign-in-reset.v1': ['power'],
  'io.drover.inventory.connection-state-changed.v1': ['power'],
  'io.drover.power.connection-sign-in-refused.v1': ['inventory'],
};

/** Who tells an event and who listens: what crosses between services, checked against the code at boot and in a test. */
export const topology = new Map<EventType, { readonly from: Service; readonly to: readonly Service[] }>(
  eventTypes.map((type) => [
    type,
    { from: type.split('.')[2] as Service, to: ['gateway', ...(listeners[type] ?? [])] },
  ]),
);

/**
 * What one service can ask another to look into, as a job by this name, whose key is the machine: a hint, which may be
 * lost. Inventory reads the machine from its provider once more.
 */
export const LOOK_AGAIN = 'inventory.look-again';

/** The jobs that one service nudges and another one works on, with the service that does. */
export const jobsBetween: Readonly<Record<string, Service>> = { [LOOK_AGAIN]: 'inventory' };

/** The Kafka topic that a service tells its events on. */
export const topicOf = (service: Service) => `drover.${service}.v1` as const;

/** The events a service takes from others. */
export const takenBy = (service: Service): readonly EventType[] =>
  eventTypes.filter((type) => topology.get(type)?.to.includes(service));
