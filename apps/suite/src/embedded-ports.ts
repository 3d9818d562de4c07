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
  readCounter,
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

/** Opens an adapter that is closed with the others, the last one first. */
type Open = <Adapter extends { close(): void | Promise<void> }>(make: () => Adapter) => Adapter;

/** A service's two files: facts that are never lost, views that can be grown again. */
const storesOf = (folder: string, clock: Clock, open: Open) => ({
  eventStore: open(() =>
    sqliteEventStore({ path: join(folder, 'facts.db'), anchor: { path: join(folder, 'anchor'), clock } }),
  ),
  views: open(() => sqliteViewStore({ path: join(folder, 'views.db'), clock })),
});

/** How a part does, by name. */
export type Check = readonly [string, { readonly ok: boolean; readonly detail: string }];

/** Tries a part. */
const tried = async (name: string, act: () => Promise<string>): Promise<Check> => {
  try {
    return [name, { ok: true, detail: await act() }];
  } catch (error) {
    return [name, { ok: false, detail: error instanceof Error ? error.message : String(error) }];
  }
};

/** How the stores of a service do. Its views are written to, in a group of their own that holds nothing else. */
const storeChecks = async (service: string, { eventStore, views }: ReturnType<typeof storesOf>) => {
  const refusal = eventStore.refusal();
  const store: Check = [`${service} store`, { ok: !refusal, detail: refusal?.message ?? 'takes facts' }];
  const view = await tried(`${service} views`, async () => {
    const group = await views.open('health', []);
    const looks = (await group.checkpoint('health')) + 1;
    await group.commit({ source: 'health', upTo: looks, writes: [] });
    return 'can be read and written';
  });
  return [store, view];
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
    identities: (target, signal) => of(target.kind).catalog.identities(target, signal),
    read: async (target, instanceUuids, signal) => of(target.kind).catalog.read(target, instanceUuids, signal),
    watch: (target, signal) => of(target.kind).catalog.watch(target, signal),
    release: async (target) => of(target.kind).catalog.release(target),
  };
  return { control, catalog };
};

/**
 * The adapters of embedded mode: files, this machine's clock, the simulated sites and vSphere. `anew`: without the views
 * and the journal of before. What was opened is closed again when a later step throws.
 */
export const embeddedPorts = async (
  config: SuiteConfig,
  report: (where: string, error: unknown) => void,
  anew = false,
) => {
  await using opening = new AsyncDisposableStack();
  const open: Open = (make) => opening.adopt(orCannotStart(make), (adapter) => adapter.close());
  const data = open(() => openDataDirectory(config.dataDir));
  const clock = localClock();
  const secrets = localSecretSource(config.environment);
  const listed = await connectionsOf(config.connectionsFile, secrets);
  const folder = (name: string) => orCannotStart(() => data.folder(name));
  if (anew) forgetGrown(['inventory', 'power', 'gateway'].map(folder));
  const services = {
    inventory: storesOf(folder('inventory'), clock, open),
    power: storesOf(folder('power'), clock, open),
    gateway: storesOf(folder('gateway'), clock, open),
  };
  const journal = open(() => sqliteJournal({ path: join(folder('gateway'), 'journal.db') }));
  /** This life of the process: whoever holds an operation under another name is dead. */
  const holder = randomUUID();
  const reads = readCounter(holder);
  const { vms: size, latency } = config.simulator;
  const sites = open(() =>
    simulator({ clock, dir: folder('simulator'), size, latency, seed: 'drover', report, reads }),
  );
  const http = undiciOutboundHttp({ clock });
  const vcenters = open(() => vsphere({ http, secrets, clock, reads }));
  const bus = memoryEventBus(clock, report);
  const jobs = memoryJobQueue(clock, (job, key, error) => report(`${job} of ${key}`, error));
  const { control, catalog } = byKind({ simulator: sites, vsphere: vcenters });
  const opened = opening.move();
  return {
    data,
    clock,
    jobs,
    control,
    catalog,
    journal,
    services,
    flows: flowsOf({ bus, jobs, clock, report }),
    configured: [...sites.connections.map((site) => ({ ...site, region: null, groupIds: [] })), ...listed],
    holder,
    /** The stores that lack what they are known to have had. */
    unverified: () =>
      Object.entries(services)
        .filter(([, { eventStore }]) => eventStore.refusal()?.code === 'store_shorter_than_anchor')
        .map(([name]) => `${name} store`),
    /** How each store does. */
    checks: async (): Promise<readonly Check[]> => {
      const stores = await Promise.all(Object.entries(services).map(([name, each]) => storeChecks(name, each)));
      const kept = await tried('gateway journal', async () => {
        const { head, floor } = journal.state();
        return `keeps the events ${floor + 1} to ${head}`;
      });
      return [...stores.flat(), kept];
    },
    /** When nothing asks any more. */
    close: () => opened.disposeAsync(),
  };
};

/** The adapters of a process, for signatures. */
export type EmbeddedPorts = Awaited<ReturnType<typeof embeddedPorts>>;
