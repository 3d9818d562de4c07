// The port by which machines are found: test, list, names, some, watch, release. `key` names a machine for certain, `ref`
// may be given to another one later. Never: an adapter that tells `complete` for a listing that broke off; Drover retires
// machines by it.
import type { Alias, ConnectionTarget, Hardware, Instant, PowerState, ReadOrder, Tools } from '@drover/kernel';
import type { Probe } from '@drover/contracts';

/** A machine as its provider reports it, of the moment at which it was asked. */
export interface Machine extends ReadOrder {
  /** What names it for certain within its connection, however it moves: a UUID where the provider has one. */
  readonly key: string;
  readonly name: string;
  /** What else it is called there. */
  readonly aliases: readonly Alias[];
  /** Null when it cannot be read, or makes no sense. */
  readonly hardware: Hardware | null;
  /** While the provider cannot reach the machine: what the provider knew last. */
  readonly power: Exclude<PowerState, 'unknown'>;
  readonly tools: Tools;
  readonly bootAt: Instant | null;
  /** How the provider reaches it: `connected`, or its own word for why it cannot, such as `disconnected`. */
  readonly connectionState: string;
  /** Whether it is a template, which cannot be started. It may become a machine again. */
  readonly template: boolean;
  readonly observedAt: Instant;
}

/** What a provider calls one of its machines. `key`: null when it cannot be read. */
export interface ProviderIdentity {
  /** The provider's own reference, which may become another machine's: published as the alias `moref`. */
  readonly ref: string;
  readonly key: string | null;
}

/** A machine that is there, and of which too little can be read to show it. */
export interface SkippedMachine extends ProviderIdentity {
  readonly name: string | null;
  /** What cannot be read, or makes no sense. */
  readonly why: string;
}

/** Some machines of a listing: those that can be shown, and those that cannot. */
export interface MachineBatch {
  readonly machines: readonly Machine[];
  readonly skipped: readonly SkippedMachine[];
}

/**
 * What a provider tells of its machines. `complete` ends a listing of all of them: who was not among them since the one
 * before is not there. `removed` is the provider's own word in a live session; its order is that of its arrival.
 */
export type CatalogNews =
  | ({ readonly is: 'machines' } & MachineBatch)
  | { readonly is: 'complete'; readonly at: Instant }
  | {
      readonly is: 'removed';
      readonly keys: readonly string[];
      readonly at: Instant;
      readonly order: ReadOrder;
    };

/** Finds the machines of a connection. Whatever goes wrong is a ProviderFault; one odd machine is no fault, but skipped. */
export interface MachineCatalog {
  /** Tries each step on the way, in order, and stops at the first that fails. Does not throw. */
  test(target: ConnectionTarget, signal: AbortSignal): Promise<readonly Probe[]>;
  /** All machines now, in batches; whoever is not among them when it ends without a fault is not there. */
  list(target: ConnectionTarget, signal: AbortSignal): AsyncIterable<MachineBatch>;
  /** What all machines are called, in batches, those included that a listing skips: cheap enough to be asked often. */
  identities(target: ConnectionTarget, signal: AbortSignal): AsyncIterable<readonly ProviderIdentity[]>;
  /**
   * These machines as they are now. Whoever the provider does not know, searched for by the key, is left out, as is who
   * cannot be shown; neither spoils anything for the others.
   */
  read(target: ConnectionTarget, keys: readonly string[], signal: AbortSignal): Promise<readonly Machine[]>;
  /** A complete listing, then every change as it happens, until the signal aborts (it ends) or the connection breaks (it throws). */
  watch(target: ConnectionTarget, signal: AbortSignal): AsyncIterable<CatalogNews>;
  /** Ends what is open for a connection: sessions, filters. A later call opens it anew. */
  release(target: ConnectionTarget): Promise<void>;
}
