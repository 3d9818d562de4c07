// A machine's power is told by two logs: inventory observes it, power verifies it. Views hear the two in any order beside
// each other, so each log is folded by itself, and what is shown is made from the two folds: it is the same whatever came first.
import {
  GuestTools,
  recordedOrder,
  verdictIsNewer,
  type Instant,
  type PowerState,
  type RecordedOrder,
  type Tools,
} from '@drover/kernel';

/** An observation of power that was one: its provider reached the machine. `after`: what it was made after, as below. */
type PowerObservation = RecordedOrder & {
  readonly state: Exclude<PowerState, 'unknown'>;
  readonly observedAt: Instant;
  readonly after: number;
};

/** What inventory observed last, and what its log says of the last change. */
export type Observed = RecordedOrder & {
  readonly state: PowerState;
  readonly tools: Tools;
  readonly observedAt: Instant;
  /** How the machine was seen last, while its provider cannot reach it. */
  readonly lastSeen: PowerObservation | null;
  readonly bootAt: Instant | null;
  readonly changedAt: Instant | null;
  /** The verdict that was named last, while nothing has changed since; else 0. */
  readonly confirms: number;
};

/** What power verified last. `tools`: null when the verdict says nothing of them. */
export type Verified = RecordedOrder & {
  readonly state: Exclude<PowerState, 'unknown'>;
  readonly tools: Tools | null;
  readonly observedAt: Instant;
  /** Whether the operation changed it, and since when it is so as far as power's log says. */
  readonly changed: boolean;
  readonly changedAt: Instant | null;
  readonly sequence: number;
};

/** The two folds. `after`: the last verdict that inventory's readings were made after, by its number; 0 for none. */
export type PowerSources = {
  readonly observed: Observed | null;
  readonly verified: Verified | null;
  readonly after: number;
};

/** Of a machine whose power nobody told of. */
export const untold: PowerSources = { observed: null, verified: null, after: 0 };

/** Inventory's log goes on. An instant of change is never invented: the first observation is none. */
export const observing = (
  { observed, verified, after }: PowerSources,
  next: Omit<Observed, 'changedAt' | 'confirms' | 'lastSeen'>,
  named: number,
): PowerSources => {
  const moved = known(next) && hasMoved(observed, next.state);
  const boot = next.state === 'poweredOn' ? next.bootAt : null;
  const changedAt = boot ?? (moved ? next.observedAt : (observed?.changedAt ?? null));
  const confirms = named > after ? named : moved ? 0 : (observed?.confirms ?? 0);
  const lastSeen = known(next) || !observed ? null : seenIn(observed, after);
  return {
    observed: { ...next, bootAt: boot, changedAt, confirms, lastSeen },
    verified,
    after: Math.max(after, named),
  };
};

const seenIn = ({ state, observedAt, lastSeen, ...read }: Observed, after: number): PowerObservation | null =>
  state === 'unknown' ? lastSeen : { state, observedAt, ...recordedOrder(read), after };

/** The last state that inventory observed: of a machine that was out of reach meanwhile, the one before. */
const lastState = ({ state, lastSeen }: Observed) => (state === 'unknown' ? (lastSeen?.state ?? null) : state);

const hasMoved = (observed: Observed | null, state: PowerState) => {
  const before = observed && lastState(observed);
  return before !== null && before !== state;
};

/** Power's log goes on. */
export const verifying = (sources: PowerSources, next: Omit<Verified, 'changedAt'>): PowerSources => {
  const before = sources.verified;
  const moved = next.changed || (before !== null && before.state !== next.state);
  return { ...sources, verified: { ...next, changedAt: moved ? next.observedAt : (before?.changedAt ?? null) } };
};

const known = ({ state }: { readonly state: PowerState }) => state !== 'unknown';

/** What is shown: of the power, and the boot that the uptime is reckoned from. */
export type ShownPower = Pick<Observed, 'state' | 'tools' | 'bootAt'> & {
  readonly observedAt: Instant | null;
  readonly lastChangeAt: Instant | null;
  readonly lastKnown: { readonly state: PowerState; readonly at: Instant } | null;
};

/** While its provider cannot reach it: the newer of what was observed before and what was verified before. */
const lastKnownOf = ({ state, lastSeen }: Observed, verified: Verified | null): ShownPower['lastKnown'] => {
  if (state !== 'unknown') return null;
  const last = verified && (!lastSeen || verdictIsNewer(verified, lastSeen, lastSeen.after)) ? verified : lastSeen;
  return last && { state: last.state, at: last.observedAt };
};

const asObserved = (observed: Observed, verified: Verified | null): ShownPower => {
  const { state, tools, observedAt, bootAt, changedAt, confirms } = observed;
  const same = verified !== null && verified.state === state ? verified : null;
  const lastChangeAt = same && same.sequence === confirms ? (same.changedAt ?? changedAt) : changedAt;
  const [changed, lastKnown] = [bootAt ?? lastChangeAt ?? same?.changedAt ?? null, lastKnownOf(observed, verified)];
  return { state, tools, observedAt, bootAt, lastChangeAt: changed, lastKnown };
};

/** Tools that are not installed are not installed in a machine that is off, either; else they are not known then. */
const toolsAfter = ({ state, tools }: Verified, observed: Observed | null): Tools => {
  if (state === 'poweredOn') return tools ?? observed?.tools ?? 'unknown';
  return observed?.tools === GuestTools.absent ? observed.tools : 'unknown';
};

const asVerified = (verified: Verified, observed: Observed | null): ShownPower => {
  const { state, observedAt, changed, changedAt } = verified;
  const stayed = !changed && observed !== null && lastState(observed) === state ? observed : null;
  const moved = changed || hasMoved(observed, state);
  const lastChangeAt = moved ? observedAt : (stayed?.changedAt ?? changedAt);
  const [tools, bootAt] = [toolsAfter(verified, observed), stayed?.bootAt ?? null];
  return { state, tools, observedAt, bootAt, lastChangeAt, lastKnown: null };
};

/** The newer of what was observed and what was verified. */
export const shownPower = ({ observed, verified, after }: PowerSources): ShownPower => {
  if (verified && (!observed || verdictIsNewer(verified, observed, after))) return asVerified(verified, observed);
  if (observed) return asObserved(observed, verified);
  return { state: 'unknown', tools: 'unknown', observedAt: null, bootAt: null, lastChangeAt: null, lastKnown: null };
};
