import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart } from '@drover/api';
import type { ConnectionKind } from '@drover/kernel';
import {
  ConnectionsFileRefused,
  DefaultSecret,
  DirectoryRefused,
  localClock,
  localSecretSource,
  openDataDirectory,
  readConnectionsFile,
  tlsOf,
} from '@drover/local';
import {
  flowsOf,
  memoryEventBus,
  memoryJobQueue,
  ProviderFault,
  SecretUnusable,
  type Clock,
  type MachineCatalog,
  type PowerControl,
  type SecretSource,
} from '@drover/ports';
import { simulator } from '@drover/simulator';
import { FileRefused, sqliteEventStore, sqliteJournal, sqliteViewStore } from '@drover/sqlite';
import { undiciOutboundHttp } from '@drover/undici';
import { vsphere } from '@drover/vsphere';
import type { SuiteConfig } from './config.js';

/** Turns what an adapter says of a setting into a start that is refused in one sentence. */
const orCannotStart = <Value>(open: () => Value): Value => {
  try {
    return open();
  } catch (error) {
    if (error instanceof DirectoryRefused || error instanceof ConnectionsFileRefused || error instanceof FileRefused)
      throw new CannotStart(error.message, { cause: error });
    throw error;
  }
};

/** Takes away what can be grown again from the facts, whatever state it is in. */
const forgetGrown = (folders: readonly string[]) => {
  const files = folders.flatMap((folder) => [join(folder, 'views.db'), join(folder, 'journal.db')]);
  for (const file of files) for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true });
};

/** A service's two files: facts that are never lost, views that can be grown again. */
const filesOf = (folder: string, clock: Clock) => {
  const eventStore = sqliteEventStore({
    path: join(folder, 'facts.db'),
    anchor: { path: join(folder, 'anchor'), clock },
  });
  const views = sqliteViewStore({ path: join(folder, 'views.db'), clock });
  return { eventStore, views, close: async () => void (await Promise.all([eventStore.close(), views.close()])) };
};

/** The connections of the file, each with what is wrong with its secret. An example secret stops the start. */
const connectionsOf = async (path: string | null, secrets: SecretSource) => {
  const listed = path ? orCannotStart(() => readConnectionsFile(path)) : [];
  return Promise.all(
    listed.map(async ({ credential, tls, ...connection }) => {
      const unusable = await secrets.credential(credential).then(
        () => ({}),
        (error: unknown) => {
          if (error instanceof DefaultSecret)
            throw new CannotStart(
              `The connection ${connection.id} has no secret of its own: ${error.message}. Set one.`,
            );
          if (error instanceof SecretUnusable) return { problem: error.message };
          throw error;
        },
      );
      return { ...connection, region: null, credentialRef: credential, tls: tlsOf(tls), ...unusable };
    }),
  );
};

/** One adapter for all connections: each speaks to those of its kind. */
const byKind = (adapters: Partial<Record<ConnectionKind, { control: PowerControl; catalog: MachineCatalog }>>) => {
  const of = (kind: ConnectionKind) => {
    const adapter = adapters[kind];
    if (!adapter) throw new ProviderFault('provider_error', `nothing here speaks to connections of kind ${kind}`);
    return adapter;
  };
  const control: PowerControl = {
    read: async (machine, signal) => of(machine.target.kind).control.read(machine, signal),
    send: async (machine, call, token, signal) => of(machine.target.kind).control.send(machine, call, token, signal),
  };
  const catalog: MachineCatalog = {
    test: async (target, signal) => of(target.kind).catalog.test(target, signal),
    list: (target, signal) => of(target.kind).catalog.list(target, signal),
    watch: (target, signal) => of(target.kind).catalog.watch(target, signal),
    release: async (target) => of(target.kind).catalog.release(target),
  };
  return { control, catalog };
};

/**
 * The adapters of embedded mode: files, this machine's clock, the simulated sites and vSphere. `anew`: without the views
 * and the journal of before.
 */
export const embeddedPorts = async (
  config: SuiteConfig,
  report: (where: string, error: unknown) => void,
  anew = false,
) => {
  const data = orCannotStart(() => openDataDirectory(config.dataDir));
  const clock = localClock();
  const secrets = localSecretSource(config.environment);
  const listed = await connectionsOf(config.connectionsFile, secrets).catch((error: unknown) => {
    data.close();
    throw error;
  });
  if (anew) forgetGrown(['inventory', 'power', 'gateway'].map((service) => data.folder(service)));
  const files = (service: string) => orCannotStart(() => filesOf(data.folder(service), clock));
  const [inventory, power, gateway] = [files('inventory'), files('power'), files('gateway')];
  const journal = orCannotStart(() => sqliteJournal({ path: join(data.folder('gateway'), 'journal.db') }));
  const { vms: size, latency } = config.simulator;
  const sites = simulator({ clock, dir: data.folder('simulator'), size, latency, seed: 'drover' });
  const http = undiciOutboundHttp();
  const vcenters = vsphere({ http, secrets, clock });
  const bus = memoryEventBus(clock, report);
  const jobs = memoryJobQueue(clock, (job, key, error) => report(`${job} of ${key}`, error));
  const { control, catalog } = byKind({ simulator: sites, vsphere: vcenters });
  return {
    data,
    clock,
    jobs,
    control,
    catalog,
    journal,
    services: { inventory, power, gateway },
    flows: flowsOf({ bus, jobs, clock, report }),
    configured: [...sites.connections.map((site) => ({ ...site, region: null, groupIds: [] })), ...listed],
    /** This life of the process: whoever holds an operation under another name is dead. */
    holder: randomUUID(),
    /** When nothing asks any more. */
    close: async () => {
      sites.close();
      await vcenters.close();
      await Promise.all([inventory.close(), power.close(), gateway.close(), journal.close()]);
      data.close();
    },
  };
};
