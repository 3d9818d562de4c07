// From a machine and a reading of it to the events that say what is new. Readings are compared by the numbers of their run,
// not by the time of day. Never: overwrite a later reading by an earlier one, or tell the power of a machine that its
// provider does not reach.
import {
  assertNever,
  compareReads,
  recordedOrder,
  withAlias,
  type Alias,
  type ConnectionId,
  type GroupId,
  type Hardware,
  type Instant,
  type PowerState,
  type ReadOrder,
  type RecordedOrder,
  type Tools,
} from '@drover/kernel';
import { unknownAliases } from '../aliases.js';
import { same } from '../same.js';
import type { PowerStatus, ObservedPower, VerdictRef, VmFact } from '../vm.events.js';
import { livingIn, type MissingVm, type SeenVm, type VmState } from '../vm.js';

/** What a provider says of a machine, all of it, of the moment at which it was asked. */
export type Observe = ReadOrder & {
  readonly type: 'Observe';
  readonly connectionId: ConnectionId;
  /** The groups of the connection: those of a machine that nobody put elsewhere. */
  readonly groupIds: readonly GroupId[];
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
} & AfterVerdict;

/**
 * `after`: the last verdict of power that the machine was read after. `confirms`: it was read to confirm that one, which is
 * told once, even when nothing changed.
 */
export type AfterVerdict =
  { readonly after?: VerdictRef; readonly confirms?: never } | { readonly after: VerdictRef; readonly confirms: true };

/** What was observed, and of the power only what its provider knows. */
type Observation = Omit<Observe, 'connectionState' | 'power' | 'tools' | 'bootAt' | keyof AfterVerdict> &
  PowerStatus &
  AfterVerdict;

/** A provider that does not reach a machine knows what was so before; that is not told as what is so. */
export const asFarAsReached = ({
  connectionState = 'connected',
  power,
  tools,
  bootAt,
}: Pick<Observe, 'connectionState' | 'power' | 'tools' | 'bootAt'>): PowerStatus =>
  connectionState === 'connected'
    ? { power, tools, bootAt }
    : { connectionState, power: 'unknown', tools: 'unknown', bootAt: null };

/** What power of the same process run read when it had switched a machine. `tools`: null when it says nothing of them. */
export type ObservePower = ReadOrder & {
  readonly type: 'ObservePower';
  readonly power: PowerState;
  readonly tools: Tools | null;
  readonly observedAt: Instant;
  readonly after: VerdictRef;
};

type Facts = readonly VmFact[];

/** Whether a reading is no newer than the stored one. What another run read is older than anything this one reads. */
const isLate = (reading: ReadOrder, stored: ReadOrder | null) => {
  const order = stored && compareReads(reading, stored);
  return order === 'earlier' || order === 'same';
};

const isLateFor = (reading: ReadOrder, vm: SeenVm | MissingVm) =>
  isLate(reading, vm.described) || isLate(reading, recordedOrder(vm.reading));

/** The members that are told of power, and no others of a reading. */
const toldOf = ({ power, tools, bootAt, connectionState }: PowerStatus): PowerStatus =>
  connectionState === undefined ? { power, tools, bootAt } : { power, tools, bootAt, connectionState };

/** Where it stands among other readings, and no other member of it. */
const orderOf = (reading: RecordedOrder): RecordedOrder => recordedOrder(reading) ?? {};

const observedPower = (reading: ObservedPower, after?: VerdictRef): VmFact => ({
  ...{ type: 'VmPowerObserved', observedAt: reading.observedAt },
  ...toldOf(reading),
  ...orderOf(reading),
  ...(after && { after }),
});

const asTemplate = (template: boolean | undefined) => (template ? { template } : {});

/** Found for the first time, or again after it was gone. */
const discovered = (vm: VmState, observation: Observation): Facts => {
  const { connectionId, name, aliases, hardware, template, after } = observation;
  const before = livingIn(vm);
  const groupIds = before && before.groupIds.length > 0 ? before.groupIds : observation.groupIds;
  const all = aliases.reduce(withAlias, before?.aliases ?? []);
  const found = { connectionId, aliases: all, name, groupIds, ...asTemplate(template) };
  if (!hardware) return [{ type: 'VmRegistered', ...found }, observedPower(observation, after)];
  return [{ type: 'VmDiscovered', ...found, hardware }, observedPower(observation, after)];
};

