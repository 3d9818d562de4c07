// Who asks: a name, rights, groups and the request that was made. Never: anything that the body of a request says of itself.
import { RequestId, type CommandId, type GroupId, type PrincipalId, type SessionId } from '../ids.js';

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
/** One of the rights. */
export type Right = (typeof rights)[number];

/** Under which id a request may be repeated; nothing where nobody repeats it. */
type Repeatable =
  | {
      readonly commandId: CommandId;
      /** Hash of what was sent: the same command id with another fingerprint is refused. Left out: that of the command's input. */
      readonly fingerprint?: string;
    }
  | { readonly commandId?: never; readonly fingerprint?: never };

/** Who asks, with which rights, in which HTTP request, under which command id. Made at the door, never from the body. */
export type Actor = Repeatable & {
  readonly sub: PrincipalId;
  readonly rights: readonly Right[];
  /** Rights that hold for the machines of some groups only, with those groups; a right that is not in here holds for all. */
  readonly limits?: Readonly<Partial<Record<Right, readonly GroupId[]>>>;
  readonly requestId: RequestId;
  readonly session?: SessionId;
  readonly ip?: string;
  readonly traceparent?: string;
  /** Why, in the asker's words. */
  readonly reason?: string;
  /** The version the asker has seen (an ETag); the command refuses when it writes to another. */
  readonly ifMatch?: string;
  /** Decide as always, record nothing. */
  readonly dryRun?: true;
};

/** The process itself, when it reads for its log, its metrics or its health. */
export const SELF: Actor = { sub: 'drover', rights: ['vm:read'], requestId: 'self' };

/** The actor of a policy, which acts without a request of a person: its own name, no rights to check, and what it works on. */
export const policyActor = (name: string, worksOn: string): Actor => ({
  sub: `policy:${name}`,
  rights: [],
  requestId: RequestId.parse(worksOn),
});
