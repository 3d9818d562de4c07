// The port to providers by HTTP: one request to the origin of a connection, and its answer, or a fault that says whether
// anything was sent. Never: a redirect that is followed, a request that is sent twice, an address that was not checked.
import type { ConnectionTarget } from '@drover/kernel';

/** One request to a provider. Redirects are not followed; an answer of more than `maxBytes` (5 MiB unless stated) is a fault. */
export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the first byte sent to the last received, in ms. */
  readonly timeoutMs: number;
  readonly maxBytes?: number;
  /**
   * Asked in the last synchronous line before the first byte is written, after everything that is waited for. False: it is
   * not sent, and the fault says so.
   */
  readonly mayStart?: () => boolean;
}

/** What came back. Header names are lower case. */
export interface OutboundAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/**
 * The only way out of the house by HTTP. A request goes to the connection's own origin alone, and only to addresses that
 * its allow-list names and that are not always denied (loopback, link-local, metadata, multicast) unless named; the name
 * is resolved once and the checked address is dialled. Certificates are judged by the connection's `tls`.
 */
export interface OutboundHttp {
  /** Throws OutboundFault. */
  request(target: ConnectionTarget, request: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer>;
  /** Closes what is open for a connection. */
  release(target: ConnectionTarget): Promise<void>;
}

/** Why no answer came. `sent`: whether the request may have reached the other side. */
export class OutboundFault extends Error {
  override readonly name = 'OutboundFault';
  constructor(
    readonly code:
      | 'address_refused'
      | 'name_unresolved'
      | 'unreachable'
      | 'certificate_refused'
      | 'timed_out'
      | 'too_large'
      | 'unreadable' // encoded in a way that nobody asked for
      | 'aborted',
    detail: string,
    readonly sent: 'no' | 'maybe',
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}
