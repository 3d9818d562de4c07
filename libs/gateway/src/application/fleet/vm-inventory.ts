import { eventType, isEvent, type CloudEvent } from '@drover/contracts';
import { assertNever, withAlias, type Instant } from '@drover/kernel';
import { vmTypeOf } from '../../domain/vm-type.js';
import { observing } from './power-sources.js';
import { withPower, type VmRow } from './vm-row.js';

const types = [
  eventType('inventory', 'vm-discovered'),
  eventType('inventory', 'vm-registered'),
  eventType('inventory', 'vm-aliased'),
  eventType('inventory', 'vm-described'),
  eventType('inventory', 'vm-edited'),
  eventType('inventory', 'vm-power-observed'),
  eventType('inventory', 'vm-went-missing'),
  eventType('inventory', 'vm-seen-again'),
  eventType('inventory', 'vm-merged'),
  eventType('inventory', 'vm-retired'),
] as const;
type VmEvent = CloudEvent<(typeof types)[number]>;

/** What inventory tells of machines. */
export const isInventoryVmEvent = (event: CloudEvent): event is VmEvent => isEvent(event, ...types);

/** The views alone say what is simulated, whatever people write under that name. */
const withSimulated = ({ simulated: _, ...labels }: VmRow['labels'], simulated: boolean): VmRow['labels'] =>
  simulated ? { ...labels, simulated: 'true' } : labels;

const healthy = { state: 'healthy', reasons: [] } as const;

/** Its provider cannot reach it. */
export const DISCONNECTED = 'provider_disconnected';
const MISSING = 'vm_missing';

/** Health with or without one of its reasons; a reason that was there keeps its time. */
export const reasoned = (health: VmRow['health'], code: string, since: Instant, applies: boolean): VmRow['health'] => {
  const others = health.reasons.filter((reason) => reason.code !== code);
  const before = health.reasons.find((reason) => reason.code === code);
  const reasons = applies ? [...others, before ?? { code, since }] : others;
  return { ...health, state: reasons.length > 0 ? 'warning' : 'healthy', reasons };
};

const kindOf = (template: boolean | undefined): VmRow['kind'] => (template ? 'template' : 'machine');

/** A machine that is told of for the first time begins then, whatever was heard of it elsewhere. */
const born = (row: VmRow, since: VmRow['lifecycle']['since']): Pick<VmRow, 'known' | 'protection'> => ({
  known: true,
  protection: row.known ? row.protection : { ...row.protection, since },
});

/** The row after something that inventory told. */
export const byInventory = (row: VmRow, event: VmEvent, simulated: boolean): VmRow => {
  const { data, time, type } = event;
  switch (type) {
    case 'io.drover.inventory.vm-discovered.v1': {
      const { connectionId, name, aliases, groupIds, hardware, template } = data;
      const active = row.known && row.lifecycle.state === 'active';
      const lifecycle = active ? row.lifecycle : ({ state: 'active', since: time, cause: null } as const);
      const told = { connectionId, name, aliases, groupIds, hardware, type: vmTypeOf(name), kind: kindOf(template) };
      const labels = withSimulated(row.labels, simulated);
      const health = { ...healthy, lastContactAt: hardware.observedAt };
      return { ...row, ...told, ...born(row, time), lifecycle, labels, simulated, health, mergedInto: null };
    }
    case 'io.drover.inventory.vm-registered.v1': {
      const { connectionId, name, aliases, groupIds, template } = data;
      const told = { connectionId, name, aliases, groupIds, type: vmTypeOf(name), kind: kindOf(template) };
      const active = row.known && row.lifecycle.state === 'active'; // told anew by its provider
      const lifecycle = active ? row.lifecycle : ({ state: 'expected', since: time, cause: null } as const);
      const labels = withSimulated(row.labels, simulated);
      return { ...row, ...told, ...born(row, time), lifecycle, labels, simulated, mergedInto: null };
    }
    case 'io.drover.inventory.vm-aliased.v1':
      return { ...row, aliases: withAlias(row.aliases, data.alias) };
    case 'io.drover.inventory.vm-described.v1': {
      const name = data.name ?? row.name;
      const kind = data.template === undefined ? row.kind : kindOf(data.template);
      return { ...row, name, type: vmTypeOf(name), kind, hardware: data.hardware };
    }
    case 'io.drover.inventory.vm-edited.v1': {
      const { displayName, description, labels } = data;
      return {
        ...row,
        displayName,
        description: description ?? '',
        labels: withSimulated(labels ?? {}, row.simulated),
      };
    }
    case 'io.drover.inventory.vm-power-observed.v1': {
      const { power: state, after, connectionState, ...read } = data;
      const { observedAt } = read;
      const contact = { ...row.health, ...(row.health.state === 'unknown' && healthy), lastContactAt: observedAt };
      const health = reasoned(contact, DISCONNECTED, time, connectionState !== undefined);
      // Whoever a provider shows without saying what it is made of was registered a moment ago.
      const shown =
        row.lifecycle.state === 'expected' ? ({ state: 'active', since: time, cause: null } as const) : row.lifecycle;
      const sources = observing(row.sources, { state, ...read }, after?.sequence ?? 0);
      return withPower({ ...row, health, lifecycle: shown }, sources);
    }
    case 'io.drover.inventory.vm-went-missing.v1': {
      return { ...row, health: { ...reasoned(row.health, MISSING, time, true), lastContactAt: data.lastSeenAt } };
    }
    case 'io.drover.inventory.vm-seen-again.v1':
      return { ...row, health: { ...reasoned(row.health, MISSING, time, false), lastContactAt: data.lastSeenAt } };
    case 'io.drover.inventory.vm-merged.v1':
      return { ...row, mergedInto: data.intoVmId };
    case 'io.drover.inventory.vm-retired.v1': {
      const health = { ...row.health, state: 'unknown', reasons: [] } as const;
      return { ...row, lifecycle: { state: 'retired', since: time, cause: data.cause }, health };
    }
    default:
      return assertNever(type);
  }
};
