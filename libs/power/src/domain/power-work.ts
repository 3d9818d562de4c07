import { assertNever, type Instant } from '@drover/kernel';
import type { PowerFact } from './power.events.js';
import type { Call, Cause, Reading, StepFinished } from './steps.js';
import { asksAfterAll, lastCall, mayHaveActed, nextAttempt, type OpenOperation } from './power.js';
import { toolsRun, toolsStopped, lacksTools } from './power-matrix.js';
import { isSentOnce, proves, verdictOf } from './power-verbs.js';

/** What went wrong with a call or a look, in the provider's words. */
export type Fault = { readonly code: string; readonly detail: string };

/** A step's end that says nothing but that it ended. */
export const blank = {
  code: null,
  detail: null,
  nextAttemptAt: null,
  power: null,
  tools: null,
  observedAt: null,
  bootAt: null,
};

/** A look, kept: what was read, or why nothing was. */
export const looked = (
  { op, looks, phase }: OpenOperation,
  reading: Reading | null,
  fault: Fault | null = null,
): readonly StepFinished[] => {
  if (!reading && !fault) return [];
  const about = { type: 'StepFinished', op, step: 'verify', attempt: looks + 1, ...blank } as const;
  if (!reading) return [{ ...about, outcome: 'failed', ...fault }];
  const { power, tools, observedAt, bootAt, uptimeSeconds, lastKnown, run, n } = reading;
  const more = {
    ...(uptimeSeconds !== null && { uptimeSeconds }),
    ...(lastKnown && { lastKnown: lastKnown.power }),
  };
  const found = { ...about, outcome: 'succeeded', power, tools, observedAt, bootAt, ...more, run, n } as const;
  return phase.is === 'waiting'
    ? [{ ...found, step: 'wait-tools', attempt: 1, outcome: toolsRun(tools) ? 'succeeded' : 'failed' }]
    : [found];
};

