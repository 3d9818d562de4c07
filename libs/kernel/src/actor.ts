import type { CommandId } from './ids.js';

/** What a person or a program may be allowed to do. The list grows with the routes that ask for it. */
export const rights = [
  'audit:read',
  'connection:admin',
  'health:read',
  'settings:admin',
  'vm:edit',
  'vm:force',
  'vm:operate',
  'vm:read',
] as const;
export type Right = (typeof rights)[number];

/** Who asks, with which rights, by which request and wish. Made at the door, never from the body. */
export interface Actor {
  readonly sub: string;
  readonly rights: readonly Right[];
  readonly requestId: string;
  readonly session?: string;
  readonly ip?: string;
  readonly traceparent?: string;
  readonly commandId?: CommandId;
  /** Of all that the asker sent: the same wish with other content is another one. What the command takes, unless stated. */
  readonly fingerprint?: string;
  /** Why, in the asker's words. */
  readonly reason?: string;
  /** The version the asker has seen (an ETag); the command refuses when it writes to another. */
  readonly ifMatch?: string;
  /** Decide as always, record nothing. */
  readonly dryRun?: true;
}

/** The part of the house that speaks when nobody asked: a policy acts under its own name, with no rights to check. */
export const policyActor = (name: string, requestId: string): Actor => ({
  sub: `policy:${name}`,
  rights: [],
  requestId,
});
