// What is stored of a connection, for good, and the settings that its file states. Never: store a secret (`credentialRef`
// names one), rename or remove a member, or require one that earlier events lack.
import type { ConnectionKind, ConnectionState, GroupId, Instant, Tls, VmId } from '@drover/kernel';

/** What the file of connections says of one. */
export type ConnectionSettings = {
  readonly name: string;
  readonly kind: ConnectionKind;
  readonly url: string | null;
  readonly region: string | null;
  readonly credentialRef: string | null;
  readonly tls: Tls;
  readonly allow: readonly string[];
  readonly groupIds: readonly GroupId[];
};

/** A machine that is there and cannot be shown. */
type SkippedByName = {
  readonly ref: string;
  readonly name: string | null;
  readonly why: string;
  /** The machine of the fleet that it is, when that is known. */
  readonly vmId: VmId | null;
};

/**
 * Where `skipped` does not name all: further machines of the fleet that could not be read, a thousand at most, and how many
 * there are.
 */
export type Unread =
  | { readonly unread: readonly VmId[]; readonly unreadCount: number }
  | { readonly unread?: never; readonly unreadCount?: never };

/** The machines that are there and cannot be shown, if there are any: a hundred of them by name, and how many there are. */
export type Skipped =
  | ({ readonly skipped: readonly SkippedByName[]; readonly skippedCount: number } & Unread)
  | { readonly skipped?: never; readonly skippedCount?: never; readonly unread?: never; readonly unreadCount?: never };

/** What a discovery found: how many machines, and what is new of them. */
export type DiscoveryCount = {
  readonly seen: number;
  readonly added: number;
  readonly changed: number;
  readonly missing: number;
  readonly complete: boolean;
} & Skipped;

/**
 * What has happened to a connection. `revision` is that of its settings; it grows when a sign-in is allowed anew, so
 * that whatever failed under an older one is known to be over. `op` counts the refreshes that were asked for.
 */
export type ConnectionFact =
  | ({ type: 'ConnectionAdded'; revision: number } & ConnectionSettings)
  | ({ type: 'ConnectionChanged'; revision: number } & ConnectionSettings)
  | { type: 'ConnectionStateChanged'; from: ConnectionState; to: ConnectionState; code: string | null }
  /** A listing of its machines failed, whoever asked for it. Stays in the house: its state tells others what follows. */
  | { type: 'ConnectionListingFailed'; code: string; detail: string }
  | { type: 'ConnectionSignInFailed'; service: string; revision: number }
  | { type: 'ConnectionSignInReset'; revision: number }
  | {
      type: 'ConnectionRefreshRequested';
      op: number;
      importIds: readonly string[] | null;
      importAll: boolean;
      deadline: Instant;
    }
  /** `op`: null when nobody asked for it. */
  | ({ type: 'ConnectionRefreshed'; op: number | null } & DiscoveryCount)
  | { type: 'ConnectionRefreshFailed'; op: number; code: string; detail: string };
