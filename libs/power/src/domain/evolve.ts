import { recordedOrder } from '@drover/kernel';
import type { PowerFact, Requested, Verdict } from './power.events.js';
import type { StepFinished } from './steps.js';
import {
  lastCall,
  mayHaveActed,
  type Idle,
  type OpenOperation,
  type Past,
  type Phase,
  type Power,
  type Restarted,
  type Stopping,
} from './power.js';
import { isRequest, readRequest } from './power-verbs.js';
import { toolsStopped } from './power-matrix.js';

const pastOf = ({ op, facts, seen, epoch, restarted, stopping, unknownOutcomes }: Power): Past => ({
  op,
  facts,
  seen,
  epoch,
  restarted,
  stopping,
  unknownOutcomes,
});

const opened = (power: Power, fact: Requested): OpenOperation => ({
  is: 'open',
  ...pastOf(power),
  op: fact.op,
  asked: power.facts - 1,
  request: readRequest(fact),
  deadline: fact.deadline,
  bulkId: fact.bulkId,
  holder: null,
  before: null,
  run: null,
  runBefore: null,
  looks: 0,
  absent: false,
  toolsAway: false,
  earlier: fact.type === 'PowerOnRequested' && fact.earlier !== undefined ? power.stopping : null,
  cancelling: false,
  acted: null,
  attempts: {},
  escalated: null,
  phase: { is: 'asked' },
});

const stopsInRestart = ({ request, toolsAway, phase }: OpenOperation, { tools }: StepFinished) =>
  toolsAway ||
  (request.kind === 'restart' &&
    (phase.is === 'sent' || phase.is === 'unclear') &&
    phase.step === 'graceful' &&
    tools !== null &&
    toolsStopped(tools));

/** A look that could not be made is kept as evidence; it says nothing about the machine but that it is gone, if so. */
const looked = (power: OpenOperation, fact: StepFinished): OpenOperation => {
  const { attempt: looks, power: state, tools, observedAt, bootAt, uptimeSeconds = null, code } = fact;
  const after = { ...power, looks, absent: code === 'not_found' };
  if (state === null || tools === null || observedAt === null) return after;
  const before = power.before ?? { power: state, tools, bootAt };
  if (state === 'unknown') return { ...after, before };
  return {
    ...after,
    before,
    seen: { power: state, tools, observedAt, ...recordedOrder(fact) },
    run: { bootAt, uptimeSeconds },
    toolsAway: stopsInRestart(power, fact),
    stopping: state === 'poweredOff' ? null : power.stopping, // the guest did what it was asked
  };
};

const finished = (fact: StepFinished & { step: 'graceful' | 'forced' | 'start' }): Phase => {
  const { step, attempt, outcome, code, detail, nextAttemptAt: until, task = null } = fact;
  if (outcome === 'succeeded') return { is: 'sent', step, attempt, task };
  if (outcome === 'unknown') return { is: 'unclear', step, attempt, until };
  return { is: 'rejected', step, attempt, until, code: code ?? 'provider_error', detail: detail ?? '' };
};

/** A restart that may have been done starts the cool-down like one that was. */
const restartedBy = (power: OpenOperation, fact: Verdict): Restarted | null => {
  if (power.request.kind !== 'restart' || !mayHaveActed(power)) return power.restarted;
  if (fact.type === 'VmRestarted') return { at: fact.observedAt, proven: true };
  const cancelledAt = fact.type === 'PowerOperationCancelled' ? fact.cancelledAt : undefined;
  const at = cancelledAt ?? power.seen?.observedAt;
  return at === undefined ? power.restarted : { at, proven: false };
};

const stoppingAfter = (power: OpenOperation, fact: Verdict): Stopping | null =>
  fact.type === 'PowerOperationCancelled' && power.request.kind === 'power-off' && lastCall(power) === 'graceful'
    ? { op: power.op, asked: power.asked, until: power.deadline, bootAt: power.runBefore?.bootAt ?? null }
    : power.stopping;

const closed = (power: OpenOperation, fact: Verdict): Idle => {
  const past = pastOf(power);
  const unknown = fact.type === 'PowerOperationUnknown';
  return {
    is: 'idle',
    ...past,
    asked: power.asked,
    restarted: restartedBy(power, fact),
    stopping: stoppingAfter(power, fact),
    unknownOutcomes: unknown ? [...past.unknownOutcomes, { op: past.op, marked: null }] : past.unknownOutcomes,
    lastUnknown: unknown ? power : null,
  };
};

/** The last operation ended with nobody knowing how; somebody looked again. */
const settled = (power: Idle, fact: PowerFact): Idle => {
  if (fact.type === 'StepFinished') {
    if (!power.lastUnknown) return power;
    const lastUnknown = looked(power.lastUnknown, fact);
    return { ...power, seen: lastUnknown.seen, lastUnknown };
  }
  const restarted = fact.type === 'VmRestarted' ? { at: fact.observedAt, proven: true } : power.restarted;
  return {
    ...power,
    restarted,
    unknownOutcomes: power.unknownOutcomes.filter(({ op }) => op !== fact.op),
    lastUnknown: null,
  };
};

const marked = (power: Power, { op: of, outcome }: Extract<PowerFact, { type: 'PowerOperationMarked' }>): Power => {
  const unknownOutcomes = power.unknownOutcomes.map((each) => (each.op === of ? { ...each, marked: outcome } : each));
  return power.is === 'idle' && power.op === of
    ? { ...power, unknownOutcomes, lastUnknown: null }
    : { ...power, unknownOutcomes };
};

/** Grows the state by one fact. It trusts history, so it never refuses and never throws. */
export const evolve = (before: Power, fact: PowerFact): Power => {
  const power: Power = { ...before, facts: before.facts + 1 };
  if (isRequest(fact)) return opened(power, fact);
  if (fact.type === 'PowerOperationMarked') return marked(power, fact);
  if (fact.op !== power.op) return power;
  if (power.is === 'idle') return settled(power, fact);
  switch (fact.type) {
    case 'LeaseTaken':
      return { ...power, epoch: fact.epoch, holder: fact.holder };
    case 'CancelRequested':
      return { ...power, cancelling: true };
    case 'StepStarted': {
      const { step, attempt, epoch } = fact;
      if (step !== 'wait-tools')
        return {
          ...{ ...power, phase: { is: 'started', step, attempt, epoch }, runBefore: power.run, toolsAway: false },
          attempts: { ...power.attempts, [step]: attempt },
        };
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
      return { ...power, escalated: fact.cause };
    default:
      return closed(power, fact); // every verdict, and by its type nothing else
  }
};
