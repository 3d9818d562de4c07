// The HTTP client of a simulator in another process: one result, the items of a listing, or one answer to a watch. Never:
// retry here; the fault says whether the call may have been taken, and whoever called decides. `mayStart` is asked right
// before it is written.
import { ConnectionId, type ConnectionTarget, type WatchId } from '@drover/kernel';
import { OutboundFault, ProviderFault, type OutboundHttp, type OutboundRequest } from '@drover/ports';
import type * as z from 'zod';
import { siteTarget } from '../sites/connections.simulator.js';
import { RemoteAnswer, RemoteLine, receivedFault, WatchLine, type RemoteCall } from './protocol.simulator.js';

/** Where the process of the simulated sites is, and by which word it knows its clients. */
export interface RemoteAddress {
  readonly http: OutboundHttp;
  /** Without a path, such as http://127.0.0.1:8020. */
  readonly url: string;
  readonly token: string;
}

/** The process itself, whose health no site answers for. */
export const PROCESS: ConnectionTarget = siteTarget(ConnectionId.parse('simulator'));

/** Whoever calls gives up earlier; this ends what nobody waits for. */
const CALL_MS = 90_000;
/** Longer than the answer to a watch is held back. */
const WATCH_MS = 40_000;
/** A large fleet in one answer. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Where a watch goes on: its id, and the last number that was taken of it. */
export type WatchPlace = { readonly watch: WatchId; readonly after: string };

/** Calls that travel to the simulator. They throw ProviderFault for what it answers and OutboundFault for the way. */
export interface RemoteCalls {
  /** One result. `mayStart` is asked in the last synchronous line before the call is written. */
  single<Schema extends z.ZodType>(
    target: ConnectionTarget,
    call: z.input<typeof RemoteCall>,
    schema: Schema,
    signal: AbortSignal,
    mayStart?: () => boolean,
  ): Promise<z.output<Schema>>;
  /** The items of a listing. */
  items<Schema extends z.ZodType>(
    target: ConnectionTarget,
    call: z.input<typeof RemoteCall>,
    schema: Schema,
    signal: AbortSignal,
  ): AsyncGenerator<z.output<Schema>, void>;
  /** One answer to a watch, whose lines are there at once. */
  watched(
    target: ConnectionTarget,
    query: { readonly connection: ConnectionId } | ({ readonly connection: ConnectionId } & WatchPlace),
    signal: AbortSignal,
  ): Promise<Iterable<WatchLine>>;
  /** Whether all machines stand. */
  isReady(signal: AbortSignal): Promise<boolean>;
  release(target: ConnectionTarget): Promise<void>;
}

/** What a status other than 200 means. Refused before anything was done, unless the process itself failed. */
const refusal = (status: number) => {
  if (status === 401) return new ProviderFault('sign_in_failed', 'the simulator refuses the token');
  if (status === 404) return new ProviderFault('provider_unreachable', 'the simulator does not know the watch');
  return new ProviderFault('provider_error', `the simulator answers ${status}`, status < 500 ? 'no' : 'maybe');
};

/** The lines of an answer, up to its end; throws the fault that it ends with, or that it has no end. */
function* linesOf<Schema extends typeof RemoteLine | typeof WatchLine>(body: string, schema: Schema) {
  for (let from = 0, to = body.indexOf('\n'); to >= 0; from = to + 1, to = body.indexOf('\n', from)) {
    const line = schema.parse(JSON.parse(body.slice(from, to)));
    if ('end' in line) return;
    if ('fault' in line) throw receivedFault(line.fault);
    yield line;
  }
  throw new OutboundFault('unreachable', 'the answer broke off', 'maybe');
}

/** Calls the process that holds the simulated sites, by HTTP. */
export const remoteCalls = ({ http, url, token }: RemoteAddress): RemoteCalls => {
  const { origin, hostname } = new URL(url);
  /** The target as the way out knows it: every revision of a connection has its own sockets to the one process. */
  const wayTo = (target: ConnectionTarget): ConnectionTarget => ({
    ...target,
    ...{ url: origin, credentialRef: null, tls: { mode: 'system', value: null } },
    allow: [hostname.replace(/^\[(.*)\]$/, '$1')],
  });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const asked = async (
    target: ConnectionTarget,
    request: Partial<OutboundRequest>,
    path: string,
    signal: AbortSignal,
  ) => {
    await Promise.resolve(); // nothing is written in the caller's own turn: it may take back what it asked for
    const limits = { timeoutMs: CALL_MS, maxBytes: MOST_BYTES };
    const whole = { method: 'GET', url: `${origin}${path}`, headers, ...limits, ...request } as const;
    const { status, body } = await http.request(wayTo(target), whole, signal);
    if (status !== 200) throw refusal(status);
    return body;
  };
  const called = (
    target: ConnectionTarget,
    call: z.input<typeof RemoteCall>,
    signal: AbortSignal,
    mayStart?: () => boolean,
  ) => asked(target, { method: 'POST', body: JSON.stringify(call), ...(mayStart && { mayStart }) }, '/v1/call', signal);
  return {
    single: async (target, call, schema, signal, mayStart) => {
      const answer = RemoteAnswer.parse(JSON.parse(await called(target, call, signal, mayStart)));
      if ('fault' in answer) throw receivedFault(answer.fault);
      return schema.parse(answer.result);
    },
    items: async function* (target, call, schema, signal) {
      const body = await called(target, call, signal);
      for (const line of linesOf(body, RemoteLine)) if ('item' in line) yield schema.parse(line.item);
    },
    watched: async (target, query, signal) => {
      const path = `/v1/watch?${new URLSearchParams(query).toString()}`;
      return linesOf(await asked(target, { timeoutMs: WATCH_MS }, path, signal), WatchLine) as Iterable<WatchLine>;
    },
    isReady: async (signal) => {
      try {
        await asked(PROCESS, { timeoutMs: 5_000 }, '/health/ready', signal);
        return true;
      } catch {
        return false; // it does not run, or has not come so far
      }
    },
    release: (target) => http.release(wayTo(target)),
  };
};
