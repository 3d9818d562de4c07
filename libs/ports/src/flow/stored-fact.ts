// A stored event with its place, for projections and translations, and the public events of a commit. Never: an event of a
// commit that was lost.
import type { Fact, FactId, Instant, StreamId, PrincipalId } from '@drover/kernel';
import { toCloudEvent, type CloudEvent, type PublicEvent, type Service } from '@drover/contracts';
import { isLost, type Commit, type Recorded } from '../event-store/event-store.js';

/** A fact with where it stands and who caused it: what a service's own projections and its translator see. */
export interface StoredFact<Event extends Fact = Fact> {
  readonly type: Event['type'];
  readonly stream: StreamId;
  readonly id: FactId;
  /** Number of the fact in its stream, counted from 1. */
  readonly sequence: number;
  readonly at: Instant;
  readonly actor: PrincipalId;
  readonly reason: string | null;
  readonly fact: Event;
}

/** The facts of a commit, one by one; of one that was lost there are none. */
export const storedFacts = <Event extends Fact>(commit: Commit<Event>) => {
  const { stream, version, metadata } = commit;
  const facts = isLost(commit) ? [] : commit.facts;
  return facts.map(({ id, fact }: Recorded<Event>, i): StoredFact<Event> => ({
    type: fact.type,
    stream,
    id,
    sequence: version + i + 1,
    fact,
    at: metadata.at,
    actor: metadata.actor,
    reason: metadata.reason ?? null,
  }));
};

/** Says a fact to everyone, or keeps it: the only translator of a capability. */
export type Publish = (stored: StoredFact) => PublicEvent | null;

/** The public events of a commit. */
export const publicEvents = (service: Service, publish: Publish, commit: Commit): readonly CloudEvent[] => {
  const { traceparent } = commit.metadata;
  return storedFacts(commit).flatMap((stored) => {
    const said = publish(stored);
    return said ? [toCloudEvent(said, { service, ...stored, ...(traceparent && { traceparent }) })] : [];
  });
};
