import { eventType, type Said, type Service } from '@drover/contracts';
import { isRejection, StreamId, type Actor, type Decider, type Fact, type Now, type OnDenied } from '@drover/kernel';
import type { StoredFact } from '../flow/stored-fact.js';
import { wishOf, type EventStore } from './event-store.js';
import { streamsOf } from './streams.js';

/** What is recorded of asking and being let in, apart from the facts that a command records itself. */
export type AuditFact =
  | { type: 'AuditDenialRecorded'; route: string; right: string | null; target: string | null; code: string }
  | { type: 'AuditActionRecorded'; command: string; target: string | null }
  | { type: 'AuditCredentialSeen'; route: string }
  | { type: 'AuditSignInRecorded'; via: 'link' | 'token'; outcome: 'accepted' | 'refused' }
  | { type: 'AuditSignOutRecorded'; cause: 'asked' | 'expired' };

/** Records into `audit-<service>`; who, from where and when stand in the commit. Resolves when it is durable. */
export interface Audit {
  record(fact: AuditFact, actor: Actor): Promise<void>;
}

/** Nothing is decided: what was seen is recorded. */
const decider: Decider<AuditFact, AuditFact, null, never> = {
  initial: null,
  decide: (fact) => [fact],
  evolve: () => null,
};

/** The audit of one service. */
export const auditOf = (service: Service, store: EventStore, now: Now): Audit => {
  const streams = streamsOf(decider, store, { isPublic: () => true, attempts: 20 });
  return {
    record: async (fact, actor) => {
      const { commandId: _commandId, dryRun: _dryRun, ...who } = actor; // a denial is recorded each time
      const outcome = await streams.transact(StreamId.of('audit', service), fact, wishOf(who, fact, now()));
      if (isRejection(outcome)) throw new Error(outcome.because);
    },
  };
};

/** Records that a right was missing where the decision is made, before it is answered. */
export const denialsIn =
  (audit: Audit): OnDenied =>
  ({ name, right }, actor) =>
    audit.record({ type: 'AuditDenialRecorded', route: name, right, target: null, code: 'forbidden' }, actor);

const names = {
  AuditDenialRecorded: 'audit-denial-recorded',
  AuditActionRecorded: 'audit-action-recorded',
  AuditCredentialSeen: 'audit-credential-seen',
  AuditSignInRecorded: 'audit-sign-in-recorded',
  AuditSignOutRecorded: 'audit-sign-out-recorded',
} as const satisfies Record<AuditFact['type'], string>;

const isAuditFact = (fact: Fact): fact is AuditFact => Object.hasOwn(names, fact.type);

/** Says an audit fact to everyone; null when it is a fact of another kind. */
export const auditSaid = (service: Service, { fact }: StoredFact): Said | null => {
  if (!isAuditFact(fact)) return null;
  const { type, ...data } = fact;
  return { type: eventType(service, names[type]), subject: `audit/${service}`, partitionkey: service, data };
};
