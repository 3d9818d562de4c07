// What is true of a machine's power after its events: the state, and `evolve`, which folds one event into it. Each state and
// each phase holds only what is true in it. Never: refuse or throw on history. Commits may be lost (and their loss be
// accepted), so any event may follow any other.
import { assertNever, GuestTools, recordedOrder, type WorkerId } from '@drover/kernel';
import type { BulkId, Instant, PowerState, RecordedOrder, Seen, Tools } from '@drover/kernel';
import type { Restarted } from './cool-down.js';
import { isLook } from './power-step.events.js';
import { isRequest, isVerified, readRequest } from './power.events.js';
import type { Call, CallFinished, Cause, LookFinished, Marked } from './power-step.events.js';
import type { PowerEnd } from './power.events.js';
import type { PowerFact } from './power.events.js';
import type { PowerRequest, Requested } from './power-request.events.js';

/** By what a look tells one run of the machine from the next; nothing where its provider does not say. */
export type MachineRun = { readonly bootAt: Instant | null; readonly uptimeSeconds: number | null };

/** `runBefore`: how the machine ran at the last look before the call. */
type Sending = { readonly step: Call; readonly attempt: number; readonly runBefore: MachineRun };

/** `taken`: an earlier call of the operation that was taken, or may have been. */
type After = { readonly taken: Call | null };

/** `toolsAway`: the guest was asked to restart, and its tools were seen to stop since. */
type Asking = { readonly toolsAway: boolean };

/**
 * How far an open operation is: nothing begun; a step begun that may or may not have reached the provider; a call the
 * provider took; a call that may have been taken; a call that surely was not; on, and waiting for the guest tools.
 */
export type Phase =
  | { readonly is: 'requested' }
  | ({ readonly is: 'started'; readonly epoch: number } & Sending & After)
  | ({ readonly is: 'sent'; readonly task: string | null } & Sending & Asking)
  | ({ readonly is: 'unclear'; readonly until: Instant | null } & Sending & Asking)
  | ({ readonly is: 'rejected'; until: Instant | null; code: string; detail: string } & Sending & After)
  | ({ readonly is: 'waiting'; readonly step: 'start'; readonly attempt: number } & After);

/** What the looks of an operation found: nothing yet; a machine out of its provider's reach; it, as it was and as it is. */
export type Findings =
  | { readonly is: 'nothing' }
  | { readonly is: 'unreached'; readonly first: FirstSeen }
  | { readonly is: 'read'; readonly first: FirstSeen; readonly power: PowerState; readonly run: MachineRun };

/** The machine as the first look of an operation found it. */
export type FirstSeen = Pick<Seen, 'power' | 'tools'>;

/** A guest that was asked to stop by an operation that was cancelled; until its deadline it may still do so. */
export type Stopping = {
  readonly op: number;
  readonly firstFact: number;
  readonly until: Instant;
  readonly bootAt: Instant | null;
};

/** An outcome that nobody could read, until somebody looks again or a person says what came of it. */
export type UnknownOutcome = { readonly op: number; readonly marked: Marked | null };

/** What was seen of a machine last, and where the reading stands among others. */
export type Observed = Seen & RecordedOrder;

/** What a machine's stream remembers from one operation to the next. `op` is the number of the last one. */
export type Past = {
  readonly op: number;
  /** How many facts there are. */
  readonly facts: number;
  /** How many of them came before the request of the last operation. */
  readonly firstFact: number;
  readonly seen: Observed | null;
  /** That of the last lease: grows with every one, so work under an older lease is known. */
  readonly epoch: number;
  /** For the cool-down. */
  readonly restarted: Restarted | null;
  readonly stopping: Stopping | null;
  readonly unknownOutcomes: readonly UnknownOutcome[];
};

/** An operation under way. */
export type OpenOperation = Past & {
  readonly is: 'open';
  readonly request: PowerRequest;
  readonly deadline: Instant;
  readonly bulkId: BulkId | null;
  readonly holder: WorkerId | null;
  readonly looks: number;
  readonly findings: Findings;
  /** The last look found no such machine. */
  readonly absent: boolean;
  /** A guest that an earlier operation has asked to stop, and that may still do so. */
  readonly earlier: Stopping | null;
  readonly cancelling: boolean;
  /** How often each step was begun; an attempt has a number of its own, whatever was begun between. */
  readonly attempts: Readonly<Partial<Record<Call, number>>>;
  /** Why force takes the place of the guest, as it was said last; `none`: it was never said. */
  readonly escalation: Cause | 'none';
  readonly phase: Phase;
};

/** No operation is under way. `lastUnknown`: the last one as it stood when it ended with nobody knowing how. */
export type Idle = Past & { readonly is: 'idle'; readonly lastUnknown: OpenOperation | null };

/** An idle machine has no deadline, and at most one operation is open. */
export type Power = Idle | OpenOperation;

