// The simulated sites of another process, with the ports that the sites have in this one. Never: an answer before the other
// process says that all machines stand.
import type { PowerControl } from '@drover/ports';
import { sites, siteTarget, type SimulatedConnection } from '../sites/connections.simulator.js';
import { PROCESS, remoteCalls, type RemoteAddress } from './remote-calls.simulator.js';
import { remoteCatalog, type RemoteCatalog } from './remote-catalog.simulator.js';
import { remotePowerControl, type RemoteTiming } from './remote-control.simulator.js';

/** Where the sites are, the time, and the numbers of what this process reads. */
export type RemoteSimulatorOptions = RemoteAddress & RemoteTiming;

/** The simulated sites of another process. */
export interface RemoteSimulator {
  readonly control: PowerControl;
  readonly catalog: RemoteCatalog;
  readonly ping: RemoteCatalog['ping'];
  readonly connections: readonly SimulatedConnection[];
  /** Resolves once the other process says that all machines stand; asked twice a second, whether it runs or not. */
  readonly standing: Promise<void>;
  /** Asks nothing any more and closes what is open. */
  close(): Promise<void>;
}

const POLL_MS = 500;

/** The sites by the process of apps/simulator. Several processes that use one see one fleet. */
export const remoteSimulator = ({ clock, reads, ...address }: RemoteSimulatorOptions): RemoteSimulator => {
  const calls = remoteCalls(address);
  const timing = { clock, reads };
  const catalog = remoteCatalog(calls, timing);
  const stop = new AbortController();
  let cancel = () => {};
  const standing = new Promise<void>((done) => {
    const ask = async () => {
      if (await calls.isReady(stop.signal)) return done();
      if (!stop.signal.aborted) cancel = clock.after(POLL_MS, () => void ask());
    };
    void ask();
  });
  return {
    control: remotePowerControl(calls, timing),
    catalog,
    ping: catalog.ping,
    connections: sites,
    standing,
    close: async () => {
      stop.abort();
      cancel();
      const targets = [PROCESS, ...sites.map(({ id }) => siteTarget(id))];
      await Promise.all(targets.map((target) => catalog.release({ ...target, revision: Infinity })));
    },
  };
};
