// The server side of the simulator's HTTP interface: a call that arrived, made at the ports of the sites. A fault becomes a
// value, so that it travels. Never: add a rule here; what a site answers is decided behind its ports, for local and remote
// callers alike.
import type { ConnectionTarget } from '@drover/kernel';
import { faultOf } from '@drover/ports';
import { siteTarget } from '../sites/connections.simulator.js';
import type { RemoteAnswer, RemoteLine, RemoteCall } from './protocol.simulator.js';
import type { Simulator } from '../provider.simulator.js';

/** The ports of the sites that calls from other processes reach. */
export type Sites = Pick<Simulator, 'control' | 'catalog' | 'ping' | 'look'>;

type PowerCalls = Extract<RemoteCall, { port: 'power-control' }>;
type CatalogCalls = Extract<RemoteCall, { port: 'machine-catalog' }>;

const power = ({ control }: Sites, target: ConnectionTarget, call: PowerCalls, signal: AbortSignal) => {
  const machine = { ...call.args.machine, target };
  return call.method === 'read'
    ? control.read(machine, signal)
    : control.send(machine, call.args.call, call.token, signal);
};

const single = async (sites: Sites, call: RemoteCall, signal: AbortSignal): Promise<unknown> => {
  const target = siteTarget(call.connection);
  if (call.port === 'power-control') return power(sites, target, call, signal);
  switch (call.method) {
    case 'test':
      return sites.catalog.test(target, signal);
    case 'ping':
      return (await sites.ping(target, signal)) ?? null;
    case 'read':
      return sites.catalog.read(target, call.args.keys, signal);
    case 'look':
      return sites.look(target, call.args.keys);
    default:
      throw new Error(`${call.method} is answered in lines`);
  }
};

/** A fault as it travels. */
export const sentFault = (error: unknown): { readonly fault: Extract<RemoteLine, { fault: unknown }>['fault'] } => {
  const { code, detail, sent } = faultOf(error);
  return { fault: { code, detail, sent } };
};

/** Whether a call is answered in lines. */
export const isListing = (call: RemoteCall): call is Extract<CatalogCalls, { method: 'list' | 'identities' }> =>
  call.method === 'list' || call.method === 'identities';

/** Makes a call at the sites. Whoever made it may go: the signal says so. */
export const answerTo = async (sites: Sites, call: RemoteCall, signal: AbortSignal): Promise<RemoteAnswer> => {
  try {
    return { result: await single(sites, call, signal) };
  } catch (error) {
    return sentFault(error);
  }
};

/** Lists at the sites, line by line. */
export async function* linesTo(sites: Sites, call: RemoteCall, signal: AbortSignal): AsyncGenerator<RemoteLine, void> {
  const { catalog } = sites;
  try {
    const list = call.method === 'list' ? catalog.list : catalog.identities;
    for await (const item of list(siteTarget(call.connection), signal)) yield { item };
    yield { end: true };
  } catch (error) {
    yield sentFault(error);
  }
}
