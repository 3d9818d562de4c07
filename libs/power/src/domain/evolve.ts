import { never, recordedOrder, type Instant } from '@drover/kernel';
import type { PowerFact, Requested, StepFinished, Verdict } from './power.events.js';
import type { Idle, Open, Past, Phase, Power, Wish } from './power.js';

const pastOf = ({ op, facts, seen, epoch, restartedAt, doubts }: Power): Past => ({
  op,
  facts,
  seen,
  epoch,
  restartedAt,
  doubts,
});

const wishOf = (fact: Requested): Wish => {
  switch (fact.type) {
    case 'PowerOffRequested':
      return { kind: 'power-off', mode: fact.mode, gracefulUntil: fact.gracefulUntil };
    case 'PowerOnRequested':
      return { kind: 'power-on', waitForTools: fact.waitForTools };
    case 'RestartRequested':
      return { kind: 'restart', mode: fact.mode };
    default:
      return never(fact);
  }
};

const opened = (power: Power, fact: Requested): Open => ({
  is: 'open',
  ...pastOf(power),
  op: fact.op,
  asked: power.facts - 1,
  wish: wishOf(fact),
  deadline: fact.deadline,
  bulkId: fact.bulkId,
  holder: null,
  before: null,
  looks: 0,
  cancelling: false,
  acted: null,
  phase: { is: 'asked' },
});

/** A look that could not be made is kept as evidence; it says nothing about the machine. */
const looked = (power: Open, { attempt, power: state, tools, observedAt, bootAt, ...read }: StepFinished): Open => {
  if (state === null || tools === null || observedAt === null) return { ...power, looks: attempt };
  const before = power.before ?? { power: state, tools, bootAt };
  return { ...power, seen: { power: state, tools, observedAt, ...recordedOrder(read) }, before, looks: attempt };
};

const finished = (fact: StepFinished & { step: 'graceful' | 'forced' | 'start' }): Phase => {
  const { step, attempt, outcome, code, detail, nextAttemptAt: until } = fact;
  if (outcome === 'succeeded') return { is: 'sent', step, attempt };
  if (outcome === 'unknown') return { is: 'unclear', step, attempt, until };
  return { is: 'rejected', step, attempt, until, code: code ?? 'provider_error', detail: detail ?? '' };
};

/** Whether a call of the operation was taken, or may have been. */
export const mayHaveActed = ({ acted, phase }: Open) => acted !== null || phase.is === 'started';

const closed = (power: Open, fact: Verdict): Idle => {
  const past = pastOf(power);
  // A restart that may have been done starts the cool-down like one that was.
  const restartedAt: Instant | null =
    power.wish.kind === 'restart' && mayHaveActed(power)
      ? (power.seen?.observedAt ?? past.restartedAt)
      : past.restartedAt;
  const unknown = fact.type === 'PowerOperationUnknown';
  const doubts = unknown ? [...past.doubts, { op: past.op, marked: null }] : past.doubts;
  return { is: 'idle', ...past, asked: power.asked, restartedAt, doubts, unread: unknown ? power : null };
};

/** The last operation ended with nobody knowing how; somebody looked again. */
const settled = (power: Idle, fact: PowerFact): Idle => {
  if (fact.type === 'StepFinished') {
    if (!power.unread) return power;
    const unread = looked(power.unread, fact);
    return { ...power, seen: unread.seen, unread };
  }
  return { ...power, doubts: power.doubts.filter(({ op }) => op !== fact.op), unread: null };
};

const marked = (power: Power, { op: of, outcome }: Extract<PowerFact, { type: 'PowerOperationMarked' }>): Power => {
  const doubts = power.doubts.map((each) => (each.op === of ? { ...each, marked: outcome } : each));
  return power.is === 'idle' && power.op === of ? { ...power, doubts, unread: null } : { ...power, doubts };
};

/** Grows the state by one fact. It trusts history, so it never refuses and never throws. */
export const evolve = (before: Power, fact: PowerFact): Power => {
  const power: Power = { ...before, facts: before.facts + 1 };
  switch (fact.type) {
    case 'PowerOffRequested':
    case 'PowerOnRequested':
    case 'RestartRequested':
      return opened(power, fact);
    case 'PowerOperationMarked':
      return marked(power, fact);
    default:
  }
  if (fact.op !== power.op) return power;
  if (power.is === 'idle') return settled(power, fact);
  switch (fact.type) {
    case 'LeaseTaken':
      return { ...power, epoch: fact.epoch, holder: fact.holder };
    case 'CancelRequested':
      return { ...power, cancelling: true };
    case 'StepStarted': {
      const { step, attempt, epoch } = fact;
      if (step !== 'wait-tools') return { ...power, phase: { is: 'started', step, attempt, epoch } };
      return {
        ...power,
        phase: { is: 'waiting', step: 'start', attempt: power.phase.is === 'asked' ? 0 : power.phase.attempt },
      };
    }
    case 'StepFinished': {
      const { step } = fact;
      if (step === 'verify' || step === 'wait-tools')
        return looked(power, step === 'verify' ? fact : { ...fact, attempt: power.looks });
      return { ...power, acted: fact.outcome === 'failed' ? power.acted : step, phase: finished({ ...fact, step }) };
    }
    case 'PowerOffEscalated':
      return power;
    case 'VmPoweredOff':
    case 'VmPoweredOn':
    case 'VmRestarted':
    case 'PowerOperationRefused':
    case 'PowerOperationFailed':
    case 'PowerOperationExpired':
    case 'PowerOperationUnknown':
    case 'PowerOperationCancelled':
      return closed(power, fact);
    default:
      return never(fact);
  }
};
