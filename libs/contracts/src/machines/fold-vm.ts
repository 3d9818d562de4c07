// The one fold of a machine: every view that keeps a VmRecord grows it here, in inventory, power and gateway, so no two of them
// disagree. It takes what inventory's own state takes, and ignores what that ignores; a repeat, by its number, changes nothing.
// Never: a switch over these types elsewhere; a service adds its own members around the record, by what an event carries.
import { assertNever, VmId, withAlias, type Instant } from '@drover/kernel';
import { eventType } from '../catalogue.js';
import { isEvent, type CloudEvent } from '../cloud-event.js';
import { observed } from './vm-observation.js';
import { isShown, type ShownVm, type VmRecord, type VmWords } from './vm-record.js';

/** Everything that inventory tells of machines. */
export const vmEventTypes = [
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
type VmEventType = (typeof vmEventTypes)[number];

/** An event of a machine, as far as the fold needs it: inventory folds its own events before they have an envelope. */
export type VmEvent = {
  [One in VmEventType]: Pick<CloudEvent<One>, 'type' | 'partitionkey' | 'sequence' | 'time' | 'data'>;
}[VmEventType];
type Of<Name extends string> = Extract<VmEvent, { readonly type: `io.drover.inventory.${Name}.v1` }>;
type Entry = Of<'vm-discovered' | 'vm-registered'>;

/** Whether an event is one of a machine that inventory told. */
export const isVmEvent = (event: CloudEvent): event is CloudEvent<VmEventType> => isEvent(event, ...vmEventTypes);

const silent: VmWords = { displayName: null, description: null, labels: {} };

const unshown = { contactAt: null, observed: null, place: null };

/** A machine that is active stays so, and one that was missing is back: its provider told it anew. */
const activeLife = (before: ShownVm['life']) =>
  before.is === 'active' ? before : ({ is: 'active', since: before.activeSince, unreachedSince: null } as const);

/** What comes into the fleet, and comes back into it. What was observed before stays known. */
const entered = (before: VmRecord | null, event: Entry): VmRecord => {
  const { name, connectionId, aliases, groupIds, template = false } = event.data;
  const profile = {
    ...{ vmId: VmId.parse(event.partitionkey), sequence: Number(event.sequence), name, connectionId },
    ...{ aliases, groupIds, template, said: before?.said ?? silent },
  };
  const life = before && isShown(before) ? activeLife(before.life) : null;
  if (event.type === 'io.drover.inventory.vm-discovered.v1') {
    const { observedAt: contactAt, datacenter, path } = event.data.hardware;
    const since = life?.since ?? event.time;
    return {
      ...{ ...profile, life: { is: 'active', since, unreachedSince: null } },
      ...{ contactAt, observed: before?.observed ?? null, place: { datacenter, path } },
    };
  }
  if (before && isShown(before)) return { ...before, ...profile, life: activeLife(before.life) };
  return { ...unshown, ...before, ...profile, life: { is: 'expected', since: event.time } };
};

/** Its provider reaches it, or does not; since when it does not is the first such reading. */
const reached = (life: ShownVm['life'], at: Instant, isReached: boolean) => ({
  ...life,
  unreachedSince: isReached ? null : (life.unreachedSince ?? at),
});

/** Its provider shows it from its first reading on, though perhaps not what it is made of. */
const read = (vm: VmRecord, { data, time }: Of<'vm-power-observed'>): VmRecord => {
  const { life } = vm;
  if (life.is === 'retired') return vm;
  const shown = life.is === 'expected' ? ({ is: 'active', since: time, unreachedSince: null } as const) : life;
  const after = reached(shown, time, data.connectionState === undefined);
  return { ...vm, life: after, contactAt: data.observedAt, observed: observed(vm.observed, data) };
};

/** A machine of the fleet after an event. */
const grown = (vm: VmRecord, event: Exclude<VmEvent, Entry>): VmRecord => {
  const { life } = vm;
  switch (event.type) {
    case 'io.drover.inventory.vm-aliased.v1':
      return { ...vm, aliases: withAlias(vm.aliases, event.data.alias) };
    case 'io.drover.inventory.vm-described.v1': {
      if (!isShown(vm)) return vm;
      const { name, template, hardware } = event.data;
      const { datacenter, path } = hardware;
      return { ...vm, name: name ?? vm.name, template: template ?? vm.template, place: { datacenter, path } };
    }
    case 'io.drover.inventory.vm-edited.v1': {
      const { displayName, description, labels } = event.data;
      return { ...vm, said: { displayName, description, labels: labels ?? {} } };
    }
    case 'io.drover.inventory.vm-power-observed.v1':
      return read(vm, event);
    case 'io.drover.inventory.vm-went-missing.v1': {
      if (!isShown(vm)) return vm;
      const { lastSeenAt: contactAt } = event.data;
      if (vm.life.is === 'missing') return { ...vm, contactAt };
      const { since: activeSince, unreachedSince } = vm.life;
      return { ...vm, contactAt, life: { is: 'missing', since: event.time, activeSince, unreachedSince } };
    }
    case 'io.drover.inventory.vm-seen-again.v1': {
      if (life.is !== 'missing') return vm;
      const { activeSince: since, unreachedSince } = life;
      return { ...vm, contactAt: event.data.lastSeenAt, life: { is: 'active', since, unreachedSince } };
    }
    case 'io.drover.inventory.vm-merged.v1':
      return { ...vm, life: { is: 'retired', since: event.time, cause: 'merged', into: event.data.intoVmId } };
    case 'io.drover.inventory.vm-retired.v1': {
      const { cause } = event.data;
      const left = { is: 'retired', since: event.time } as const;
      // Of a merged one vm-merged stands before it and has retired it, unless that was never taken here.
      return { ...vm, life: cause === 'merged' ? { ...left, cause, into: null } : { ...left, cause } };
    }
    default:
      return assertNever(event);
  }
};

/** The record after one event; null while nobody was told who the machine is. The same record where the event was in it. */
export const foldVm = (vm: VmRecord | null, event: VmEvent): VmRecord | null => {
  const sequence = Number(event.sequence);
  if (vm && sequence <= vm.sequence) return vm;
  if (event.type === 'io.drover.inventory.vm-discovered.v1' || event.type === 'io.drover.inventory.vm-registered.v1')
    return entered(vm, event);
  if (!vm) return null;
  return { ...(vm.life.is === 'retired' ? vm : grown(vm, event)), sequence };
};
