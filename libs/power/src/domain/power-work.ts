// What the policy may report of an open operation, and the facts that each report adds. It refuses nothing: what comes
// twice, too late or under a lost lease adds no fact. Never: a step begun while another's call may be on its way, a second
// call that may have been taken where no state shows it, an end that was not read.
import { assertNever, type Instant, type WorkerId } from '@drover/kernel';
import type { Call, Cause, LookFinished, StepFinished } from './power-step.events.js';
import type { PowerFact } from './power.events.js';
import {
  asksAfterAll,
  attemptNumber,
  lastCall,
  mayHaveActed,
  toolsRun,
  toolsStopped,
  type OpenOperation,
  type Power,
} from './power.js';
import { isSentOnce, lacksTools, proves, verifiedEnd, type MachineReading } from './power-verbs.js';

/** What went wrong with a call or a look, in the provider's words. */
export type Fault = { readonly code: string; readonly detail: string };

/** A look at a provider: what was read, or why nothing was. */
export type Look =
  { readonly is: 'read'; readonly reading: MachineReading } | { readonly is: 'failed'; readonly fault: Fault };

/** A step's end that says nothing but that it ended. */
export const blank = {
  ...{ code: null, detail: null, nextAttemptAt: null },
  ...{ power: null, tools: null, observedAt: null, bootAt: null },
} as const;

/** A look, kept. */
export const looked = ({ op, looks, phase }: OpenOperation, look: Look): readonly LookFinished[] => {
  const about = { type: 'StepFinished', op, step: 'verify', attempt: looks + 1, ...blank } as const;
  if (look.is === 'failed') return [{ ...about, outcome: 'failed', ...look.fault }];
  const { power, tools, observedAt, bootAt, uptimeSeconds, lastKnown, run, n } = look.reading;
  const more = {
    ...(uptimeSeconds !== null && { uptimeSeconds }),
    ...(lastKnown && { lastKnown: lastKnown.power }),
  };
  const read = { ...about, outcome: 'succeeded', power, tools, observedAt, bootAt, ...more, run, n } as const;
  return phase.is === 'waiting'
    ? [{ ...read, step: 'wait-tools', attempt: 1, outcome: toolsRun(tools) ? 'succeeded' : 'failed' }]
    : [read];
};

/** What was observed last within the operation: what was seen before it is not. */
const lastObserved = ({ findings }: OpenOperation, look: Look) => {
  if (look.is === 'read' && look.reading.power !== 'unknown') return look.reading.power;
  return findings.is === 'read' ? findings.power : 'unknown';
};

/** An attempt that nobody saw the end of: whoever made it is gone. */
export const abandoned = (power: OpenOperation, until: Instant | null): readonly StepFinished[] => {
  const { phase, op } = power;
  if (phase.is !== 'started' || phase.epoch >= power.epoch) return [];
  const { step, attempt } = phase;
  const why = {
    outcome: 'unknown',
    code: 'holder_lost',
    detail: 'Whoever made the call ended before its answer was recorded.',
  } as const;
  return [{ type: 'StepFinished', op, step, attempt, ...blank, ...why, nextAttemptAt: until }];
};

/** What came of a call: the provider took it; surely not; nobody knows. `nextAttemptAt`: nothing is decided before. */
export type CallOutcome =
  | { readonly outcome: 'succeeded'; readonly task?: string }
  | { readonly outcome: 'failed' | 'unknown'; readonly fault: Fault; readonly nextAttemptAt: Instant | null };

/** `durationSeconds`: since it was requested, for the fact that ends it. */
type By = { readonly op: number; readonly epoch: number; readonly durationSeconds?: number };

/** Why a step is forced where that was not what was asked for; `code`: how the guest's step failed. */
export type Escalation =
  { readonly cause?: never; readonly code?: never } | { readonly cause: Cause; readonly code?: string };

/** What the policy reports of the open operation. `reading` is a fresh look. */
export type WorkReport = By &
  (
    | { readonly type: 'TakeLease'; readonly holder: WorkerId }
    | { readonly type: 'Refuse'; readonly reading: MachineReading; readonly code: string; readonly detail: string }
    | ({ readonly type: 'StartStep'; readonly reading: MachineReading; step: Call; attempt: number } & Escalation)
    | ({ readonly type: 'FinishStep'; readonly step: Call; readonly attempt: number } & CallOutcome)
    | { readonly type: 'Note'; readonly look: Look }
    | { readonly type: 'Abandon'; readonly until: Instant | null }
    | { readonly type: 'AwaitTools'; readonly reading: MachineReading }
    | { readonly type: 'Confirm'; readonly reading: MachineReading; readonly durationSeconds: number }
    | { readonly type: 'Fail'; readonly look: Look; readonly fault: Fault }
    | { readonly type: 'CallOff'; readonly look: Look }
    | { readonly type: 'RunOut'; readonly look: Look }
    | { readonly type: 'GiveUp'; readonly look: Look }
  );