/** A machine that nobody ever switched. */
export const initialPower: Idle = {
  ...{ is: 'idle', op: 0, facts: 0, firstFact: 0, seen: null, epoch: 0, restarted: null, stopping: null },
  ...{ unknownOutcomes: [], lastUnknown: null },
};

/** Whether the guest can be asked, and a wait for tools is over. */
export const toolsRun = (tools: Tools) => tools === GuestTools.running || tools === GuestTools.outdated;

/** Whether they were read as not running; `unknown` is never taken for that. */
export const toolsStopped = (tools: Tools) => tools === GuestTools.stopped || tools === GuestTools.absent;

const takenIn = (phase: Phase): Call | null => {
  switch (phase.is) {
    case 'requested':
      return null;
    case 'started':
    case 'rejected':
    case 'waiting':
      return phase.taken;
    case 'sent':
    case 'unclear':
      return phase.step;
    default:
      return assertNever(phase);
  }
};

/** The last call that was taken, or may have been. */
export const lastCall = ({ phase }: Pick<OpenOperation, 'phase'>) =>
  phase.is === 'started' ? phase.step : takenIn(phase);

/** Whether a call of the operation was taken, or may have been. */
export const mayHaveActed = (power: Pick<OpenOperation, 'phase'>) => lastCall(power) !== null;

/** Whether it can be called off: what was not sent yet, a wait, and a guest that was asked, which nobody has to wait for. */
export const cancellable = (power: Pick<OpenOperation, 'phase'>) =>
  power.phase.is === 'waiting' || !mayHaveActed(power) || lastCall(power) === 'graceful';

/** The number of the next attempt of a step. */
export const attemptNumber = ({ attempts }: Pick<OpenOperation, 'attempts'>, step: Call) => (attempts[step] ?? 0) + 1;

/** Whether a step asks a guest that was to be forced because it had no tools, and was not: now that it can be asked. */
export const asksAfterAll = (power: Pick<OpenOperation, 'phase' | 'escalation'>, step: unknown) =>
  step === 'graceful' && power.escalation === 'tools_absent' && !mayHaveActed(power);

const UNREAD: MachineRun = { bootAt: null, uptimeSeconds: null };

const opened = (power: Power, fact: Requested): OpenOperation => {
  const { facts, seen, epoch, restarted, stopping, unknownOutcomes } = power;
  return {
    ...{ is: 'open', op: fact.op, facts, firstFact: facts - 1, seen, epoch, restarted, stopping, unknownOutcomes },
    ...{ request: readRequest(fact), deadline: fact.deadline, bulkId: fact.bulkId, holder: null },
    ...{ looks: 0, findings: { is: 'nothing' }, absent: false, attempts: {}, escalation: 'none', cancelling: false },
    ...{ earlier: 'earlier' in fact ? stopping : null, phase: { is: 'requested' } },
  };
};

/** A call begins: what was read last is what it will be compared with. */
const begun = (power: OpenOperation, fact: Extract<PowerFact, { type: 'StepStarted' }>): OpenOperation => {
  const { phase, findings } = power;
  const { step, attempt, epoch } = fact;
  const taken = lastCall(power);
  if (step === 'wait-tools')
    return {
      ...power,
      phase: { is: 'waiting', step: 'start', attempt: 'attempt' in phase ? phase.attempt : 0, taken },
    };
  const runBefore = findings.is === 'read' ? findings.run : UNREAD;
  const attempts = { ...power.attempts, [step]: attempt };
  return { ...power, attempts, phase: { is: 'started', step, attempt, epoch, runBefore, taken: takenIn(phase) } };
};

const answered = ({ phase }: OpenOperation, fact: CallFinished): Phase => {
  const { step, attempt } = fact;
  const sending = { step, attempt, runBefore: 'runBefore' in phase ? phase.runBefore : UNREAD };
  switch (fact.outcome) {
    case 'succeeded':
      return { is: 'sent', ...sending, task: fact.task ?? null, toolsAway: false };
    case 'unknown':
      return { is: 'unclear', ...sending, until: fact.nextAttemptAt, toolsAway: false };
    case 'failed': {
      const why = { code: fact.code ?? 'provider_error', detail: fact.detail ?? '' };
      return { is: 'rejected', ...sending, until: fact.nextAttemptAt, ...why, taken: takenIn(phase) };
    }
    default:
      return assertNever(fact);
  }
};

/** The tools of a guest that was asked to restart were seen to stop: that is the beginning of its evidence. */
const withTools = ({ request, phase }: OpenOperation, { tools }: Pick<Seen, 'tools'>): Phase =>
  request.kind === 'restart' && (phase.is === 'sent' || phase.is === 'unclear') && phase.step === 'graceful'
    ? { ...phase, toolsAway: phase.toolsAway || toolsStopped(tools) }
    : phase;

