import { isEvent, type CloudEvent, type EventType } from '@drover/contracts';
import { VmId } from '@drover/kernel';
import type { Consumer, ViewGroup } from '@drover/ports';
import { recordOf, type DiscoveryPorts } from './discovery.policy.js';
import { notFound } from './removals.policy.js';

const NAME = 'power-outcomes';
const OFF = 'io.drover.power.vm-powered-off.v1';
const ON = 'io.drover.power.vm-powered-on.v1';
const REFUSED = 'io.drover.power.connection-sign-in-refused.v1';
const FAILED = 'io.drover.power.power-operation-failed.v1';
/** How an operation ends whose machine its provider does not know. */
const UNKNOWN = ['vm_gone', 'not_found'];

/** What inventory listens to of power. */
export const powerOutcomeTypes: ReadonlySet<EventType> = new Set([OFF, ON, REFUSED, FAILED] as const);

/**
 * What power found out counts as observed, and a sign-in that it was refused is one for all. The position moves after
 * the deed, so nothing is lost; what comes twice adds nothing.
 */
export const powerOutcomes = (group: ViewGroup, ports: DiscoveryPorts): Consumer => {
  const { sightings } = ports;
  const take = async (event: CloudEvent) => {
    if (isEvent(event, OFF)) {
      const { observedAt } = event.data;
      await sightings.observePower(VmId.parse(event.partitionkey), { power: 'poweredOff', tools: null, observedAt });
    } else if (isEvent(event, ON)) {
      const { tools, observedAt } = event.data;
      await sightings.observePower(VmId.parse(event.partitionkey), { power: 'poweredOn', tools, observedAt });
    } else if (isEvent(event, FAILED)) {
      if (UNKNOWN.includes(event.data.code)) await notFound(VmId.parse(event.partitionkey), ports);
    } else if (isEvent(event, REFUSED)) {
      const { connectionId, revision } = event.data;
      await recordOf(ports, NAME, connectionId, { type: 'RefuseSignIn', service: 'power', revision });
    }
  };
  return {
    name: `inventory.${NAME}`,
    listensTo: powerOutcomeTypes,
    position: (source) => group.checkpoint(source),
    take: async ({ service: source, entries, upTo }) => {
      for (const event of entries) await take(event);
      await group.commit({ source, upTo, writes: [] });
    },
  };
};
