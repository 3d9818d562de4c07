import { never, type Instant } from '@drover/kernel';
import { mayHaveActed } from '../evolve.js';
import type { Call, Cause, PowerFact, Reading, StepFinished, Verdict } from '../power.events.js';
import type { Open } from '../power.js';
import { lacksTools, proves } from '../proof.js';
import { abandoned, blank, last, looked, type Fault } from './work-facts.js';

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
      }
    | { readonly type: 'Abandon'; readonly until: Instant | null }
    | { readonly type: 'AwaitTools'; readonly reading: Reading }
    | {
        readonly type: 'Confirm';
        readonly reading: Reading;
        readonly requestedAt: Instant;
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
 * Which attempt of a step may begin now; null when none may. The next one of the same step, or force after the guest was
 * asked. Never two restarts that may both have been taken, and never a step that somebody else is at.
 */
const attemptOf = ({ phase, wish, epoch, cancelling }: Open, step: Call): number | null => {
  if (cancelling) return null;
  if (phase.is === 'asked') return 1;
  const forces = phase.step === 'graceful' && step === 'forced' && 'mode' in wish && wish.mode === 'trySoft';
  const harder = forces ? 1 : null;
  const again = phase.step === step ? phase.attempt + 1 : harder;
  const once = wish.kind === 'restart';
  switch (phase.is) {
    case 'rejected':
      return again;
    case 'unclear':
      return once ? null : again;
    case 'started': // left by whoever lost the lease
      return once || phase.epoch >= epoch ? null : again;
    case 'sent':
      return once ? null : harder;
    case 'waiting':
      return null;
    default:
      return never(phase);
  }
};

/** The intent. No fact means the step is not yours: another worker began it, it was called off, or all is over. */
const startStep = (power: Open, { op, step, attempt, epoch, reading, cause, code }: Command<'StartStep'>): Facts => {
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
  { phase }: Open,
  { op, step, attempt, epoch, outcome, fault, nextAttemptAt }: Command<'FinishStep'>,
): Facts => {
  if (phase.is !== 'started' || phase.step !== step || phase.attempt !== attempt || phase.epoch !== epoch) return [];
  return [{ type: 'StepFinished', op, step, attempt, ...blank, outcome, ...fault, nextAttemptAt }];
};

const awaitTools = (power: Open, { op, epoch, reading }: Command<'AwaitTools'>): Facts =>
  power.phase.is !== 'waiting' && lacksTools(power, reading)
    ? [
        ...abandoned(power, null),
        ...looked(power, reading),
        { type: 'StepStarted', op, step: 'wait-tools', attempt: 1, epoch },
      ]
    : [];

/** The wanted state is a fact when it was read. */
export const confirmed = (
  power: Open,
  { op, reading, requestedAt, durationSeconds }: Omit<Command<'Confirm'>, 'type' | 'epoch'>,
): Facts => {
  if (!proves(power, reading, requestedAt)) return [];
  const { wish } = power;
  const acted = power.phase.is === 'started' ? power.phase.step : power.acted;
  const { observedAt, tools, run, n } = reading;
  const done = { op, durationSeconds, observedAt, run, n };
  const previousState = power.before?.power ?? reading.power;
  const way = acted === 'graceful' ? 'graceful' : 'forced';
  const verdicts = {
    'power-off': { type: 'VmPoweredOff', ...done, method: acted === null ? 'already-off' : way, previousState },
    'power-on': { type: 'VmPoweredOn', ...done, previousState, tools },
    restart: { type: 'VmRestarted', ...done, method: way },
  } satisfies Record<string, Verdict>;
  return [...abandoned(power, null), ...looked(power, reading), verdicts[wish.kind]];
};

/** Time is up: expired where the state can be read, else unknown. */
const runOut = (power: Open, { op, reading, fault }: Command<'RunOut'>): Facts => [
  ...abandoned(power, null),
  ...looked(power, reading, fault),
  { type: reading ? 'PowerOperationExpired' : 'PowerOperationUnknown', op, lastObserved: last(power, reading) },
];

/** What is called off: what would have been sent next, or the wait. */
const calledOff = ({ phase }: Open) => {
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
      return 'forced';
    default:
      return never(phase);
  }
};

/** How long an operation took is said where it ends without a verdict; a verdict says it already. */
export const timed = (facts: Facts, { durationSeconds }: Pick<By, 'durationSeconds'>): Facts =>
  durationSeconds === undefined
    ? facts
    : facts.map((fact) => (fact.type.startsWith('PowerOperation') ? { ...fact, durationSeconds } : fact));

/** The rules of the work: it refuses nothing; what comes twice, too late or from a lost lease adds nothing. */
export const workOn = (power: Open, command: WorkCommand): Facts => {
  const { op, epoch } = command;
  if (epoch !== power.epoch) return [];
  switch (command.type) {
    case 'TakeLease':
      return [{ type: 'LeaseTaken', op, epoch: epoch + 1, holder: command.holder }];
    case 'Refuse': {
      const { code, detail, reading } = command;
      return power.phase.is === 'asked'
        ? [...looked(power, reading), { type: 'PowerOperationRefused', op, code, detail }]
        : [];
    }
    case 'StartStep':
      return startStep(power, command);
    case 'FinishStep':
      return finishStep(power, command);
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
        ...looked(power, reading, reading ? null : fault),
        { type: 'PowerOperationFailed', op, ...fault, lastObserved },
      ];
    }
    case 'CallOff':
      return power.cancelling
        ? [...looked(power, command.reading), { type: 'PowerOperationCancelled', op, step: calledOff(power) }]
        : [];
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
      return never(command);
  }
};
