// The adapter as a process registers it: power control and catalog on shared sessions, and a mask on every text that leaves.
// Never: hand out a port of this folder that is not wrapped here; its faults may quote a password.
import { ConnectionKind, type ConnectionTarget } from '@drover/kernel';
import type {
  CatalogNews,
  MachineBatch,
  MachineCatalog,
  OpenProvider,
  PowerControl,
  Provider,
  ProviderKind,
  ProviderPorts,
} from '@drover/ports';
import { vsphereMachineCatalog } from './machines/machine-catalog.vsphere.js';
import { vspherePowerControl } from './power/power-control.vsphere.js';
import { maskedFault } from './session/secret-words.vsphere.js';
import { sessionsOf, type Sessions } from './session/sessions.vsphere.js';
import { VsphereCredential } from './session/sign-in.vsphere.js';

/** Words that leave the adapter hold no secret: those of faults, of a machine's question, and of a test's steps. */
const wellSpoken = (sessions: Sessions, control: PowerControl, catalog: MachineCatalog): Provider => {
  const masking = (target: ConnectionTarget) => {
    const { masked } = sessions.of(target).session;
    return {
      masked,
      fail: (error: unknown): never => {
        throw maskedFault(error, { masked });
      },
    };
  };
  async function* each<Item>(target: ConnectionTarget, items: AsyncIterable<Item>) {
    try {
      yield* items;
    } catch (error) {
      masking(target).fail(error);
    }
  }
  /** Why a machine was skipped is told in words of the provider's. */
  async function* eachBatch<Batch extends MachineBatch | CatalogNews>(
    target: ConnectionTarget,
    batches: AsyncIterable<Batch>,
  ): AsyncGenerator<Batch> {
    const { masked } = masking(target);
    for await (const batch of each(target, batches))
      yield 'skipped' in batch
        ? { ...batch, skipped: batch.skipped.map((machine) => ({ ...machine, why: masked(machine.why) })) }
        : batch;
  }
  const read: PowerControl['read'] = async (machine, signal) => {
    const { masked, fail } = masking(machine.target);
    const reading = await control.read(machine, signal).catch(fail);
    return { ...reading, question: reading.question === null ? null : masked(reading.question) };
  };
  return {
    control: {
      ...control,
      read,
      send: (machine, ...call) => control.send(machine, ...call).catch(masking(machine.target).fail),
    },
    catalog: {
      ...catalog,
      test: async (target, signal) => {
        const probes = await catalog.test(target, signal);
        const { masked } = masking(target);
        return probes.map((probe) => ({ ...probe, detail: probe.detail === null ? null : masked(probe.detail) }));
      },
      list: (target, signal) => eachBatch(target, catalog.list(target, signal)),
      identities: (target, signal) => each(target, catalog.identities(target, signal)),
      read: (target, instanceUuids, signal) => catalog.read(target, instanceUuids, signal).catch(masking(target).fail),
      watch: (target, signal) => eachBatch(target, catalog.watch(target, signal)),
    },
    ping: (target: ConnectionTarget, signal: AbortSignal) =>
      sessions.of(target).session.ping(signal).catch(masking(target).fail),
  };
};

/**
 * vSphere by its SOAP interface: vCenter and single hosts. Both ports share one session per connection, so a provider
 * sees one sign-in of ours, whoever asks. No rule of the house is in here, and nothing is kept beyond the process.
 */
export const vsphere = (ports: ProviderPorts): OpenProvider => {
  const sessions = sessionsOf(ports);
  return {
    ...wellSpoken(sessions, vspherePowerControl(sessions, ports), vsphereMachineCatalog(sessions, ports)),
    /** Signs out everywhere. */
    close: () => sessions.close(),
  };
};

/** Connections of kind `vsphere`, for the table of a process. */
export const vsphereKind: ProviderKind = {
  kind: ConnectionKind.parse('vsphere'),
  credential: VsphereCredential,
  make: vsphere,
};
