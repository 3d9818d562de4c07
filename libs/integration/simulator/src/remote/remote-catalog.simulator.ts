// The machine catalog over HTTP: the same port as the local one. Readings are numbered here, by the process that reads,
// because only numbers of one process can be compared. Never: release more than this process has open; other processes have
// watches of their own.
import type { ConnectionTarget } from '@drover/kernel';
import { faultOf, ProviderFault, type MachineCatalog } from '@drover/ports';
import * as z from 'zod';
import { BatchSent, IdentitiesSent, ProbesSent } from './protocol.simulator.js';
import type { RemoteCalls } from './remote-calls.simulator.js';
import { readFault } from './remote-faults.simulator.js';
import type { RemoteTiming } from './remote-control.simulator.js';
import { followRemote, numbered } from './remote-watch.simulator.js';

/** The catalog, and the least that can be asked of a site. */
export interface RemoteCatalog extends MachineCatalog {
  ping(target: ConnectionTarget, signal: AbortSignal): Promise<void>;
}

/** Finds the machines of simulated sites in another process. */
export const remoteCatalog = (calls: RemoteCalls, { clock, reads }: RemoteTiming): RemoteCatalog => {
  const watches = new Set<{ readonly target: ConnectionTarget; readonly stop: AbortController }>();
  const of = ({ id }: ConnectionTarget) => ({ connection: id, port: 'machine-catalog' }) as const;

  async function* reading<Item>(items: AsyncIterable<Item>) {
    try {
      yield* items;
    } catch (error) {
      throw readFault(error);
    }
  }

  return {
    ping: async (target, signal) => {
      const call = { ...of(target), method: 'ping', args: {} } as const;
      await calls.single(target, call, z.null(), signal).catch((error: unknown) => Promise.reject(readFault(error)));
    },
    test: async (target, signal) => {
      const begun = clock.monotonic();
      try {
        return await calls.single(target, { ...of(target), method: 'test', args: {} }, ProbesSent, signal);
      } catch (error) {
        const { code, detail } = readFault(error);
        return [{ step: 'tcp', ok: false, code, detail, durationMs: Math.round(clock.monotonic() - begun) }];
      }
    },
    list: async function* (target, signal) {
      const order = reads.next();
      const call = { ...of(target), method: 'list', args: {} } as const;
      for await (const batch of reading(calls.items(target, call, BatchSent, signal))) yield numbered(batch, order);
    },
    identities: (target, signal) =>
      reading(calls.items(target, { ...of(target), method: 'identities', args: {} }, IdentitiesSent, signal)),
    read: async (target, keys, signal) => {
      const order = reads.next();
      const call = { ...of(target), method: 'read', args: { keys } } as const;
      try {
        const machines = await calls.single(target, call, BatchSent.shape.machines, signal);
        return numbered({ machines, skipped: [] }, order).machines;
      } catch (error) {
        throw readFault(error);
      }
    },
    watch: async function* (target, signal) {
      const watch = { target, stop: new AbortController() };
      watches.add(watch);
      try {
        yield* followRemote(calls, reads, target, AbortSignal.any([signal, watch.stop.signal]));
      } catch (error) {
        if (!signal.aborted && !watch.stop.signal.aborted) throw readFault(error);
      } finally {
        watches.delete(watch);
      }
      if (!signal.aborted && watch.stop.signal.aborted) throw faultOf(watch.stop.signal.reason);
    },
    // Only what this process has open: others have their own. Whoever releases an old revision leaves the newer one alone.
    release: async (target) => {
      const gone = new ProviderFault('provider_unreachable', `The session with ${target.id} was ended.`);
      for (const { target: watched, stop } of watches)
        if (watched.id === target.id && watched.revision <= target.revision) stop.abort(gone);
      await calls.release(target);
    },
  };
};
