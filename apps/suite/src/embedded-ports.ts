import { randomUUID } from 'node:crypto';
import { CannotStart, identifying } from '@drover/api';
import { asyncApi, openApi } from '@drover/contracts';
import { ConnectionKind, loopShare } from '@drover/kernel';
import {
  ConnectionsFileRefused,
  DefaultSecret,
  DirectoryRefused,
  localClock,
  localSecretSource,
  openDataDirectory,
  readBearerToken,
  readConnectionsFile,
  redeemSignInCode,
  storeNotes,
  tlsOf,
  type DataDirectory,
} from '@drover/local';
import { guarded } from '@drover/guard';
import {
  auditOf,
  memoryOwnerRequest,
  memorySessionStore,
  processLease,
  soleLeases,
  strangersOf,
  flowsOf,
  memoryEventBus,
  memoryJobQueue,
  memoryProviderContact,
  ProviderFault,
  readCounter,
  SecretUnusable,
  StoreRefused,
  watchWallSteps,
  type MachineCatalog,
  type PowerControl,
  type Provider,
  type SecretSource,
} from '@drover/ports';
import { remoteSimulator, simulator, type Simulator } from '@drover/simulator';
import { FileRefused, openDataStores, type DataStores } from '@drover/sqlite';
import { undiciOutboundHttp } from '@drover/undici';
import type { Crash } from '@drover/power';
import type { CapabilityPorts } from './suite.module.js';
import { isLoopback, type SuiteConfig } from './config.js';
import { storeChecks } from './health.js';
import { PROVIDER_KINDS } from './provider-kinds.js';
import { version } from './welcome.js';

/** What an adapter says of a setting, as a start that is refused in one sentence. */
const refusedStart = (error: unknown) => {
  const own = [DirectoryRefused, ConnectionsFileRefused, FileRefused].some((each) => error instanceof each);
  return own ? new CannotStart((error as Error).message, { cause: error }) : error;
};
const orCannotStart = <Value>(open: () => Value): Value => {
  try {
    return open();
  } catch (error) {
    throw refusedStart(error);
  }
};

/** Opens an adapter that is closed with the others, the last one first. */
type OpenAdapter = <Adapter extends { close(): void | Promise<void> }>(make: () => Adapter) => Adapter;

/** The stores of a process, each with why it takes nothing at present. */
const refusalsOf = ({ services, journal }: DataStores): readonly (readonly [string, StoreRefused | null])[] => [
  ...Object.entries(services).flatMap(([name, { eventStore, views, work }]) => [
    [`${name} store`, eventStore.refusal()] as const,
    [`${name} views`, views.refusal()] as const,
    [`${name} working rows`, work.refusal()] as const,
  ]),
  ['gateway journal', journal.refusal()],
];

/** What the secret of a connection holds, by its kind. */
const credentials = new Map(PROVIDER_KINDS.map(({ kind, credential }) => [kind, credential]));

