import {
  NO_PROGRESS,
  operationLinks,
  problemInside,
  type Evidence,
  type Operation,
  type OperationState,
} from '@drover/contracts';
import { BulkId, Instant, OperationId, type PowerState } from '@drover/kernel';
import type { Commit, CommitMetadata } from '@drover/ports';
import { bulkOperation } from '../../domain/bulk.decider.js';
import type { Fault } from '../../domain/decide/work-facts.js';
import type { PowerFact, Requested, StepFinished } from '../../domain/power.events.js';
import { vmOf } from '../../domain/power.js';

type Step = Operation['steps'][number];
/** The view while it grows: with why the last look found nothing. */
type View = Operation & { readonly evidence: Evidence; readonly unread: Fault | null };

const KINDS = {
  PowerOffRequested: 'vm.power-off',
  PowerOnRequested: 'vm.power-on',
  RestartRequested: 'vm.restart',
} as const;

const earlierOf = (id: OperationId, op: number) => OperationId.of('power', OperationId.stream(id), op);

const asked = (id: OperationId, fact: Requested, { at, actor, reason }: CommitMetadata): View => {
  const vmId = vmOf(OperationId.stream(id));
  return {
    id,
    kind: KINDS[fact.type],
    target: { type: 'vm', id: vmId, name: vmId },
    parent: fact.bulkId === null ? null : bulkOperation(BulkId.parse(fact.bulkId)),
    state: 'queued',
    phase: null,
    steps: [],
    progress: NO_PROGRESS,
    condition: null,
    conditionSince: null,
    attempts: 0,
    deadline: fact.deadline,
    reason: reason ?? null,
    requestedBy: actor,
    requestedAt: at,
    endedAt: null,
    items: null,
    evidence: {
      method: null,
      previousState: 'unknown',
      newState: 'unknown',
      attempts: [],
      observations: [],
      firstError: null,
      escalation: null,
      durationSeconds: null,
      verifiedAt: null,
      ...(fact.type === 'PowerOnRequested' && fact.earlier !== undefined && { earlier: earlierOf(id, fact.earlier) }),
    },
    result: null,
    error: null,
    nextActions: ['cancel'],
    links: operationLinks(id, `/api/v1/vms/${vmId}`, true),
    unread: null,
  };
};

/** A step that is begun again is the same step with one attempt more. */
const begun = (view: View, fact: Extract<PowerFact, { type: 'StepStarted' }>, at: Instant): View => {
  const { step: name, attempt } = fact;
  const before = view.steps.find((step) => step.name === name);
  const step: Step = {
    name,
    state: 'running',
    attempts: attempt,
    startedAt: before?.startedAt ?? at,
    endedAt: null,
    nextAttemptAt: null,
    code: before?.code ?? null,
  };
  const steps = before ? view.steps.map((each) => (each === before ? step : each)) : [...view.steps, step];
  if (name === 'wait-tools') return { ...view, state: 'running', phase: name, steps };
  const tried = {
    step: name,
    attempt,
    startedAt: at,
    endedAt: null,
    outcome: 'running',
    code: null,
    detail: null,
  } as const;
  const attempts = [...view.evidence.attempts, tried];
  return {
    ...view,
    state: 'running',
    phase: name,
    steps,
    attempts: attempts.length,
    evidence: { ...view.evidence, attempts },
  };
};

/** A look is evidence: what it found, or why it found nothing. */
const looked = (view: View, fact: StepFinished): View => {
  const { evidence } = view;
  const { power, tools, observedAt: at, code, detail } = fact;
  if (power === null || tools === null || at === null) {
    const unread = { code: code ?? 'provider_error', detail: detail ?? '' };
    return { ...view, unread, evidence: { ...evidence, firstError: evidence.firstError ?? unread } };
  }
  const observations = [...evidence.observations, { at, power, tools, source: 'provider' as const }];
  const untouched = evidence.attempts.every(({ outcome }) => outcome === 'failed');
  const previousState = untouched && evidence.previousState === 'unknown' ? power : evidence.previousState;
  return { ...view, evidence: { ...evidence, observations, previousState, newState: power } };
};

