import {
  withAlias,
  type Alias,
  type ConnectionId,
  type Hardware,
  type Instant,
  type PowerState,
  type Tools,
} from '@drover/kernel';
import { unknownAliases } from '../aliases.js';
import { same } from '../same.js';
import type { PowerReading, VmFact } from '../vm.events.js';
import { livingIn, observedAt, type MissingVm, type SeenVm, type Vm } from '../vm.js';

/** What a provider says of a machine, all of it. */
export type Observe = {
  readonly type: 'Observe';
  readonly connectionId: ConnectionId;
  /** The groups of the connection: those of a machine that nobody put elsewhere. */
  readonly groupIds: readonly string[];
  readonly name: string;
  readonly aliases: readonly Alias[];
  /** Null when it cannot be read. */
  readonly hardware: Hardware | null;
  readonly template?: boolean;
  /** How its provider reaches it, when it does not: then it does not know its power either. */
  readonly connectionState?: string;
  readonly power: PowerState;
  readonly tools: Tools;
  readonly bootAt: Instant | null;
  readonly observedAt: Instant;
};

/** A provider that does not reach a machine knows what was so before; that is not told as what is so. */
export const asFarAsReached = ({ connectionState = 'connected', ...observation }: Observe): Observe =>
  connectionState === 'connected'
    ? observation
    : { ...observation, connectionState, power: 'unknown', tools: 'unknown', bootAt: null };

/** What power read when it had switched a machine. `tools`: null when it says nothing of them. */
export type ObservePower = {
  readonly type: 'ObservePower';
  readonly power: PowerState;
  readonly tools: Tools | null;
  readonly observedAt: Instant;
};

type Facts = readonly VmFact[];

const observedPower = ({ power, tools, observedAt, bootAt, connectionState }: PowerReading): VmFact => ({
  type: 'VmPowerObserved',
  power,
  tools,
  observedAt,
  bootAt,
  ...(connectionState !== undefined && { connectionState }),
});

const asTemplate = (template: boolean | undefined) => (template ? { template } : {});

/** Found for the first time, or again after it was gone. */
const discovered = (vm: Vm, observation: Observe): Facts => {
  const { connectionId, name, aliases, hardware, template } = observation;
  const before = livingIn(vm);
  const groupIds = before && before.groupIds.length > 0 ? before.groupIds : observation.groupIds;
  const all = aliases.reduce(withAlias, before?.aliases ?? []);
  const found = { connectionId, aliases: all, name, groupIds, ...asTemplate(template) };
  if (!hardware) return [{ type: 'VmRegistered', ...found }, observedPower(observation)];
  return [{ type: 'VmDiscovered', ...found, hardware }, observedPower(observation)];
};

/** The hardware counts without the moment it was read at, else every look would be a change. */
const described = (vm: SeenVm | MissingVm, { name, hardware, template = false, ...observation }: Observe): Facts => {
  const renamed = name !== vm.name;
  const turned = template === vm.template ? {} : { template };
  const known = hardware ?? vm.hardware; // what cannot be read is not told to have changed
  if (!known) return renamed || 'template' in turned ? renamedUnread(vm, { name, template, ...observation }) : [];
  const before = vm.hardware;
  const unchanged = before !== null && same({ ...known, observedAt: before.observedAt }, before);
  if ((unchanged && !renamed && !('template' in turned)) || (before && known.observedAt < before.observedAt)) return [];
  return [{ type: 'VmDescribed', name: renamed ? name : null, hardware: known, ...turned }];
};

/** A machine whose hardware nobody could read yet has no description to change, so it is told as if it had just come. */
const renamedUnread = (
  { connectionId, groupIds, aliases, reading }: SeenVm | MissingVm,
  { name, template, aliases: more }: Pick<Observe, 'name' | 'template' | 'aliases'>,
): Facts => [
  {
    type: 'VmRegistered',
    connectionId,
    aliases: more.reduce(withAlias, aliases),
    name,
    groupIds,
    ...asTemplate(template),
  },
  observedPower(reading),
];

const powered = ({ reading }: SeenVm | MissingVm, next: PowerReading): Facts => {
  const { power, tools, bootAt, connectionState } = next;
  const reached = connectionState === reading.connectionState;
  const unchanged = reached && power === reading.power && tools === reading.tools && bootAt === reading.bootAt;
  return unchanged || next.observedAt < reading.observedAt ? [] : [observedPower(next)];
};

/**
 * Only what changed becomes a fact, and an older reading never overwrites a newer one. A machine that is gone and shown
 * again is active again; one that a person took out stays out until a person brings it back.
 */
export const observe = (vm: Vm, given: Observe): Facts => {
  const observation = asFarAsReached(given);
  switch (vm.is) {
    case 'unheard':
    case 'registered':
      return discovered(vm, observation);
    case 'retired': {
      const late = vm.was.is !== 'registered' && observation.observedAt < observedAt(vm.was);
      return vm.cause === 'gone' && !late ? discovered(vm, observation) : [];
    }
    case 'missing':
      if (observation.observedAt < vm.lastSeenAt) return [];
      return [{ type: 'VmSeenAgain', lastSeenAt: vm.lastSeenAt }, ...changes(vm, observation)];
    case 'seen':
      return changes(vm, observation);
  }
};

const changes = (vm: SeenVm | MissingVm, observation: Observe): Facts => [
  ...unknownAliases(vm.aliases, observation.aliases).map((alias): VmFact => ({ type: 'VmAliased', alias })),
  ...described(vm, observation),
  ...powered(vm, observation),
];

/** The outcome of a power operation is an observation, too. A machine that was on already kept its boot. */
export const observePower = (vm: Vm, { power, tools, observedAt }: ObservePower): Facts => {
  if (vm.is !== 'seen' && vm.is !== 'missing') return [];
  const { reading } = vm;
  const bootAt = power === reading.power ? reading.bootAt : null;
  return powered(vm, { power, tools: tools ?? reading.tools, observedAt, bootAt });
};