/** The policy reports. */
export type WorkCommand = { readonly type: 'Work'; readonly report: WorkReport };

/** What a look at the last operation found, whose outcome was unknown. */
export type SettleCommand = {
  readonly type: 'Settle';
  readonly op: number;
  readonly reading: MachineReading;
  readonly durationSeconds: number;
};

type Report<Type> = Extract<WorkReport, { type: Type }>;
type Facts = readonly PowerFact[];

/**
 * Which attempt of a step may begin now; null when none may. The next one of the same step, force after the guest was
 * asked, or the guest after force that was surely not taken. Never two calls that may both have been taken where no state
 * shows it, and never a step that somebody else is at.
 */
const attemptOf = (power: OpenOperation, step: Call): number | null => {
  const { phase, request, epoch, cancelling } = power;
  if (cancelling) return null;
  const next = attemptNumber(power, step);
  if (phase.is === 'requested') return next;
  const forces = phase.step === 'graceful' && step === 'forced' && 'mode' in request && request.mode === 'trySoft';
  const asks = phase.step === 'forced' && asksAfterAll(power, step);
  const harder = forces ? next : null;
  const again = phase.step === step ? next : harder;
  const once = isSentOnce(request);
  switch (phase.is) {
    case 'rejected':
      return asks ? next : again;
    case 'unclear':
      return once ? null : again;
    case 'started': // left by whoever lost the lease
      return once || phase.epoch >= epoch ? null : again;
    case 'sent':
      return once ? null : harder;
    case 'waiting':
      return null;
    default:
      return assertNever(phase);
  }
};

/** The intent. No fact means the step is not yours: another worker began it, it was called off, or all is over. */
const startStep = (
  power: OpenOperation,
  { op, step, attempt, epoch, reading, cause, code }: Report<'StartStep'>,
): Facts => {
  if (attempt !== attemptOf(power, step)) return [];
  const escalated: Facts = cause ? [{ type: 'PowerOffEscalated', op, cause, code: code ?? null }] : [];
  return [
    ...abandoned(power, null),
    ...looked(power, { is: 'read', reading }),
    ...escalated,
    { type: 'StepStarted', op, step, attempt, epoch },
  ];
};

/** What came of the call, once, from whoever made it. */
const finishStep = ({ phase }: OpenOperation, report: Report<'FinishStep'>): Facts => {
  const { op, step, attempt, epoch } = report;
  if (phase.is !== 'started' || phase.step !== step || phase.attempt !== attempt || phase.epoch !== epoch) return [];
  const finished = { type: 'StepFinished', op, step, attempt, ...blank } as const;
  if (report.outcome === 'succeeded') {
    const { outcome, task } = report;
    return [{ ...finished, outcome, ...(task !== undefined && { task }) }];
  }
  const { outcome, fault, nextAttemptAt } = report;
  return [{ ...finished, outcome, ...fault, nextAttemptAt }];
};

const awaitTools = (power: OpenOperation, { op, epoch, reading }: Report<'AwaitTools'>): Facts =>
  power.phase.is !== 'waiting' && lacksTools(power, reading)
    ? [
        ...abandoned(power, null),
        ...looked(power, { is: 'read', reading }),
        { type: 'StepStarted', op, step: 'wait-tools', attempt: 1, epoch },
      ]
    : [];

/** The wanted state is a fact when it was read. */
export const confirmed = (
  power: OpenOperation,
  { op, reading, durationSeconds }: Omit<Report<'Confirm'>, 'type' | 'epoch'>,
): Facts => {
  if (!proves(power, reading)) return [];
  const look = looked(power, { is: 'read', reading });
  return [...abandoned(power, null), ...look, verifiedEnd(power, op, reading, durationSeconds)];
};

/** Time is up: expired where the state can be read now, else unknown. */
const runOut = (power: OpenOperation, { op, look }: Report<'RunOut'>): Facts => {
  const isKnown = look.is === 'read' && look.reading.power !== 'unknown';
  const type = isKnown ? 'PowerOperationExpired' : 'PowerOperationUnknown';
  return [...abandoned(power, null), ...looked(power, look), { type, op, lastObserved: lastObserved(power, look) }];
};

