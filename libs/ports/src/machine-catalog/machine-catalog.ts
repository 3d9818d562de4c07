import type { Alias, ConnectionTarget, Hardware, Instant, PowerState, ReadOrder, Tools } from '@drover/kernel';
import type { Probe } from '@drover/contracts';

/** A machine as its provider reports it, of the moment at which it was asked. */
export interface Machine extends ReadOrder {
  /** What names it for certain within its connection. */
  readonly instanceUuid: string;
  readonly name: string;
  /** What else it is called there. */
  readonly aliases: readonly Alias[];
  readonly hardware: Hardware;
  readonly power: Exclude<PowerState, 'unknown'>;
  readonly tools: Tools;
  readonly bootAt: Instant | null;
  readonly observedAt: Instant;
}

/**
 * What a provider tells of its machines. `complete` ends a listing of all of them: who was not among the `machines` since
 * the one before is not there. `removed` is the provider's own word in a live session; its order is that of its arrival.
 */
export type CatalogNews =
  | { readonly is: 'machines'; readonly machines: readonly Machine[] }
  | { readonly is: 'complete'; readonly at: Instant }
  | {
      readonly is: 'removed';
      readonly instanceUuids: readonly string[];
      readonly at: Instant;
      readonly order: ReadOrder;
    };

/** Finds the machines of a connection. Whatever goes wrong is a ProviderFault. */
export interface MachineCatalog {
  /** Tries each step on the way, in order, and stops at the first that fails. Does not throw. */
  test(target: ConnectionTarget, signal: AbortSignal): Promise<readonly Probe[]>;
  /** All machines now, in batches; whoever is not among them when it ends without a fault is not there. */
  list(target: ConnectionTarget, signal: AbortSignal): AsyncIterable<readonly Machine[]>;
  /** These machines as they are now. Whoever the provider does not know is left out, and spoils nothing for the others. */
  read(target: ConnectionTarget, instanceUuids: readonly string[], signal: AbortSignal): Promise<readonly Machine[]>;
  /** A complete listing, then every change as it happens, until the signal aborts (it ends) or the connection breaks (it throws). */
  watch(target: ConnectionTarget, signal: AbortSignal): AsyncIterable<CatalogNews>;
  /** Ends what is open for a connection: sessions, filters. A later call opens it anew. */
  release(target: ConnectionTarget): Promise<void>;
}