const finished = (view: View, fact: StepFinished, at: Instant): View => {
  const { step: name, outcome: state, attempt, code, detail, nextAttemptAt } = fact;
  const steps = view.steps.map((step): Step =>
    step.name === name ? { ...step, state, endedAt: at, nextAttemptAt, code: code ?? step.code } : step,
  );
  if (name === 'verify' || name === 'wait-tools') return looked({ ...view, steps }, fact);
  const attempts = view.evidence.attempts.map((tried) =>
    tried.step === name && tried.attempt === attempt ? { ...tried, endedAt: at, outcome: state, code, detail } : tried,
  );
  const firstError = view.evidence.firstError ?? (code === null ? null : { code, detail: detail ?? '' });
  const waits = nextAttemptAt !== null && nextAttemptAt > at;
  return {
    ...view,
    state: waits ? 'waiting' : 'running',
    phase: 'verify',
    steps,
    evidence: { ...view.evidence, attempts, firstError },
  };
};

interface End {
  readonly state: OperationState;
  readonly at: Instant;
  readonly evidence?: Partial<Evidence>;
  readonly error?: Operation['error'];
}

/** How long it took, where the fact that ended it says so; else the time of day is all there is. */
const took = ({ durationSeconds }: { readonly durationSeconds?: number }): Partial<Evidence> =>
  durationSeconds === undefined ? {} : { durationSeconds };

const ended = (view: View, { state, at, evidence = {}, error = null }: End): View => ({
  ...view,
  state,
  phase: null,
  endedAt: view.endedAt ?? at,
  error,
  steps: view.steps.map((step) =>
    step.state === 'running' ? { ...step, state: state === 'succeeded' ? 'succeeded' : 'unknown' } : step,
  ),
  evidence: { ...view.evidence, durationSeconds: Instant.wholeSeconds(view.requestedAt, at), ...evidence },
  result: state === 'succeeded' ? { outcome: 'completed' } : null,
  nextActions: state === 'succeeded' ? [] : state === 'unknown' ? ['check', 'mark', 'run-again'] : ['run-again'],
  links: { ...view.links, cancel: null },
});

/** How it was read last, as the beginning of a sentence. */
export const lastRead = (state: PowerState) =>
  state === 'unknown' ? 'It was not read while the operation ran' : `It was last read as ${state}`;

/** The first error, for an end that is none itself: a time-out. */
export const firstErrorOf = ({ firstError }: Pick<Evidence, 'firstError'>) => {
  if (!firstError) return '';
  const { code, detail } = firstError;
  return detail === '' ? ` The first error: ${code}.` : ` The first error: ${code}: ${detail}`;
};

const sentence = (view: View, lastObserved: PowerState) => {
  const tools = view.evidence.observations.at(-1)?.tools ?? 'unknown';
  const read = lastRead(lastObserved);
  const { earlier } = view.evidence;
  if (earlier !== undefined && lastObserved === 'poweredOn' && view.attempts === 0)
    return `The machine is on, and nothing was sent; its guest may still stop, as ${earlier} asked it to.`;
  if (view.kind === 'vm.power-on' && lastObserved === 'poweredOn')
    return `The machine is on (new_state=poweredOn, tools_status=${tools}); its guest tools did not come in time.`;
  return view.attempts === 0 ? `${read}. Nothing was sent.` : `${read}.`;
};

/** A guest that was asked cannot be told to forget it. */
const stillAsked = ({ kind, evidence }: View): Partial<Evidence> => {
  const asking = evidence.attempts.findLast(({ step, outcome }) => step === 'graceful' && outcome !== 'failed');
  if (!asking) return {};
  const what = kind === 'vm.restart' ? 'restart' : 'stop';
  const note = `The guest was asked to ${what} at ${asking.startedAt} and may still do so.`;
  return { guestAskedAt: asking.startedAt, note };
};

/** What was read before; where the verdict does not know, the first look that could be made before anything was sent. */
const previousOf = ({ previousState }: { readonly previousState: PowerState }, { evidence }: View) =>
  previousState === 'unknown' ? evidence.previousState : previousState;

