// The adapters of embedded mode: what is opened, in which order, and what each capability gets of it. What was opened is
// closed again when a later step fails. Never: a decision; a rule belongs to a capability, a translation to an adapter.
import { randomUUID } from 'node:crypto';
import { identifying } from '@drover/api';
import { asyncApi, openApi, services } from '@drover/contracts';
import { loopShare, ProcessRunId } from '@drover/kernel';
import { localClock, openDataDirectory, redeemSignInCode, storeNotes, type DataDirectory } from '@drover/local';
import {
  auditOf,
  flowsOf,
  memoryEventBus,
  memoryJobQueue,
  memoryOwnerRequest,
  memoryProviderContact,
  memorySessionStore,
  processLease,
  readCounter,
  soleLeases,
  strangersOf,
  watchWallSteps,
  type StoreRefused,
} from '@drover/ports';
import type { Crash } from '@drover/power';
import { openDataStores, type DataStores, type Folders } from '@drover/sqlite';
import { isLoopback, type SuiteConfig } from './config.js';
import { openProviders, orCannotStart, refusedStart, unlessAborted, type OpenAdapter } from './embedded-providers.js';
import { storeChecks } from './health.js';
import type { CapabilityPorts } from './suite.module.js';
import { version } from './welcome.js';

/** The stores of a process, each with why it takes nothing at present. */
const refusalsOf = ({ services, journal }: DataStores): readonly (readonly [string, StoreRefused | null])[] => [
  ...Object.entries(services).flatMap(([name, { eventStore, views, work }]) => [
    [`${name} store`, eventStore.refusal()] as const,
    [`${name} views`, views.refusal()] as const,
    [`${name} working rows`, work.refusal()] as const,
  ]),
  ['gateway journal', journal.refusal()],
];

/** The folders of the services. */
export const foldersOf = (data: DataDirectory): Folders => {
  const folder = (name: string) => orCannotStart(() => data.folder(name));
  return Object.fromEntries(services.map((service) => [service, folder(service)])) as Folders;
};

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
  const folder = (name: string) => orCannotStart(() => data.folder(name));
  /** This life of the process. */
  const run = ProcessRunId.parse(randomUUID());
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
  const { services: serviceStores, journal } = stores;
  const reads = readCounter(run);
  // Who shares its data with nobody takes over at once: whoever held an operation before is dead.
  const process = processLease(run, { leases: serviceStores.power.leases ?? soleLeases(run), clock, report });
  opening.defer(() => process.stop());
  await process.start();
  const contact = memoryProviderContact(clock);
  const providers = await openProviders({ config, clock, reads, contact, report, open, folder });
  const { control, catalog, breakers, configured } = providers;
  const share = loopShare(() => clock.monotonic(), FLOW_MS);
  const bus = memoryEventBus(clock, report, share);
  const jobs = memoryJobQueue(clock, (job, key, error) => report(`${job} of ${key}`, error));
  const stopping = new AbortController();
  const audit = auditOf('gateway', serviceStores.gateway.eventStore, () => clock.now());
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
  const capabilities: CapabilityPorts = {
    power: { ...common, ...serviceStores.power, process, powerControl: control, crash },
    inventory: { ...common, ...serviceStores.inventory, catalog, reads, configured, share },
    gateway: {
      ...{ ...common, ...serviceStores.gateway, journal, sessions, strangers, secureCookie, owners, readers: share },
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
    simulated: (signal: AbortSignal) => unlessAborted(signal, providers.standing),
    /** Every store by name, and whether it takes what it is given. */
    stores: () => refusalsOf(stores).map(([name, refusal]) => ({ name, takes: refusal === null })),
    /** The stores that take nothing at present, each with why. */
    refusing: () => refusalsOf(stores).flatMap(([name, refusal]) => (refusal ? [{ name, refusal }] : [])),
    /** What is known to be damaged, in sentences. */
    damaged: () =>
      Object.entries(serviceStores).flatMap(([name, { eventStore }]) =>
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
