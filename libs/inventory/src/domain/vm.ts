// What is true of a machine after its events: announced, seen, missing or retired, with only the members that each of them
// has. Never: a decision or a refusal; what stands in the stream is trusted.
import {
  assertNever,
  recordedOrder,
  StreamId,
  VmId,
  withAlias,
  type Alias,
  type ConnectionId,
  type GroupId,
  type Hardware,
  type Instant,
  type ReadOrder,
} from '@drover/kernel';
import type { ObservedPower, RetireCause, VmFact } from './vm.events.js';

/** What is known of every machine that anyone spoke of. */
type VmProfile = {
  readonly name: string;
  readonly connectionId: ConnectionId | null;
  readonly aliases: readonly Alias[];
  readonly groupIds: readonly GroupId[];
  readonly template: boolean;
  readonly said: {
    readonly displayName: string | null;
    readonly description: string | null;
    readonly labels: Readonly<Record<string, string>>;
  };
};

/**
 * What its provider said of it last. `hardware`: null while it could never be read. `described`: where the reading of the
 * hardware stands, null when nobody numbered it. `verdict`: the last verdict of power that a reading was told after, by
 * its number in its stream; 0 for none.
 */
type Observed = {
  readonly hardware: Hardware | null;
  readonly described: ReadOrder | null;
  readonly reading: ObservedPower;
  readonly verdict: number;
};

/** A machine that someone announced and no provider has shown. */
type Registered = VmProfile & { readonly is: 'registered' };
/** A machine that its provider shows. */
export type SeenVm = VmProfile & Observed & { readonly is: 'seen' };
/** A machine that the last complete discovery lacked. */
export type MissingVm = VmProfile & Observed & { readonly is: 'missing'; readonly lastSeenAt: Instant };
/** A machine of the fleet. */
export type LivingVm = Registered | SeenVm | MissingVm;

/** A machine that left the fleet: what it was, and of a merged one which machine it is. */
export type RetiredVm = { readonly is: 'retired'; readonly was: LivingVm } & (
  { readonly cause: Exclude<RetireCause, 'merged'> } | { readonly cause: 'merged'; readonly into: VmId }
);

/** Each state carries only what is true in it: a machine that nobody has seen has no hardware. */
export type VmState = { readonly is: 'unheard' } | LivingVm | RetiredVm;

/** A machine that nobody spoke of. */
export const initialVm: VmState = { is: 'unheard' };

/** Where the facts of a machine are kept. */
export const vmStream = (vmId: VmId) => StreamId.of('vm', vmId);

/** The machine that a stream is of. */
export const vmOf = (stream: StreamId): VmId => VmId.parse(StreamId.key('vm', stream));

/** When a machine was observed last, for people. */
export const observedAt = ({ hardware, reading }: Observed): Instant =>
  hardware && hardware.observedAt > reading.observedAt ? hardware.observedAt : reading.observedAt;

const silent: VmProfile['said'] = { displayName: null, description: null, labels: {} };
const unread = (at: Instant): ObservedPower => ({ power: 'unknown', tools: 'unknown', observedAt: at, bootAt: null });
/** Of a machine that its provider shows, before anything is read of it. */
const unshown = { hardware: null, described: null, verdict: 0 };
const isUnread = ({ power, connectionState }: ObservedPower) => power === 'unknown' && connectionState === undefined;

/** The machine that a state speaks of, retired or not. */
export const livingIn = (vm: VmState): LivingVm | null =>
  vm.is === 'unheard' ? null : vm.is === 'retired' ? vm.was : vm;

/** What comes into the fleet, and comes back into it. */
const entered = (vm: VmState, fact: Extract<VmFact, { type: 'VmDiscovered' | 'VmRegistered' }>): VmState => {
  const { name, connectionId, aliases, groupIds, template = false } = fact;
  const known = { name, connectionId, aliases, groupIds, template, said: livingIn(vm)?.said ?? silent };
  if (fact.type === 'VmRegistered') return { is: 'registered', ...known };
  const { hardware } = fact;
  return { is: 'seen', ...known, hardware, described: null, reading: unread(hardware.observedAt), verdict: 0 };
};

/** A machine that was seen, after a fact that only such a machine has. */
const observed = (
  vm: SeenVm | MissingVm,
  fact: Exclude<
    VmFact,
    { type: 'VmDiscovered' | 'VmRegistered' | 'VmAliased' | 'VmEdited' | 'VmMerged' | 'VmRetired' }
  >,
): VmState => {
  switch (fact.type) {
    case 'VmDescribed':
      return {
        ...vm,
        ...{ name: fact.name ?? vm.name, template: fact.template ?? vm.template },
        ...{ hardware: fact.hardware, described: recordedOrder(fact) },
      };
    case 'VmPowerObserved': {
      const { type: _, after, ...reading } = fact;
      // The first reading of power came with the discovery, whose hardware was read by the same request.
      const described = isUnread(vm.reading) ? recordedOrder(fact) : vm.described;
      return { ...vm, described, reading, verdict: Math.max(vm.verdict, after?.sequence ?? 0) };
    }
    case 'VmWentMissing':
      return { ...vm, is: 'missing', lastSeenAt: fact.lastSeenAt };
    case 'VmSeenAgain': {
      const { name, connectionId, aliases, groupIds, template, said, hardware, described, reading, verdict } = vm;
      const known = { name, connectionId, aliases, groupIds, template, said };
      return { is: 'seen', ...known, hardware, described, reading, verdict };
    }
    default:
      return assertNever(fact);
  }
};

/** The state after one fact. It trusts history, so it refuses nothing; it throws only for a type that it does not know. */
export const evolve = (vm: VmState, fact: VmFact): VmState => {
  if (fact.type === 'VmDiscovered' || fact.type === 'VmRegistered') return entered(vm, fact);
  if (vm.is === 'unheard' || vm.is === 'retired') return vm;
  switch (fact.type) {
    case 'VmAliased':
      return { ...vm, aliases: withAlias(vm.aliases, fact.alias) };
    case 'VmEdited': {
      const { displayName, description, labels } = fact;
      return { ...vm, said: { displayName, description, labels: labels ?? {} } };
    }
    case 'VmMerged':
      return { is: 'retired', cause: 'merged', into: fact.intoVmId, was: vm };
    case 'VmRetired':
      // Of a merged one VmMerged says it, which stands before it in its commit.
      return fact.cause === 'merged' ? vm : { is: 'retired', cause: fact.cause, was: vm };
    default:
      if (vm.is !== 'registered') return observed(vm, fact);
      // Its provider shows it, though not what it is made of.
      return fact.type === 'VmPowerObserved'
        ? observed({ ...vm, ...unshown, is: 'seen', reading: unread(fact.observedAt) }, fact)
        : vm;
  }
};
