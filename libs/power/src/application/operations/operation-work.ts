// What power adds to the record of an operation, a row for each stored event: total by type, so a new event without its row
// does not compile. Never: a state or a result; they are the record's, and lists show them without this.
import type { Evidence } from '@drover/contracts';
import { OperationId, type PowerState } from '@drover/kernel';
import { NO_EVIDENCE, type OperationOwner } from '@drover/operations';
import type { StoredFact } from '@drover/ports';
import { type PowerFact, requestTypes, verifiedTypes, readRequest } from '../../domain/power.events.js';
import type { Requested } from '../../domain/power-request.events.js';
import { powerMapping } from '../power.published.js';
import { stepBegun, stepFinished, stepsClosed, type PowerWork } from './operation-steps.js';

/** The first error, for an end that is none itself: a time-out. */
export const firstErrorOf = ({ firstError }: Pick<Evidence, 'firstError'>) => {
  if (!firstError) return '';
  const { code, detail } = firstError;
  return detail === '' ? ` The first error: ${code}.` : ` The first error: ${code}: ${detail}`;
};

/** What the owner adds to "it was last read as …". */
const addition = (work: PowerWork, lastObserved: PowerState) => {
  const { verb, earlier, attempts, evidence } = work;
  const nothing = attempts === 0 ? ' Nothing was sent.' : '';
  if (verb !== 'power-on' || lastObserved !== 'poweredOn') return nothing;
  const tools = evidence.observations.at(-1)?.tools ?? 'unknown';
  return earlier !== null && attempts === 0
    ? ` The machine is on, and nothing was sent; its guest may still stop, as ${earlier} asked it to.`
    : ` The machine is on (new_state=poweredOn, tools_status=${tools}); its guest tools did not come in time.`;
};

/** A guest that was asked cannot be told to forget it. */
const stillAsked = ({ verb, evidence }: PowerWork): Partial<Evidence> => {
  const asking = evidence.attempts.findLast(({ step, outcome }) => step === 'graceful' && outcome !== 'failed');
  if (!asking) return {};
  const note = `The guest was asked to ${verb === 'restart' ? 'restart' : 'stop'} at ${asking.startedAt} and may still do so.`;
  return { guestAskedAt: asking.startedAt, note };
};

const requested = (work: PowerWork, { fact, reason, stream }: StoredFact<Requested>): PowerWork => ({
  ...work,
  reason,
  verb: readRequest(fact).kind,
  earlier: 'earlier' in fact && fact.earlier !== undefined ? OperationId.of('power', stream, fact.earlier) : null,
});

/** The same row for each of these facts. */
const each = <Type extends string, Row>(types: readonly Type[], row: Row) =>
  Object.fromEntries(types.map((type) => [type, row])) as Readonly<Record<Type, Row>>;

const ended = (work: PowerWork, succeeded = false, evidence: Partial<Evidence> = {}): PowerWork => ({
  ...work,
  steps: stepsClosed(work.steps, succeeded),
  evidence: { ...work.evidence, ...evidence },
  errorMore: '',
});
const failed = (work: PowerWork) => ended(work);
const done = (work: PowerWork) => ended(work, true);

/** What power adds to the record of an operation: its steps, what was tried and what was read. */
export const powerOperations: OperationOwner<PowerFact, PowerWork> = {
  mapping: powerMapping,
  initial: {
    ...{ state: 'queued', phase: null, steps: [], attempts: 0, cancellable: true, percent: null, errorMore: '' },
    ...{ evidence: NO_EVIDENCE, reason: null, verb: null, earlier: null, lastFault: null },
  },
  work: {
    ...each(requestTypes, requested),
    LeaseTaken: (work) => ({ ...work, state: 'running', phase: work.phase ?? 'verify' }),
    CancelRequested: (work) => ({ ...work, cancellable: false }),
    StepStarted: (work, { fact, at }) => stepBegun(work, fact, at),
    StepFinished: (work, { fact, at }) => stepFinished(work, fact, at),
    PowerOffEscalated: (work) => work,
    ...each(verifiedTypes, done),
    VmPoweredOn: (work) => {
      const sent = work.evidence.attempts.some(({ outcome }) => outcome !== 'failed');
      return ended(work, true, { method: sent ? null : 'already-on' });
    },
    PowerOperationRefused: failed,
    PowerOperationFailed: failed,
    PowerOperationExpired: (work, { fact }) => ({
      ...ended(work),
      errorMore: `${addition(work, fact.lastObserved)}${firstErrorOf(work.evidence)}`,
    }),
    PowerOperationUnknown: (work, { fact }) => {
      const why = work.lastFault ? ` ${work.lastFault.code}: ${work.lastFault.detail}` : '';
      return {
        ...ended(work, false, { newState: 'unknown' }),
        errorMore: `${addition(work, fact.lastObserved)}${why}`,
      };
    },
    PowerOperationCancelled: (work, { fact }) => ended(work, false, fact.guestAsked && stillAsked(work)),
    PowerOperationMarked: (work, { fact }) => ended(work, fact.outcome === 'succeeded'),
  },
};
