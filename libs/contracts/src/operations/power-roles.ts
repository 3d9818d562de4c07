// What each public event of power does to an operation: begins it, moves it, ends it, or says later how it had ended. One
// table, total by type; lists, details, waits and `machineVerbs` follow from it. Never: a word that the event does not say,
// so that an owner and everybody else who folds the same events say the same.
import { OperationId, StreamId, type BulkId, type Instant, type PowerState } from '@drover/kernel';
import type { powerEvents } from '../events/power.v1.js';
import type { Operation } from '../http/operation.js';
import type { EndState, EventRole, OperationTable, PublicEvidence } from './operation-record.js';

/** How it was read last, as the beginning of a sentence. */
export const lastRead = (state: PowerState) =>
  state === 'unknown' ? 'It was not read while the operation ran' : `It was last read as ${state}`;

type Requested = { readonly deadline: Instant; readonly bulkId: BulkId | null };
const requested = ({ deadline, bulkId }: Requested) => ({
  deadline,
  parent: bulkId === null ? null : OperationId.of('power', StreamId.of('bulk', bulkId), 1),
});

/** A request for one machine. */
const begins = (kind: Operation['kind']) => ({ role: 'begins', kind, cancellable: true, says: requested }) as const;

const verified = (at: Instant, evidence: PublicEvidence) =>
  ({ state: 'succeeded', evidence: { ...evidence, verifiedAt: at } }) as const;
/** A state that nobody knows is not told. */
const before = (previousState: PowerState) => (previousState === 'unknown' ? {} : { previousState });

const fails = {
  role: 'ends',
  says: ({ code, detail }: { readonly code: string; readonly detail: string }) => ({
    state: 'failed',
    error: { code, detail },
  }),
} as const satisfies EventRole<{ code: string; detail: string }>;

/** An end without a verdict. Of a machine that was to be on and is, only the owner knows what was still missing. */
const undecided = (state: Exclude<EndState, 'succeeded'>, code: string, because: string) =>
  ({
    role: 'ends',
    says: ({ lastObserved }, { record }) => {
      const detail =
        record?.kind === 'vm.power-on' && lastObserved === 'poweredOn'
          ? because
          : `${because} ${lastRead(lastObserved)}.`;
      return { state, error: { code, detail }, ...(state === 'expired' && { evidence: { newState: lastObserved } }) };
    },
  }) as const satisfies EventRole<{ lastObserved: PowerState }>;

/**
 * The role of each event of power. `method` of a power-on is told only where it is sure: after a guest that could still
 * stop the machine, a machine that was on may have been started all the same.
 */
export const powerRoles = {
  'power-off-requested': begins('vm.power-off'),
  'power-on-requested': {
    ...begins('vm.power-on'),
    says: ({ earlier, ...data }, { id }) => ({
      ...requested(data),
      ...(earlier !== undefined && {
        evidence: { earlier: OperationId.of('power', OperationId.stream(id), earlier) },
      }),
    }),
  },
  'restart-requested': begins('vm.restart'),
  'power-off-escalated': { role: 'moves', says: ({ cause }) => ({ evidence: { escalation: cause } }) },
  'vm-powered-off': {
    role: 'ends',
    says: ({ method, previousState, observedAt }) =>
      verified(observedAt, { method, ...before(previousState), newState: 'poweredOff' }),
    verdict: ({ method }) => ({ power: 'poweredOff', tools: null, changed: method !== 'already-off' }),
  },
  'vm-powered-on': {
    role: 'ends',
    says: ({ previousState, observedAt }, { record }) => {
      const sure = previousState === 'poweredOn' && record?.evidence.earlier === undefined;
      const method = sure ? ({ method: 'already-on' } as const) : {};
      return verified(observedAt, { ...method, ...before(previousState), newState: 'poweredOn' });
    },
    verdict: ({ tools, previousState }) => ({ power: 'poweredOn', tools, changed: previousState !== 'poweredOn' }),
  },
  'vm-restarted': {
    role: 'ends',
    says: ({ method, observedAt, proof }) =>
      verified(observedAt, { method, previousState: 'poweredOn', newState: 'poweredOn', ...(proof && { proof }) }),
    verdict: () => ({ power: 'poweredOn', tools: null, changed: true }),
  },
  'power-operation-refused': fails,
  'power-operation-failed': fails,
  'power-operation-expired': undecided('expired', 'operation_timed_out', 'The time-out ended.'),
  'power-operation-unknown': undecided('unknown', 'outcome_unknown', 'What came of it could not be read.'),
  'power-operation-cancelled': { role: 'ends', says: () => ({ state: 'cancelled' }) },
  'power-operation-marked': {
    role: 'revises',
    says: ({ outcome }, { actor }) =>
      outcome === 'succeeded'
        ? { state: outcome, result: { outcome: 'completed', markedBy: actor } }
        : {
            state: outcome,
            error: { code: 'outcome_unknown', detail: 'A person looked and says that it failed.' },
          },
  },
  'bulk-requested': {
    role: 'begins',
    kind: 'bulk.start',
    cancellable: false,
    says: ({ targetIds }) => ({ targetCount: targetIds.length }),
  },
  'bulk-finished': {
    role: 'ends',
    says: ({ outcome, succeeded, failed }) => ({
      state: outcome === 'completed' ? 'succeeded' : 'failed',
      result: { outcome, succeeded, failed },
      percent: 100,
    }),
  },
  'connection-sign-in-refused': { role: 'none' },
} as const satisfies OperationTable<typeof powerEvents>;
