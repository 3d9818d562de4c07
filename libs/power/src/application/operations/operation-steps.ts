// How the steps, attempts and readings of one operation grow by its stored events, for the answer of its owner. Pure.
// Never: a verdict; whether an operation succeeded is said by its public events alone.
import type { Evidence, Operation } from '@drover/contracts';
import type { Instant, OperationId } from '@drover/kernel';
import type { OperationWork } from '@drover/operations';
import type { Fault } from '../../domain/power-work.js';
import { isLook, type LookFinished, type StepFinished } from '../../domain/power-step.events.js';
import type { PowerFact } from '../../domain/power.events.js';
import type { PowerVerb } from '../../domain/power-request.events.js';

/** What power alone knows of one of its operations. */
export interface PowerWork extends OperationWork {
  readonly evidence: Evidence;
  /** Why, in the words of whoever asked. */
  readonly reason: string | null;
  /** Null before its request. */
  readonly verb: PowerVerb | null;
  /** The cancelled operation whose guest may still stop the machine. */
  readonly earlier: OperationId | null;
  /** Why the last look found nothing. */
  readonly lastFault: Fault | null;
}

type OperationStep = Operation['steps'][number];

/** A step that is begun again is the same step with one attempt more. */
export const stepBegun = (
  work: PowerWork,
  fact: Extract<PowerFact, { type: 'StepStarted' }>,
  at: Instant,
): PowerWork => {
  const { step: name, attempt } = fact;
  const before = work.steps.find((step) => step.name === name);
  const step: OperationStep = {
    ...{ name, state: 'running', attempts: attempt, startedAt: before?.startedAt ?? at },
    ...{ endedAt: null, nextAttemptAt: null, code: before?.code ?? null },
  };
  const steps = before ? work.steps.map((each) => (each === before ? step : each)) : [...work.steps, step];
  if (name === 'wait-tools') return { ...work, state: 'running', phase: name, steps };
  const tried = {
    step: name,
    attempt,
    startedAt: at,
    endedAt: null,
    outcome: 'running',
    code: null,
    detail: null,
  } as const;
  const attempts = [...work.evidence.attempts, tried];
  const evidence = { ...work.evidence, attempts };
  return { ...work, state: 'running', phase: name, steps, attempts: attempts.length, evidence };
};

/** A look is evidence: what it found, or why it found nothing. */
const withLook = (work: PowerWork, fact: LookFinished): PowerWork => {
  const { evidence } = work;
  if (fact.power === null) {
    const lastFault = { code: fact.code, detail: fact.detail };
    return { ...work, lastFault, evidence: { ...evidence, firstError: evidence.firstError ?? lastFault } };
  }
  const { power, tools, observedAt: at } = fact;
  const observations = [...evidence.observations, { at, power, tools, source: 'provider' as const }];
  const untouched = evidence.attempts.every(({ outcome }) => outcome === 'failed');
  const previousState = untouched && evidence.previousState === 'unknown' ? power : evidence.previousState;
  return { ...work, evidence: { ...evidence, observations, previousState, newState: power } };
};

/** A step came to its end: a look, or a call with what the provider said to it. */
export const stepFinished = (work: PowerWork, fact: StepFinished, at: Instant): PowerWork => {
  const { step: name, outcome: state, attempt, code, detail, nextAttemptAt } = fact;
  const steps = work.steps.map((step): OperationStep =>
    step.name === name ? { ...step, state, endedAt: at, nextAttemptAt, code: code ?? step.code } : step,
  );
  if (isLook(fact)) return withLook({ ...work, steps }, fact);
  const attempts = work.evidence.attempts.map((tried) =>
    tried.step === name && tried.attempt === attempt ? { ...tried, endedAt: at, outcome: state, code, detail } : tried,
  );
  const firstError = work.evidence.firstError ?? (code === null ? null : { code, detail: detail ?? '' });
  const waits = nextAttemptAt !== null && nextAttemptAt > at;
  const evidence = { ...work.evidence, attempts, firstError };
  return { ...work, state: waits ? 'waiting' : 'running', phase: 'verify', steps, evidence };
};

/** A step that runs when its operation ends was done with it, or nobody knows. */
export const stepsClosed = (steps: Operation['steps'], succeeded: boolean): Operation['steps'] =>
  steps.map((step) => (step.state === 'running' ? { ...step, state: succeeded ? 'succeeded' : 'unknown' } : step));
