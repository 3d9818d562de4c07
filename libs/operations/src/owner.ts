// An operation as its owner folds it: the record that is told to all, and what only the owner knows. Never: another fold of
// the record than that of the lists.
import { toCloudEvent, type OperationRecord } from '@drover/contracts';
import type { Fact, OperationId } from '@drover/kernel';
import { storedFacts, type Commit, type EventMapping, type StoredFact } from '@drover/ports';
import { foldRecord } from './record.js';
import type { OperationWork } from './shown.js';

/**
 * What each fact, internal ones included, adds to what the owner alone knows: total by type, so that a fact without its
 * row does not compile.
 */
export type WorkTable<Event extends Fact, Work> = {
  readonly [Type in Event['type']]: (work: Work, stored: StoredFact<Extract<Event, { readonly type: Type }>>) => Work;
};

/** How a capability folds the facts of its operations. */
export interface OperationOwner<Event extends Fact, Work extends OperationWork> {
  /** How it tells its facts. */
  readonly mapping: EventMapping;
  /** What is known before the first fact. */
  readonly initial: Work;
  readonly work: WorkTable<Event, Work>;
}

/** An operation as its owner knows it: what is told to everyone, and the rest. */
export interface OwnedOperation<Work> {
  readonly record: OperationRecord;
  readonly work: Work;
}

/** One operation as the facts of its stream tell it; null when it never began. */
export const ownedOperation = <Event extends Fact, Work extends OperationWork>(
  id: OperationId,
  commits: readonly Commit<Event>[],
  { mapping, initial, work: table }: OperationOwner<Event, Work>,
): OwnedOperation<Work> | null => {
  const { service, about, publish } = mapping;
  const facts = commits.flatMap(storedFacts<Event>).filter((stored) => about(stored).operationid === id);
  const events = facts.flatMap((stored) => {
    const said = publish(stored);
    return said ? [toCloudEvent(said, { service, ...stored })] : [];
  });
  const record = foldRecord(id, events);
  const rows: Readonly<Record<string, (work: Work, stored: StoredFact<never>) => Work>> = table;
  const work = facts.reduce((before, stored) => rows[stored.type]?.(before, stored as never) ?? before, initial);
  return record && { record, work };
};
