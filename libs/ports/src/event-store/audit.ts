// The audit of a service: who was refused, who was let in, what was done, in a stream of its own. Nothing is decided on it, so it
// is appended without being read. Never: a record said to be there before it is durable.
import { eventType, type PublicEvent, type Service } from '@drover/contracts';
import {
  CommitId,
  FactId,
  StreamId,
  type Actor,
  type Fact,
  type Instant,
  type Now,
  type OnDenied,
} from '@drover/kernel';
import type { StoredFact } from '../flow/stored-fact.js';
import { StreamMoved, contextOf, type EventStore } from './event-store.js';
import { appendSurely } from './streams.js';

/** Of how many denials a record is: of one, or of so many since then. `network`: where all of them came from one. */
type Denials =
  | { readonly count?: never; readonly since?: never; readonly network?: never }
  | { readonly count: number; readonly since: Instant; readonly network?: string };

/** Somebody was refused; those who are not known are counted, and recorded together. */
export type AuditDenial = {
  type: 'AuditDenialRecorded';
  route: string;
  right: string | null;
  target: string | null;
  code: string;
} & Denials;

/** What is recorded of asking and being let in, apart from the facts that a command records itself. */
export type AuditFact =
  | AuditDenial
  | { type: 'AuditActionRecorded'; command: string; target: string | null }
  | { type: 'AuditCredentialSeen'; route: string }
  | { type: 'AuditSignInRecorded'; via: 'link' | 'token'; outcome: 'accepted' | 'refused' }
  | { type: 'AuditSignOutRecorded'; cause: 'asked' | 'expired' };

/** Records into `audit-<service>`; who, from where and when stand in the commit. Resolves when it is durable. */
export interface Audit {
  record(fact: AuditFact, actor: Actor): Promise<void>;
}

/** An audit that also takes several facts as one commit. */
export interface AuditLog extends Audit {
  recordAll(facts: readonly AuditFact[], actor: Actor): Promise<void>;
}

const ATTEMPTS = 20;

/**
 * The audit of one service. Nothing is decided here, so nothing is read: where the stream ends the store says itself, once,
 * when the first record does not fit.
 */
export const auditOf = (service: Service, store: EventStore, now: Now): AuditLog => {
  const stream = StreamId.of('audit', service);
  let version = 0;
  let last: Promise<unknown> = Promise.resolve();

  const append = async (facts: readonly AuditFact[], actor: Actor) => {
    const { commandId: _commandId, fingerprint: _fingerprint, dryRun: _dryRun, ...who } = actor; // a denial is recorded each time
    const at = now();
    const recorded = facts.map((fact) => ({ id: FactId.createAt(at), fact }));
    const commit = { stream, commitId: CommitId.createAt(at), facts: recorded, ...contextOf(who, null, at) };
    for (let left = ATTEMPTS; ; left--)
      try {
        await appendSurely(store, { ...commit, version });
        version += facts.length;
        return;
      } catch (error) {
        if (!(error instanceof StreamMoved) || left === 1) throw error;
        version = error.actual;
      }
  };

  const recordAll: AuditLog['recordAll'] = (facts, actor) => {
    const mine = last.then(() => append(facts, actor));
    last = mine.catch(() => {});
    return mine;
  };
  return { recordAll, record: (fact, actor) => recordAll([fact], actor) };
};

/** Records that a right was missing where the decision is made, before it is answered. */
export const denialsIn =
  (audit: Audit): OnDenied =>
  ({ name, right, target, code }, actor) =>
    audit.record({ type: 'AuditDenialRecorded', route: name, right, target, code }, actor);

const names = {
  AuditDenialRecorded: 'audit-denial-recorded',
  AuditActionRecorded: 'audit-action-recorded',
  AuditCredentialSeen: 'audit-credential-seen',
  AuditSignInRecorded: 'audit-sign-in-recorded',
  AuditSignOutRecorded: 'audit-sign-out-recorded',
} as const satisfies Record<AuditFact['type'], string>;

const isAuditFact = (fact: Fact): fact is AuditFact => Object.hasOwn(names, fact.type);

/** Says an audit fact to everyone; null when it is a fact of another kind. */
export const auditEvent = (service: Service, { fact }: StoredFact): PublicEvent | null => {
  if (!isAuditFact(fact)) return null;
  const { type, ...data } = fact;
  return { type: eventType(service, names[type]), subject: `audit/${service}`, partitionkey: service, data };
};
