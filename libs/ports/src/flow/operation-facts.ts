// The events of an operation, internal ones included, as its owner answers with them. Never: an internal event under a name
// that could be taken for a public one.
import { envelope, type PublicFact, type Page, type PublicEvent, type Service } from '@drover/contracts';
import { reject, type OperationId, type Rejection } from '@drover/kernel';
import type { Commit } from '../event-store/event-store.js';
import { storedFacts, type Publish, type StoredFact } from './stored-fact.js';

/** Whom a fact is about, and which operation it belongs to. */
export type EventAttributes = Pick<PublicEvent, 'subject' | 'partitionkey' | 'operationid'>;

/** How a service says its facts. */
export interface EventMapping {
  readonly service: Service;
  readonly publish: Publish;
  readonly about: (stored: StoredFact) => EventAttributes;
}

const kebab = (name: string) => name.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase();

/** A fact that stays in the house, in the shape of the others. Its type is its own: nobody takes it for public. */
const internally = (stored: StoredFact, { service, about }: EventMapping) => {
  const { type: name, ...data } = stored.fact;
  return { type: `io.drover.${service}.internal.${kebab(name)}`, ...about(stored), data };
};

const CURSOR = /^f1\.(\d{1,9})$/;

/**
 * A page of an operation's facts, oldest first, internal ones included: what the audit of an operation is read from.
 * They have no place in the journal, which is the gateway's to know.
 */
export const operationFacts = (
  id: OperationId,
  commits: readonly Commit[],
  mapping: EventMapping,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Page<PublicFact> | Rejection<'cursor_invalid' | 'not_found'> => {
  const from = cursor === undefined ? 0 : Number(CURSOR.exec(cursor)?.[1] ?? NaN);
  if (Number.isNaN(from)) return reject('cursor_invalid', 'This cursor is of another list.');
  const facts = commits.flatMap((commit) => {
    const { traceparent } = commit.metadata;
    return storedFacts(commit)
      .filter((stored) => mapping.about(stored).operationid === id)
      .map((stored): PublicFact => {
        const said = mapping.publish(stored) ?? internally(stored, mapping);
        const origin = { service: mapping.service, ...stored, ...(traceparent && { traceparent }) };
        return { ...envelope(said, origin), position: null };
      });
  });
  if (facts.length === 0) return reject('not_found', 'There is no such operation. Nothing was done.');
  const upTo = from + limit;
  const next = upTo < facts.length ? `f1.${upTo}` : null;
  return {
    items: facts.slice(from, upTo),
    total: facts.length,
    next,
    position: `f1.${facts.length}`,
    complete: true,
    missing: [],
  };
};