/** A look that could not be made is kept as evidence; it says nothing about the machine but that it is gone, if so. */
const seenBy = (power: OpenOperation, fact: LookFinished): OpenOperation => {
  const looks = fact.step === 'verify' ? fact.attempt : power.looks;
  const after = { ...power, looks, absent: fact.code === 'not_found' };
  if (fact.power === null) return after;
  const { power: state, tools, observedAt, bootAt, uptimeSeconds = null } = fact;
  const { findings } = power;
  const first = findings.is === 'nothing' ? { power: state, tools } : findings.first;
  if (state === 'unknown')
    return findings.is === 'nothing' ? { ...after, findings: { is: 'unreached', first } } : after;
  return {
    ...after,
    findings: { is: 'read', first, power: state, run: { bootAt, uptimeSeconds } },
    seen: { power: state, tools, observedAt, ...recordedOrder(fact) },
    phase: withTools(power, fact),
    stopping: state === 'poweredOff' ? null : power.stopping, // the guest did what it was asked
  };
};

/** A restart that may have been done starts the cool-down like one that was. */
const restartedBy = (power: OpenOperation, fact: PowerEnd): Restarted | null => {
  if (power.request.kind !== 'restart' || !mayHaveActed(power)) return power.restarted;
  if (fact.type === 'VmRestarted') return { at: fact.observedAt, proven: true };
  const cancelledAt = fact.type === 'PowerOperationCancelled' ? fact.cancelledAt : undefined;
  const at = cancelledAt ?? power.seen?.observedAt;
  return at === undefined ? power.restarted : { at, proven: false };
};

const stoppingAfter = (power: OpenOperation, fact: PowerEnd): Stopping | null => {
  const { op, firstFact, deadline: until, phase } = power;
  return fact.type === 'PowerOperationCancelled' && power.request.kind === 'power-off' && lastCall(power) === 'graceful'
    ? { op, firstFact, until, bootAt: 'runBefore' in phase ? phase.runBefore.bootAt : null }
    : power.stopping;
};

const closed = (power: OpenOperation, fact: PowerEnd): Idle => {
  const { op, facts, firstFact, seen, epoch, unknownOutcomes } = power;
  const past = { op, facts, firstFact, seen, epoch, restarted: restartedBy(power, fact) };
  const idle = { is: 'idle', ...past, stopping: stoppingAfter(power, fact) } as const;
  return fact.type === 'PowerOperationUnknown'
    ? { ...idle, unknownOutcomes: [...unknownOutcomes, { op, marked: null }], lastUnknown: power }
    : { ...idle, unknownOutcomes, lastUnknown: null };
};

/** The last operation ended with nobody knowing how; somebody looked again, and now it is known. */
const resolved = (power: Idle, fact: PowerEnd): Idle => ({
  ...power,
  restarted: fact.type === 'VmRestarted' ? { at: fact.observedAt, proven: true } : power.restarted,
  unknownOutcomes: power.unknownOutcomes.filter(({ op }) => op !== fact.op),
  lastUnknown: null,
});

const marked = (power: Power, { op, outcome }: Extract<PowerFact, { type: 'PowerOperationMarked' }>): Power => {
  const unknownOutcomes = power.unknownOutcomes.map((each) => (each.op === op ? { ...each, marked: outcome } : each));
  const last = power.is === 'idle' && power.op === op;
  return last ? { ...power, unknownOutcomes, lastUnknown: null } : { ...power, unknownOutcomes };
};

/** The state after one more fact. It trusts history: a fact of an operation that is over changes nothing. */
export const evolve = (before: Power, fact: PowerFact): Power => {
  const power: Power = { ...before, facts: before.facts + 1 };
  if (isRequest(fact)) return opened(power, fact);
  if (fact.type === 'PowerOperationMarked') return marked(power, fact);
  if (fact.op !== power.op) return power;
  if (isVerified(fact)) return power.is === 'open' ? closed(power, fact) : resolved(power, fact);
  switch (fact.type) {
    case 'LeaseTaken':
      return power.is === 'open' ? { ...power, epoch: fact.epoch, holder: fact.holder } : power;
    case 'CancelRequested':
      return power.is === 'open' ? { ...power, cancelling: true } : power;
    case 'StepStarted':
      return power.is === 'open' ? begun(power, fact) : power;
    case 'StepFinished': {
      if (!isLook(fact)) return power.is === 'open' ? { ...power, phase: answered(power, fact) } : power;
      if (power.is === 'open') return seenBy(power, fact);
      if (!power.lastUnknown) return power;
      const lastUnknown = seenBy(power.lastUnknown, fact);
      return { ...power, seen: lastUnknown.seen, lastUnknown };
    }
    case 'PowerOffEscalated':
      return power.is === 'open' ? { ...power, escalation: fact.cause } : power;
    case 'PowerOperationRefused':
    case 'PowerOperationFailed':
    case 'PowerOperationExpired':
    case 'PowerOperationUnknown':
    case 'PowerOperationCancelled':
      return power.is === 'open' ? closed(power, fact) : resolved(power, fact);
    default:
      return assertNever(fact);
  }
};
