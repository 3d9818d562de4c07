// The adapter as a process registers it: both ports on one cluster for each revision of a connection. Never: a fault that is
// thrown where the provider answered; a ping asks for any answer.
import * as z from 'zod';
import { ConnectionKind, type ConnectionId, type ConnectionTarget } from '@drover/kernel';
import { ProviderFault, type FaultCode, type OpenProvider, type ProviderKind, type ProviderPorts } from '@drover/ports';
import { TokenCredential } from './api.proxmox.js';
import { clusterOf, type Cluster } from './cluster.proxmox.js';
import { proxmoxMachines, type ClusterReader } from './machine-catalog.proxmox.js';
import { proxmoxPowerControl } from './power-control.proxmox.js';
import { watch } from './watch.proxmox.js';

/** The faults of a provider that did not answer; any other is an answer. */
const SILENCE: readonly FaultCode[] = ['provider_unreachable', 'certificate_refused', 'no_answer'];

/** Clusters of Proxmox VE by their HTTP API. Nothing is kept beyond the process, and no rule of the house is in here. */
export const proxmox = (ports: ProviderPorts): OpenProvider => {
  const clusters = new Map<ConnectionId, { readonly revision: number; readonly cluster: Cluster }>();
  const of = (target: ConnectionTarget): Cluster => {
    const known = clusters.get(target.id);
    if (known && known.revision >= target.revision) return known.cluster;
    const cluster = clusterOf(target, ports);
    clusters.set(target.id, { revision: target.revision, cluster });
    return cluster;
  };
  const momentOf = () => ({ ...ports.reads.next(), observedAt: ports.clock.now() });
  const readerOf = (target: ConnectionTarget): ClusterReader => ({
    target,
    cluster: of(target),
    momentOf,
    clock: ports.clock,
  });
  return {
    control: proxmoxPowerControl(of, momentOf),
    catalog: {
      ...proxmoxMachines(readerOf),
      watch: (target, signal) => watch(readerOf(target), signal),
      release: async (target) => {
        clusters.delete(target.id);
        await ports.http.release(target);
      },
    },
    ping: async (target, signal) => {
      try {
        await of(target).api.get(z.unknown(), '/version', signal);
      } catch (error) {
        if (!(error instanceof ProviderFault) || SILENCE.includes(error.code)) throw error;
      }
    },
    close: () => clusters.clear(),
  };
};

/** Connections of kind `proxmox`, for the table of a process. */
export const proxmoxKind: ProviderKind = {
  kind: ConnectionKind.parse('proxmox'),
  credential: TokenCredential,
  make: proxmox,
};
