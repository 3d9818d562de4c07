// The port that says how each provider answers, when it is tried next, and why. It tells what those who ask have found.
// Never: a question to a provider from here, or what another process found.
import type { ConnectionId, Instant } from '@drover/kernel';

/** Whether a provider answers. `silent`: not for 5 s to something it was asked; `lost`: not for 20 s. */
export type Contact = 'answering' | 'silent' | 'lost';

/**
 * How it stands with a provider: three things, of which none follows from another. A provider that refuses each call at once
 * is tried later, though it is not silent yet; one that is silent to its first question gave no reason.
 */
export interface ContactState {
  /** By how long nothing was answered. */
  readonly is: Contact;
  /** When it is tried next, where nothing is sent until then; null while calls go through. */
  readonly nextTryAt: Instant | null;
  /** Why the last question that ended without an answer did; null where none did since the last answer. */
  readonly detail: string | null;
}

/**
 * Whether the providers answer, as everybody in this process who asks them has found. It is measured on the monotonic
 * clock, is in no fact, and any answer ends a silence.
 */
export interface ProviderContact {
  of(id: ConnectionId): ContactState;
  /** Calls when a provider falls silent, is lost, or answers again. Returns how to leave. */
  onChange(told: (id: ConnectionId) => void): () => void;
}

/** After how much silence a provider is silent, in ms. */
export const SILENT_MS = 5_000;
/** After how much silence a provider is lost, in ms. */
export const LOST_MS = 20_000;
