// The only way out by HTTP: a pool of sockets for each connection and revision, to the origin of that connection alone.
// Never: share a pool between revisions; a socket that was judged by old settings would be used under new ones.
import type { ConnectionTarget } from '@drover/kernel';
import { OutboundFault, type Clock, type OutboundHttp, type OutboundRequest } from '@drover/ports';
import { Agent } from 'undici';
import { connectorOf } from './connector.undici.js';
import { exchange } from './exchange.undici.js';
import { systemResolve, type Resolve } from './resolve.undici.js';

/** At most this many sockets to one connection: a provider is shared with people. */
const CONNECTIONS = 8;

/** Refuses what is not the connection's own place before anything is resolved. */
const placed = (target: ConnectionTarget, { url }: OutboundRequest) => {
  const own = target.url !== null && URL.canParse(target.url) ? new URL(target.url) : null;
  const asked = URL.canParse(url) ? new URL(url) : null;
  const refuse = (why: string) => new OutboundFault('address_refused', why, 'no');
  if (!own || !asked || own.origin !== asked.origin) throw refuse('the address is not that of the connection');
  if (asked.protocol !== 'https:' && asked.protocol !== 'http:') throw refuse(`${asked.protocol} is not spoken`);
  if (asked.username || asked.password) throw refuse('an address holds no credentials');
};

interface Pool {
  readonly target: ConnectionTarget;
  readonly agent: Agent;
}

/** What it waits on and asks for addresses; by default this machine's own. A house gives it the clock it has. */
export interface OutboundOptions {
  readonly clock?: Pick<Clock, 'after'>;
  readonly resolve?: Resolve;
}

const timers: Pick<Clock, 'after'> = {
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Outbound HTTP by undici. One pool per connection and revision: a changed connection never meets a socket that was
 * judged by what it said before. Nothing is retried and no redirect is followed.
 */
export const undiciOutboundHttp = ({ clock = timers, resolve = systemResolve }: OutboundOptions = {}): OutboundHttp => {
  const pools = new Map<string, Pool>();
  const poolOf = (target: ConnectionTarget) => {
    const key = `${target.id}@${target.revision}`;
    const open = pools.get(key);
    if (open) return open.agent;
    const agent = new Agent({ connect: connectorOf(target, resolve), connections: CONNECTIONS, pipelining: 1 });
    pools.set(key, { target, agent });
    return agent;
  };
  return {
    request: async (target, request, signal) => {
      placed(target, request);
      return exchange({ dispatcher: poolOf(target), clock }, request, signal);
    },
    // Whoever closes an old revision leaves the newer one alone.
    release: async ({ id, revision }) => {
      const old = [...pools].filter(([, { target }]) => target.id === id && target.revision <= revision);
      for (const [key] of old) pools.delete(key);
      await Promise.all(old.map(([, { agent }]) => agent.destroy()));
    },
  };
};