/** Whether a look says something that the next decision rests on: gone, there again, or tools that stopped. */
export const isNews = ({ absent, request, phase }: OpenOperation, look: Look) => {
  if (look.is === 'failed') return look.fault.code === 'not_found' && !absent;
  const restarts = request.kind === 'restart' && (phase.is === 'sent' || phase.is === 'unclear');
  return absent || (restarts && phase.step === 'graceful' && !phase.toolsAway && toolsStopped(look.reading.tools));
};

/** Whether somebody is at a step now, and will say what came of it. */
const isBusy = ({ phase, epoch }: OpenOperation) => phase.is === 'started' && phase.epoch >= epoch;

/** What is called off: what would have been sent next, or the wait. */
const calledOff = ({ phase, request }: OpenOperation) => {
  switch (phase.is) {
    case 'requested':
      return 'verify';
    case 'waiting':
      return 'wait-tools';
    case 'rejected':
      return phase.step;
    case 'started':
    case 'sent':
    case 'unclear':
      return request.kind === 'power-off' && request.gracefulUntil !== null ? 'forced' : phase.step;
    default:
      return assertNever(phase);
  }
};

/** How long an operation took is said where it ends without a verdict; a verdict says it already. */
const timed = (facts: Facts, { durationSeconds }: Pick<By, 'durationSeconds'>): Facts =>
  durationSeconds === undefined
    ? facts
    : facts.map((fact) => (fact.type.startsWith('PowerOperation') ? { ...fact, durationSeconds } : fact));

/** The end of an operation that was called off. A guest that was asked before cannot be told to forget it. */
export const cancelled = (power: OpenOperation, cancelledAt?: Instant): PowerFact => ({
  ...{ type: 'PowerOperationCancelled', op: power.op, step: calledOff(power) },
  ...(cancelledAt !== undefined && { cancelledAt }),
  ...(lastCall(power) === 'graceful' && { guestAsked: true }),
});

/**
 * What no state shows stays unknown without evidence: that a machine runs says nothing of a restart. The others are told by
 * the state, if it can be read.
 */
export const settle = (power: Power, { op, reading, ...took }: SettleCommand): Facts => {
  if (power.is === 'open' || power.op !== op || !power.lastUnknown) return [];
  const { lastUnknown } = power;
  const verified = confirmed(lastUnknown, { op, reading, ...took });
  if (verified.length > 0) return verified;
  const look = looked(lastUnknown, { is: 'read', reading });
  return isSentOnce(lastUnknown.request) || reading.power === 'unknown'
    ? look
    : [...look, { type: 'PowerOperationExpired', op, lastObserved: reading.power }];
};

/** The rules of the work: it refuses nothing; what comes twice, too late or from a lost lease adds nothing. */
const workOn = (power: OpenOperation, report: WorkReport): Facts => {
  const { op, epoch } = report;
  if (epoch !== power.epoch) return [];
  switch (report.type) {
    case 'TakeLease':
      return [{ type: 'LeaseTaken', op, epoch: epoch + 1, holder: report.holder }];
    case 'Refuse': {
      const { code, detail, reading } = report;
      const refused = { type: 'PowerOperationRefused', op, code, detail } as const;
      const look = looked(power, { is: 'read', reading });
      return isBusy(power) ? [] : [...abandoned(power, null), ...look, refused];
    }
    case 'StartStep':
      return startStep(power, report);
    case 'FinishStep':
      return finishStep(power, report);
    case 'Note':
      return isNews(power, report.look) ? looked(power, report.look) : [];
    case 'Abandon':
      return abandoned(power, report.until);
    case 'AwaitTools':
      return awaitTools(power, report);
    case 'Confirm':
      return confirmed(power, report);
    case 'Fail': {
      const { fault, look } = report;
      const failed = { type: 'PowerOperationFailed', op, ...fault, lastObserved: lastObserved(power, look) } as const;
      return [...abandoned(power, null), ...looked(power, look), failed];
    }
    case 'CallOff': {
      const read = report.look.is === 'read' ? looked(power, report.look) : [];
      return power.cancelling ? [...abandoned(power, null), ...read, cancelled(power)] : [];
    }
    case 'RunOut':
      return runOut(power, report);
    case 'GiveUp': {
      const { look } = report;
      const unknown = { type: 'PowerOperationUnknown', op, lastObserved: lastObserved(power, look) } as const;
      return mayHaveActed(power) ? [...abandoned(power, null), ...looked(power, look), unknown] : [];
    }
    default:
      return assertNever(report);
  }
};

/** What a report adds: nothing where its operation is over. */
export const work = (power: Power, report: WorkReport): Facts =>
  power.is === 'idle' || power.op !== report.op ? [] : timed(workOn(power, report), report);