/** What was observed last within the operation: what was seen before it is not, and `run` is kept by its own looks only. */
export const last = ({ run, seen }: OpenOperation, reading: Reading | null) => {
  if (reading && reading.power !== 'unknown') return reading.power;
  return run && seen ? seen.power : 'unknown';
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

/** `durationSeconds`: since it was requested, for the fact that ends it. */
type By = { readonly op: number; readonly epoch: number; readonly durationSeconds?: number };

/** What the policy says of the open operation. `reading` is a fresh look. */
export type WorkCommand = By &
  (
    | { readonly type: 'TakeLease'; readonly holder: string }
    | { readonly type: 'Refuse'; readonly reading: Reading; readonly code: string; readonly detail: string }
    | {
        readonly type: 'StartStep';
        readonly reading: Reading;
        readonly step: Call;
        readonly attempt: number;
        readonly cause?: Cause;
        readonly code?: string;
      }
    | {
        readonly type: 'FinishStep';
        readonly step: Call;
        readonly attempt: number;
        readonly outcome: StepFinished['outcome'];
        readonly fault: Fault | null;
        readonly nextAttemptAt: Instant | null;
        readonly task?: string;
      }
    | { readonly type: 'Note'; readonly reading: Reading | null; readonly fault: Fault | null }
    | { readonly type: 'Abandon'; readonly until: Instant | null }
    | { readonly type: 'AwaitTools'; readonly reading: Reading }
    | {
        readonly type: 'Confirm';
        readonly reading: Reading;
        readonly durationSeconds: number;
      }
    | { readonly type: 'Fail'; readonly reading: Reading | null; readonly fault: Fault }
    | { readonly type: 'CallOff'; readonly reading: Reading | null }
    | { readonly type: 'RunOut'; readonly reading: Reading | null; readonly fault: Fault | null }
    | { readonly type: 'GiveUp'; readonly reading: Reading | null; readonly fault: Fault | null }
  );

type Command<Type> = Extract<WorkCommand, { type: Type }>;
type Facts = readonly PowerFact[];

/**
 * Which attempt of a step may begin now; null when none may. The next one of the same step, force after the guest was
 * asked, or the guest after force that was surely not taken. Never two calls that may both have been taken where no state
 * shows it, and never
 * a step that somebody else is at.
 */
const attemptOf = (power: OpenOperation, step: Call): number | null => {
  const { phase, request, epoch, cancelling } = power;
  if (cancelling) return null;
  const next = nextAttempt(power, step);
  if (phase.is === 'asked') return next;
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
  { op, step, attempt, epoch, reading, cause, code }: Command<'StartStep'>,
): Facts => {
  if (attempt !== attemptOf(power, step)) return [];
  const escalated: Facts = cause ? [{ type: 'PowerOffEscalated', op, cause, code: code ?? null }] : [];
  return [
    ...abandoned(power, null),
    ...looked(power, reading),
    ...escalated,
    { type: 'StepStarted', op, step, attempt, epoch },
  ];
};

/** What came of the call: the provider took it, refused it, or nobody knows. */
const finishStep = (
  { phase }: OpenOperation,
  { op, step, attempt, epoch, outcome, fault, nextAttemptAt, task }: Command<'FinishStep'>,
): Facts => {
  if (phase.is !== 'started' || phase.step !== step || phase.attempt !== attempt || phase.epoch !== epoch) return [];
  const named = task === undefined ? {} : { task };
  return [{ type: 'StepFinished', op, step, attempt, ...blank, outcome, ...fault, nextAttemptAt, ...named }];
};

const awaitTools = (power: OpenOperation, { op, epoch, reading }: Command<'AwaitTools'>): Facts =>
  power.phase.is !== 'waiting' && lacksTools(power, reading)
    ? [
        ...abandoned(power, null),
        ...looked(power, reading),
        { type: 'StepStarted', op, step: 'wait-tools', attempt: 1, epoch },
      ]
    : [];

/** The wanted state is a fact when it was read. */
export const confirmed = (
  power: OpenOperation,
  { op, reading, durationSeconds }: Omit<Command<'Confirm'>, 'type' | 'epoch'>,
): Facts => {
  if (!proves(power, reading)) return [];
  return [...abandoned(power, null), ...looked(power, reading), verdictOf(power, op, reading, durationSeconds)];
};

/** Time is up: expired where the state can be read now, else unknown. */
const runOut = (power: OpenOperation, { op, reading, fault }: Command<'RunOut'>): Facts => [
  ...abandoned(power, null),
  ...looked(power, reading, fault),
  {
    type: reading && reading.power !== 'unknown' ? 'PowerOperationExpired' : 'PowerOperationUnknown',
    op,
    lastObserved: last(power, reading),
  },
];

/** Whether a look says something that the next decision rests on: gone, there again, or tools that stopped. */
export const isNews = (
  { absent, toolsAway, request, phase }: OpenOperation,
  reading: Reading | null,
  fault: Fault | null,
) => {
  if (!reading) return fault?.code === 'not_found' && !absent;
  const restarts = request.kind === 'restart' && (phase.is === 'sent' || phase.is === 'unclear');
  return absent || (restarts && phase.step === 'graceful' && !toolsAway && toolsStopped(reading.tools));
};

/** Whether somebody is at a step now, and will say what came of it. */
const isBusy = ({ phase, epoch }: OpenOperation) => phase.is === 'started' && phase.epoch >= epoch;

/** What is called off: what would have been sent next, or the wait. */
const calledOff = ({ phase, request }: OpenOperation) => {
  switch (phase.is) {
    case 'asked':
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
export const timed = (facts: Facts, { durationSeconds }: Pick<By, 'durationSeconds'>): Facts =>
  durationSeconds === undefined
    ? facts
    : facts.map((fact) => (fact.type.startsWith('PowerOperation') ? { ...fact, durationSeconds } : fact));

/** The end of an operation that was called off. A guest that was asked before cannot be told to forget it. */
export const cancelled = (power: OpenOperation, cancelledAt?: Instant): PowerFact => ({
  ...{ type: 'PowerOperationCancelled', op: power.op, step: calledOff(power) },
  ...(cancelledAt !== undefined && { cancelledAt }),
  ...(lastCall(power) === 'graceful' && { guestAsked: true }),
});

/** The rules of the work: it refuses nothing; what comes twice, too late or from a lost lease adds nothing. */
export const workOn = (power: OpenOperation, command: WorkCommand): Facts => {
  const { op, epoch } = command;
  if (epoch !== power.epoch) return [];
  switch (command.type) {
    case 'TakeLease':
      return [{ type: 'LeaseTaken', op, epoch: epoch + 1, holder: command.holder }];
    case 'Refuse': {
      const { code, detail, reading } = command;
      return isBusy(power)
        ? []
        : [...abandoned(power, null), ...looked(power, reading), { type: 'PowerOperationRefused', op, code, detail }];
    }
    case 'StartStep':
      return startStep(power, command);
    case 'FinishStep':
      return finishStep(power, command);
    case 'Note':
      return isNews(power, command.reading, command.fault) ? looked(power, command.reading, command.fault) : [];
    case 'Abandon':
      return abandoned(power, command.until);
    case 'AwaitTools':
      return awaitTools(power, command);
    case 'Confirm':
      return confirmed(power, command);
    case 'Fail': {
      const { fault, reading } = command;
      const lastObserved = last(power, reading);
      return [
        ...abandoned(power, null),
        ...looked(power, reading, reading ? null : fault),
        { type: 'PowerOperationFailed', op, ...fault, lastObserved },
      ];
    }
    case 'CallOff':
      return power.cancelling ? [...abandoned(power, null), ...looked(power, command.reading), cancelled(power)] : [];
    case 'RunOut':
      return runOut(power, command);
    case 'GiveUp':
      return mayHaveActed(power)
        ? [
            ...abandoned(power, null),
            ...looked(power, command.reading, command.fault),
            { type: 'PowerOperationUnknown', op, lastObserved: last(power, command.reading) },
          ]
        : [];
    default:
      return assertNever(command);
  }
};
