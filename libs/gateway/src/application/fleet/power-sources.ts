// A machine's power is told by two logs: inventory observes it, power verifies it. Views hear the two in any order beside
// each other, so each log is folded by itself, and what is shown is made from the two folds: it is the same whatever came
// first. Never: one fold of both logs, which would depend on the order in which they came.
import { bootOf, lastSeenIn, type VmObservation } from '@drover/contracts';
import {
  GuestTools,
  verdictIsNewer,
  type Instant,
  type PowerState,
  type RecordedOrder,
  type Tools,
} from '@drover/kernel';

/** What power verified last. `tools`: null when the verdict says nothing of them. */
export type Verified = RecordedOrder & {
  readonly power: ReadPower;
  readonly tools: Tools | null;
  readonly observedAt: Instant;
  /** Whether the operation changed it, and since when it is so as far as power's log says. */
  readonly changed: boolean;
  readonly changedAt: Instant | null;
  readonly sequence: number;
};

/** The verified power of a machine after one more event of power: `changedAt` moves only with the state. */
export const verifying = (before: Verified | null, next: Omit<Verified, 'changedAt'>): Verified => {
  const moved = next.changed || (before !== null && before.power !== next.power);
  return { ...next, changedAt: moved ? next.observedAt : (before?.changedAt ?? null) };
};

type ReadPower = Exclude<PowerState, 'unknown'>;

/** What is shown: of the power, and the boot that the uptime is reckoned from; while nobody can read it, how it was seen last. */
export type ShownPower = { readonly tools: Tools; readonly lastChangeAt: Instant | null } & (
  | {
      readonly state: ReadPower;
      readonly observedAt: Instant;
      readonly bootAt: Instant | null;
      readonly lastKnown: null;
    }
  | {
      readonly state: 'unknown';
      readonly observedAt: Instant | null;
      readonly bootAt: null;
      readonly lastKnown: { readonly state: ReadPower; readonly at: Instant } | null;
    }
);

/** The last state that inventory observed: of a machine that was out of reach meanwhile, the one before. */
const lastState = (observed: VmObservation | null) => lastSeenIn(observed)?.power ?? null;

/** While its provider cannot reach it: the newer of what was observed before and what was verified before. */
const lastKnownOf = (
  { lastSeen }: Extract<VmObservation, { is: 'unseen' }>,
  verified: Verified | null,
): ShownPower['lastKnown'] => {
  const last = verified && (!lastSeen || verdictIsNewer(verified, lastSeen, lastSeen.after)) ? verified : lastSeen;
  return last && { state: last.power, at: last.observedAt };
};

const asObserved = (observed: VmObservation, verified: Verified | null): ShownPower => {
  const { reading, changedAt, confirms } = observed;
  const { tools, observedAt } = reading;
  const bootAt = bootOf(observed);
  const same = verified !== null && verified.power === reading.power ? verified : null;
  const changed = same && same.sequence === confirms ? (same.changedAt ?? changedAt) : changedAt;
  const shown = { tools, observedAt, lastChangeAt: bootAt ?? changed ?? same?.changedAt ?? null };
  return observed.is === 'seen'
    ? { ...shown, state: observed.reading.power, bootAt, lastKnown: null }
    : { ...shown, state: 'unknown', bootAt: null, lastKnown: lastKnownOf(observed, verified) };
};

/** Tools that are not installed are not installed in a machine that is off, either; else they are not known then. */
const toolsAfter = ({ power, tools }: Verified, observed: VmObservation | null): Tools => {
  const before = observed?.reading.tools;
  if (power === 'poweredOn') return tools ?? before ?? 'unknown';
  return before === GuestTools.absent ? before : 'unknown';
};

const asVerified = (verified: Verified, observed: VmObservation | null): ShownPower => {
  const { power: state, observedAt, changed, changedAt } = verified;
  const before = lastState(observed);
  const stayed = !changed && before === state ? observed : null;
  const moved = changed || (before !== null && before !== state);
  const lastChangeAt = moved ? observedAt : (stayed?.changedAt ?? changedAt);
  const [tools, bootAt] = [toolsAfter(verified, observed), stayed && bootOf(stayed)];
  return { state, tools, observedAt, bootAt, lastChangeAt, lastKnown: null };
};

/** The newer of what was observed and what was verified. */
export const shownPower = (observed: VmObservation | null, verified: Verified | null): ShownPower => {
  if (verified && (!observed || verdictIsNewer(verified, observed.reading, observed.after)))
    return asVerified(verified, observed);
  if (observed) return asObserved(observed, verified);
  return { state: 'unknown', tools: 'unknown', observedAt: null, bootAt: null, lastChangeAt: null, lastKnown: null };
};