/** What its provider says of it, power apart. */
type Description = Pick<Observe, 'name' | 'template' | 'hardware' | 'run' | 'n'>;

const turnedInto = (vm: SeenVm | MissingVm, { template = false }: Description) =>
  template === vm.template ? {} : { template };

/** Whether its name or kind changed while nobody could read its hardware: there is no description to change then. */
const isRenamedUnread = (vm: SeenVm | MissingVm, next: Description) =>
  (next.hardware ?? vm.hardware) === null &&
  (next.name !== vm.name || 'template' in turnedInto(vm, next)) &&
  !isLate(next, vm.described);

/** The hardware counts without the moment it was read at, else every look would be a change. */
const described = (vm: SeenVm | MissingVm, next: Description): Facts => {
  const { name, run, n } = next;
  const [before, known] = [vm.hardware, next.hardware ?? vm.hardware]; // what cannot be read is not told to have changed
  if (!known || isLate(next, vm.described)) return [];
  const [renamed, turned] = [name !== vm.name, turnedInto(vm, next)];
  const unchanged = before !== null && same({ ...known, observedAt: before.observedAt }, before);
  if (unchanged && !renamed && !('template' in turned)) return [];
  return [{ type: 'VmDescribed', name: renamed ? name : null, hardware: known, ...turned, run, n }];
};

/** A machine without a description is told as if it had just come, with the newest reading of its power. */
const toldAnew = ({ connectionId, groupIds, aliases, reading }: SeenVm | MissingVm, next: Observation): Facts => [
  {
    ...{ type: 'VmRegistered', connectionId, aliases: next.aliases.reduce(withAlias, aliases) },
    ...{ name: next.name, groupIds, ...asTemplate(next.template) },
  },
  observedPower(isLate(next, recordedOrder(reading)) ? reading : next, next.after),
];

const isSamePower = (a: ObservedPower, b: ObservedPower) =>
  a.power === b.power && a.tools === b.tools && a.bootAt === b.bootAt && a.connectionState === b.connectionState;

const powered = (
  { reading, verdict }: SeenVm | MissingVm,
  next: ObservedPower & ReadOrder,
  named: AfterVerdict,
): Facts => {
  if (isLate(next, recordedOrder(reading))) return [];
  const after = named.after && named.after.sequence > verdict ? named.after : undefined;
  return isSamePower(next, reading) && !(after && named.confirms) ? [] : [observedPower(next, after)];
};

/**
 * Only what changed becomes a fact, and an earlier reading never overwrites a later one. A machine that is gone and shown
 * again is active again; one that a person took out stays out until a person brings it back.
 */
export const observe = (vm: VmState, given: Observe): Facts => {
  const { connectionState: _, ...all } = given;
  const observation: Observation = { ...all, ...asFarAsReached(given) };
  switch (vm.is) {
    case 'unheard':
    case 'registered':
      return discovered(vm, observation);
    case 'retired': {
      const late = vm.was.is !== 'registered' && isLateFor(observation, vm.was);
      return vm.cause === 'gone' && !late ? discovered(vm, observation) : [];
    }
    case 'missing':
      if (isLateFor(observation, vm)) return [];
      return [{ type: 'VmSeenAgain', lastSeenAt: vm.lastSeenAt }, ...changes(vm, observation)];
    case 'seen':
      return changes(vm, observation);
    default:
      return assertNever(vm);
  }
};

const changes = (vm: SeenVm | MissingVm, observation: Observation): Facts =>
  isRenamedUnread(vm, observation)
    ? toldAnew(vm, observation)
    : [
        ...unknownAliases(vm.aliases, observation.aliases).map((alias): VmFact => ({ type: 'VmAliased', alias })),
        ...described(vm, observation),
        ...powered(vm, observation, observation),
      ];

/** The outcome of a power operation is an observation, too. A machine that was on already kept its boot. */
export const observePower = (vm: VmState, { power, tools, observedAt, run, n, after }: ObservePower): Facts => {
  if (vm.is !== 'seen' && vm.is !== 'missing') return [];
  const { reading } = vm;
  const bootAt = power === reading.power ? reading.bootAt : null;
  const next = { power, tools: tools ?? reading.tools, observedAt, bootAt, run, n };
  return powered(vm, next, { after });
};

/** Whether power read another state of the machine than the one that is stored. */
export const contradicts = (vm: VmState, { power }: Pick<ObservePower, 'power'>) =>
  (vm.is === 'seen' || vm.is === 'missing') && vm.reading.power !== power;
