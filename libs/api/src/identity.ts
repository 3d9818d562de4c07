import type { Actor } from '@drover/kernel';

/** Who a request comes from, and by what that is known. A cookie brings the checks against forged requests with it. */
export interface Identity extends Pick<Actor, 'sub' | 'rights' | 'session'> {
  readonly via: 'cookie' | 'bearer';
  /** The Set-Cookie line that takes away a cookie which came along and names no session any more. */
  readonly deadCookie?: string;
}

/** Says who sent these headers: a valid session cookie decides, else a valid bearer token; null for neither. */
export type Identify = (headers: Readonly<Record<string, string | undefined>>) => Promise<Identity | null>;

/** Where a module puts its Identify. */
export const IDENTIFY = Symbol('Identify');

/** What a door records of its service's refusals, before it answers. */
export interface DoorAudit {
  denied(
    denial: {
      readonly route: string;
      readonly right: string | null;
      readonly target: string | null;
      readonly code: string;
    },
    actor: Actor,
  ): Promise<void>;
  /** A password came with a request. It was dropped unread. */
  credentialSeen(route: string, actor: Actor): Promise<void>;
}

/** Where a module puts its DoorAudit. */
export const DOOR_AUDIT = Symbol('DoorAudit');

/** What a door has recorded, in the words of a service's audit. */
export type DoorFact =
  | { type: 'AuditDenialRecorded'; route: string; right: string | null; target: string | null; code: string }
  | { type: 'AuditCredentialSeen'; route: string };

/** A door's record of refusals, kept in a service's audit. */
export const doorAuditOf = (audit: { record(fact: DoorFact, actor: Actor): Promise<void> }): DoorAudit => ({
  denied: ({ route, right, target, code }, actor) =>
    audit.record({ type: 'AuditDenialRecorded', route, right, target, code }, actor),
  credentialSeen: (route, actor) => audit.record({ type: 'AuditCredentialSeen', route }, actor),
});