/** Grows the client's view of an operation by one of its facts. Who asked comes from the commit, not the fact. */
const grow = (id: OperationId, view: View | null, fact: PowerFact, metadata: CommitMetadata): View | null => {
  const { at } = metadata;
  switch (fact.type) {
    case 'PowerOffRequested':
    case 'PowerOnRequested':
    case 'RestartRequested':
      return asked(id, fact, metadata);
    default:
  }
  if (!view) return null;
  switch (fact.type) {
    case 'LeaseTaken':
      return { ...view, state: 'running', phase: view.phase ?? 'verify' };
    case 'CancelRequested':
      return { ...view, nextActions: [], links: { ...view.links, cancel: null } };
    case 'StepStarted':
      return begun(view, fact, at);
    case 'StepFinished':
      return finished(view, fact, at);
    case 'PowerOffEscalated':
      return { ...view, evidence: { ...view.evidence, escalation: fact.cause } };
    case 'VmPoweredOff': {
      const { method, durationSeconds, observedAt: verifiedAt } = fact;
      const previousState = previousOf(fact, view);
      const evidence = { method, previousState, newState: 'poweredOff', durationSeconds, verifiedAt } as const;
      return ended(view, { state: 'succeeded', at, evidence });
    }
    case 'VmPoweredOn': {
      const { durationSeconds, observedAt: verifiedAt } = fact;
      const previousState = previousOf(fact, view);
      const method = view.evidence.attempts.some(({ outcome }) => outcome !== 'failed') ? null : 'already-on';
      return ended(view, {
        state: 'succeeded',
        at,
        evidence: { method, previousState, newState: 'poweredOn', durationSeconds, verifiedAt },
      });
    }
    case 'VmRestarted': {
      const { method, durationSeconds, observedAt: verifiedAt, proof } = fact;
      const evidence = { method, newState: 'poweredOn', durationSeconds, verifiedAt, ...(proof && { proof }) } as const;
      return ended(view, { state: 'succeeded', at, evidence });
    }
    case 'PowerOperationRefused':
    case 'PowerOperationFailed':
      return ended(view, { state: 'failed', at, evidence: took(fact), error: problemInside(fact.code, fact.detail) });
    case 'PowerOperationExpired': {
      const detail = `The time-out ended. ${sentence(view, fact.lastObserved)}${firstErrorOf(view.evidence)}`;
      return ended(view, {
        state: 'expired',
        at,
        evidence: { newState: fact.lastObserved, ...took(fact) },
        error: problemInside('operation_timed_out', detail),
      });
    }
    case 'PowerOperationUnknown': {
      const why = view.unread;
      const because = why ? ` ${why.code}: ${why.detail}` : '';
      const detail = `What came of it could not be read. ${sentence(view, fact.lastObserved)}${because}`;
      return ended(view, {
        state: 'unknown',
        at,
        evidence: { newState: 'unknown', ...took(fact) },
        error: problemInside('outcome_unknown', detail),
      });
    }
    case 'PowerOperationCancelled':
      return ended(view, {
        state: 'cancelled',
        at,
        evidence: { ...took(fact), ...(fact.guestAsked && stillAsked(view)) },
      });
    case 'PowerOperationMarked': {
      const { outcome } = fact;
      const error =
        outcome === 'failed' ? problemInside('outcome_unknown', 'A person looked and says that it failed.') : null;
      const marked = ended(view, { state: outcome, at, error });
      return { ...marked, result: outcome === 'succeeded' ? { outcome: 'completed', markedBy: metadata.actor } : null };
    }
  }
};

/** One operation as its own stream tells it; null when nobody asked for it. */
export const operationOf = (id: OperationId, commits: readonly Commit<PowerFact>[]): Operation | null => {
  const grown = commits
    .flatMap(({ facts, metadata }) => facts.map(({ fact }) => ({ fact, metadata })))
    .filter(({ fact }) => fact.op === OperationId.ordinal(id))
    .reduce<View | null>((view, { fact, metadata }) => grow(id, view, fact, metadata), null);
  if (!grown) return null;
  const { unread: _, ...operation } = grown;
  return operation;
};
