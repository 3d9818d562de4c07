// What an adapter of a provider hands to a process, and what it may use of it. Never: a port that only one kind needs;
// whoever is mounted gets the same.
import type { ConnectionKind, ConnectionTarget } from '@drover/kernel';
import type { Clock } from './clock/clock.js';
import type { MachineCatalog } from './machine-catalog/machine-catalog.js';
import type { OutboundHttp } from './outbound-http/outbound-http.js';
import type { PowerControl } from './power-control/power-control.js';
import type { ReadCounter } from './read-counter.js';
import type { CredentialSchema, SecretSource } from './secret-source/secret-source.js';

/** What speaks to the providers of one kind, or of several. */
export interface Provider {
  readonly control: PowerControl;
  readonly catalog: MachineCatalog;
  /** Asks for the least there is. Returns when anything was answered, else throws a ProviderFault. */
  readonly ping: (target: ConnectionTarget, signal: AbortSignal) => Promise<void>;
}

/** A provider that holds something open until the process ends. */
export type OpenProvider = Provider & { close(): void | Promise<void> };

/** What an adapter may use of the process that makes it. */
export interface ProviderPorts {
  readonly http: OutboundHttp;
  readonly secrets: SecretSource;
  readonly clock: Clock;
  /** Numbers what this process reads. */
  readonly reads: ReadCounter;
}

/** A kind of connection, as an adapter registers it. A process has one table of the kinds that it speaks. */
export interface ProviderKind {
  readonly kind: ConnectionKind;
  /** What the secret of such a connection holds. */
  readonly credential: CredentialSchema;
  readonly make: (ports: ProviderPorts) => OpenProvider;
}
