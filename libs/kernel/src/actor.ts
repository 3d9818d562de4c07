import { createHash } from 'node:crypto';
import * as z from 'zod';

/** What a person or a program may be allowed to do. The list grows with the routes that ask for it. */
export const rights = [
  'audit:read',
  'connection:admin',
  'health:read',
  'vm:edit',
  'vm:force',
  'vm:operate',
  'vm:read',
] as const;
export type Right = (typeof rights)[number];

const commandId = z.string().brand<'CommandId'>();
/** One wish, however often it is sent. */
export type CommandId = z.output<typeof commandId>;

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

/** A fingerprint: equal for equal content. Give it parsed input, whose members stand in the order of their schema. */
export const hashOf = (content: unknown) => createHash('sha256').update(JSON.stringify(content)).digest('base64url');

/** The same principal, route, ids in its path and Idempotency-Key make the same wish. */
export const commandIdOf = (scope: { principal: string; method: string; route: string; ids: string; key: string }) =>
  commandId.parse(hashOf([scope.principal, scope.method, scope.route, scope.ids, scope.key]));

/** The wish of one item of a bulk: the same however often the bulk is worked on. */
export const commandIdOfItem = (bulkId: string, index: number) => commandId.parse(hashOf([bulkId, index]));