/** The connections of the file, each with what is wrong with its secret. An example secret stops the start. */
const connectionsOf = async (path: string | null, secrets: SecretSource) => {
  const listed = path ? orCannotStart(() => readConnectionsFile(path, [...credentials.keys()])) : [];
  return Promise.all(
    listed.map(async ({ credential, tls, ...connection }) => {
      const schema = credentials.get(connection.kind);
      if (!schema) throw new Error(`the file of connections let the kind ${connection.kind} pass`);
      const unusable = await secrets.credential(credential, schema).then(
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
const byKind = (adapters: ReadonlyMap<ConnectionKind, Provider>): Provider => {
  const of = (kind: ConnectionKind) => {
    const adapter = adapters.get(kind);
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
    read: async (target, keys, signal) => of(target.kind).catalog.read(target, keys, signal),
    watch: (target, signal) => of(target.kind).catalog.watch(target, signal),
    release: async (target) => of(target.kind).catalog.release(target),
  };
  return { control, catalog, ping: async (target, signal) => of(target.kind).ping(target, signal) };
};

const SIMULATOR = ConnectionKind.parse('simulator');

/** The folders of the services. */
export const foldersOf = (data: DataDirectory) => {
  const folder = (name: string) => orCannotStart(() => data.folder(name));
  return { inventory: folder('inventory'), power: folder('power'), gateway: folder('gateway') };
};

/** Resolves with it, or rejects as soon as the signal is aborted. */
const unlessAborted = (signal: AbortSignal, work: Promise<void>) =>
  new Promise<void>((done, fail) => {
    const giveUp = () => fail(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    void work.then(done, fail).finally(() => signal.removeEventListener('abort', giveUp));
    if (signal.aborted) giveUp();
  });

/** What the readers of this process and the listings of machines take of each turn of the event loop, in milliseconds. */
const FLOW_MS = 15;

/** What is said when somebody set the clock. */
const stepped = (ms: number) =>
  `the time of day was set ${Math.abs(Math.round(ms / 1000))} s ${ms > 0 ? 'forward' : 'back'}; deadlines and waits go on as they were`;

/** What the adapters are opened with. */
export interface EmbeddedOptions {
  readonly config: SuiteConfig;
  /** The address Drover is served from. */
  readonly origin: string;
  readonly report: (where: string, error: unknown) => void;
  /** Told in a sentence of what is dropped. */
  readonly say: (sentence: string) => void;
  /** Views and journal are built beside those that there are. */
  readonly rebuild: boolean;
}

/**
 * The adapters of embedded mode: files, this machine's clock, the simulated sites, and each kind of provider that is
 * registered; `of` says what each capability gets of them. What was opened is closed again when a later step throws.
 */
export const embeddedPorts = async ({ config, origin, report, say, rebuild }: EmbeddedOptions) => {
  await using opening = new AsyncDisposableStack();
  const open: OpenAdapter = (make) => opening.adopt(orCannotStart(make), (adapter) => adapter.close());
  const data = open(() => openDataDirectory(config.dataDir, config.sharedData !== null));
  const clock = localClock();
  const steps = watchWallSteps(clock, ({ ms }) => report('clock', stepped(ms)));
  opening.defer(() => steps.stop());
  const secrets = localSecretSource(config.environment);
  const listed = await connectionsOf(config.connectionsFile, secrets);
  const folder = (name: string) => orCannotStart(() => data.folder(name));
  /** This life of the process. */
  const run = randomUUID();
  // Who shares the directory notes nothing in it: its notes are written by one process at a time.
  const notes = config.sharedData ? { ...storeNotes(data.path), write: () => {} } : storeNotes(data.path);
  const shared = config.sharedData && { shared: { ...config.sharedData, run, report } };
  const stores = opening.adopt(
    await openDataStores({
      ...{ folders: foldersOf(data), clock, notes, rebuild, say, ...shared },
      reshaping: config.viewsShape,
    }).catch((error: unknown) => {
      throw refusedStart(error);
    }),
    (each) => each.close(),
  );
  const { services, journal } = stores;
  const reads = readCounter(run);
  // Who shares its data with nobody takes over at once: whoever held an operation before is dead.
  const process = processLease(run, { leases: services.power.leases ?? soleLeases(run), clock, report });
  opening.defer(() => process.stop());
  await process.start();
  const { vms: size, latency } = config.simulator;
  const http = undiciOutboundHttp({ clock });
  const { remoteSites } = config;
  const sites: Provider & Pick<Simulator, 'connections' | 'standing'> = remoteSites
    ? open(() => {
        const token = readBearerToken(remoteSites.token, config.environment);
        return remoteSimulator({ http, url: remoteSites.url, token, clock, reads });
      })
    : open(() => simulator({ clock, dir: folder('simulator'), size, latency, seed: 'drover', report, reads }));
  const twice = listed.find(({ id }) => sites.connections.some((site) => site.id === id));
  if (twice)
    throw new CannotStart(
      `DROVER_CONNECTIONS: the connection ${twice.id} has the id of a simulated site: give it another one, or set DROVER_SIMULATOR_VMS=0.`,
    );
  const share = loopShare(() => clock.monotonic(), FLOW_MS);
  const bus = memoryEventBus(clock, report, share);
  const jobs = memoryJobQueue(clock, (job, key, error) => report(`${job} of ${key}`, error));
  const contact = memoryProviderContact(clock);
  const spoken = PROVIDER_KINDS.map(
    ({ kind, make }) => [kind, open(() => make({ http, secrets, clock, reads }))] as const,
  );
  const providers = byKind(new Map<ConnectionKind, Provider>([[SIMULATOR, sites], ...spoken]));
  const { control, catalog, breakers } = open(() => guarded(providers, { clock, contact, random: Math.random }));
  const stopping = new AbortController();
  const audit = auditOf('gateway', services.gateway.eventStore, () => clock.now());
  const strangers = strangersOf({ audit, clock, report });
  const sessions = memorySessionStore(clock, { minutes: config.sessionMinutes });
  // Over plain HTTP a cookie goes to this machine only.
  const secureCookie = origin.startsWith('https:') || !isLoopback(new URL(origin).hostname);
  const flows = flowsOf({ bus, jobs, clock, report, share });
  const owners = memoryOwnerRequest();
  const { leapt } = steps;
  const common = { report, jobs, clock, leapt, contact, stopping: stopping.signal };
  const crash: Crash = (step, phase) => {
    if (config.crashAt === `${step}:${phase}`) globalThis.process.exit(137);
  };
  const configured = [...sites.connections.map((site) => ({ ...site, region: null, groupIds: [] })), ...listed];
  const capabilities: CapabilityPorts = {
    power: { ...common, ...services.power, process, powerControl: control, crash },
    inventory: { ...common, ...services.inventory, catalog, reads, configured, share },
    gateway: {
      ...{ ...common, ...services.gateway, journal, sessions, strangers, secureCookie, owners, readers: share },
      ...(config.journalKeep !== null && { journalKeep: config.journalKeep }),
      ...{ journalDays: config.journalDays, apiDocs: config.apiDocs, deadLetters: flows.deadLetters },
      redeemLink: async (code) => redeemSignInCode(data.path, code, clock.now()),
      documents: {
        openApi: () => JSON.stringify(openApi(version())),
        asyncApi: () => JSON.stringify(asyncApi(version())),
      },
    },
  };
  const identify = identifying({ sessions, adminToken: data.adminToken, secureCookie });
  const opened = opening.move();
  return {
    of: capabilities,
    /** What all doors have in common. */
    door: { identify, strangers, origin, requireIfMatch: config.requireIfMatch },
    audit,
    strangers,
    owners,
    /** Aborted when the process stops. */
    stopping,
    data,
    clock,
    jobs,
    flows,
    breakers,
    contact,
    /** Resolves once all simulated machines stand: a large fleet takes seconds, and nobody is held up by it. */
    simulated: (signal: AbortSignal) => unlessAborted(signal, sites.standing),
    /** Every store by name, and whether it takes what it is given. */
    stores: () => refusalsOf(stores).map(([name, refusal]) => ({ name, takes: refusal === null })),
    /** The stores that take nothing at present, each with why. */
    refusing: () => refusalsOf(stores).flatMap(([name, refusal]) => (refusal ? [{ name, refusal }] : [])),
    /** What is known to be damaged, in sentences. */
    damaged: () =>
      Object.entries(services).flatMap(([name, { eventStore }]) =>
        eventStore.checked().faults.map((fault) => `${name}: ${fault}.`),
      ),
    /** Of a rebuild: that it is complete. */
    keepRebuilt: () => stores.keepRebuilt(),
    /** How each store does. */
    checks: () => storeChecks(stores, refusalsOf(stores)),
    /** When nothing asks any more. */
    close: () => opened.disposeAsync(),
  };
};

/** The adapters of a process, for signatures. */
export type EmbeddedPorts = Awaited<ReturnType<typeof embeddedPorts>>;
