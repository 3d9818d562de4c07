// The record of an operation, folded from its public events by the table of `libs/contracts/src/operations`. Lists, details
// and waits use this one fold, so they agree. Pure. Never: a stored event, or a rule for one event; that is its row's.
import { roleOf, type CloudEvent, type Ending, type OperationRecord, type OperationStatus } from '@drover/contracts';
import { Instant, type OperationId } from '@drover/kernel';

const targetOf = ({ subject }: CloudEvent) => {
  const slash = subject.indexOf('/');
  return { type: subject.slice(0, slash), id: subject.slice(slash + 1) };
};

const statusAfter = (ending: Ending, endedAt: Instant): OperationStatus =>
  ending.state === 'succeeded'
    ? { state: ending.state, endedAt, result: ending.result ?? { outcome: 'completed' }, error: null }
    : { state: ending.state, endedAt, result: ending.result ?? null, error: ending.error ?? null };

/** It ended when it ended first: what was unknown may be found or marked later, and nothing stays of the earlier end. */
const ended = (record: OperationRecord, event: CloudEvent, ending: Ending): OperationRecord => {
  const { evidence = {}, percent = record.percent } = ending;
  const told = (event.data as { readonly durationSeconds?: number }).durationSeconds;
  const durationSeconds =
    told ?? record.evidence.durationSeconds ?? Instant.wholeSeconds(record.requestedAt, event.time);
  return {
    ...record,
    ...statusAfter(ending, record.endedAt ?? event.time),
    percent,
    evidence: { ...record.evidence, durationSeconds, ...evidence },
  };
};

/**
 * The record of an operation after one more of its public events; null before it began. Lists, details and waits all
 * fold by this one: `contracts/src/operations` says what each event does.
 */
export const evolveRecord = (
  record: OperationRecord | null,
  id: OperationId,
  event: CloudEvent,
): OperationRecord | null => {
  const row = roleOf(event.type);
  if (row.role === 'none') return record;
  const context = { id, actor: event.actor, record };
  const data = event.data as never; // of the row's own type: the table is total by type
  if (row.role === 'begins') {
    const { kind, cancellable } = row;
    const { deadline = null, parent = null, targetCount = null, evidence = {} } = row.says(data, context);
    return (
      record ?? {
        ...{ id, kind, cancellable, parent, deadline, targetCount, evidence },
        ...{ target: targetOf(event), state: 'running', percent: null },
        ...{ requestedBy: event.actor, requestedAt: event.time, endedAt: null, result: null, error: null },
      }
    );
  }
  if (!record) return null;
  if (row.role === 'moves') return { ...record, evidence: { ...record.evidence, ...row.says(data, context).evidence } };
  return ended(record, event, row.says(data, context));
};

/** The record that the public events of one operation amount to. */
export const foldRecord = (id: OperationId, events: readonly CloudEvent[]): OperationRecord | null =>
  events
    .filter(({ operationid }) => operationid === id)
    .reduce<OperationRecord | null>((record, event) => evolveRecord(record, id, event), null);
