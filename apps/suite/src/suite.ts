// Starts, stops and rebuilds the whole house in one process. The port is open before the views have caught up, so that
// liveness is seen; a stop ends requests and flows side by side, then closes the stores. Never: close a store before
// everything that writes to it.
import 'reflect-metadata';
import { createServer, type AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CannotStart, close, HealthModule, httpAdapter, listen, nestLog, Readiness, RouteTable } from '@drover/api';
import { problems, services, type Service } from '@drover/contracts';
import { eachStep, systemNow } from '@drover/kernel';
import {
  DirectoryRefused,
  forgetSignInCodes,
  isInUse,
  openDataDirectory,
  requireDataDirectory,
  storeNotes,
} from '@drover/local';
import { StoreRefused } from '@drover/ports';
import { acceptLoss, FileRefused, verifyStores } from '@drover/sqlite';
import { addressOf, type SuiteConfig } from './config.js';
import { embeddedPorts, foldersOf, type EmbeddedPorts } from './embedded-ports.js';
import { checksOf, viewsAwaited } from './health.js';
import { mountAll, SuiteModule } from './suite.module.js';
import { telemetryOf, watchServices, type SuiteTelemetry } from './telemetry.js';
import { linkOf, version, welcomeOf } from './welcome.js';

/** Of the 25 s that a stop may take, what open requests get. */
const DRAIN_SECONDS = 20;
type Say = (line: string) => void;

/** What a start that failed says: a sentence for what the operator can fix, the stack for what is our bug. */
export const explain = (error: unknown) => {
  const lacks = error instanceof StoreRefused && error.code === 'store_shorter_than_anchor'; // with its own remedy
  if (error instanceof StoreRefused && !lacks) return `${error.message} ${problems[error.code][3]}`;
  const own = lacks || [CannotStart, DirectoryRefused, FileRefused].some((each) => error instanceof each);
  return own ? (error as Error).message : error;
};

/** Why a store cannot be written at all: a process that runs tries again, whoever rebuilds by hand is told. */
const UNWRITABLE: ReadonlySet<string> = new Set(['store_full', 'store_unavailable']);

/** A free port, where 0 was asked for: the address must be known before it is listened on, to know it again in requests. */
const portOf = (host: string, port: number) =>
  port !== 0
    ? Promise.resolve(port)
    : new Promise<number>((done, fail) => {
        const probe = createServer()
          .on('error', fail)
          .listen(0, host, () => {
            const { port: free } = probe.address() as AddressInfo;
            probe.close(() => done(free));
          });
      });

/** Mounts every capability on the embedded adapters. Nothing works until `flows.start()`. Views that catch up stop at the signal. */
const mountOn = async (ports: EmbeddedPorts, telemetry: SuiteTelemetry, signal: AbortSignal) => {
  const { flows, stopping, owners, door, audit, refusing } = ports;
  const giveUp = () => stopping.abort(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  const capabilities = await mountAll(ports.of, { door, flows, telemetry });
  signal.removeEventListener('abort', giveUp);
  signal.throwIfAborted();
  for (const { answers } of capabilities) if (answers) owners.offer(answers);
  const checks = { refusing, detail: checksOf(ports, capabilities), metrics: () => telemetry.metrics.text() };
  watchServices(ports, capabilities, telemetry);
  return [...capabilities.map(({ module }) => module), HealthModule.with({ ...door, audit }, checks)];
};

/** After an error, which is told: what fails now is reported. */
const letGo = (ports: EmbeddedPorts, { report }: SuiteTelemetry) =>
  ports.close().catch((e: unknown) => report('closing', e));

/** Opens the adapters and mounts every capability on them; closes them again when that fails. */
const mount = async (config: SuiteConfig, telemetry: SuiteTelemetry, signal: AbortSignal, rebuild = false) => {
  const port = await portOf(config.host, config.port);
  const { origin, hosts } = addressOf(config, port);
  const { report } = telemetry;
  const say = (sentence: string) => telemetry.log.warn(sentence);
  const ports = await embeddedPorts({ config, origin, report, say, rebuild });
  try {
    return { ports, modules: await mountOn(ports, telemetry, signal), origin, hosts, port };
  } catch (error) {
    await letGo(ports, telemetry);
    throw error;
  }
};

/**
 * Starts every service in this process, listens, and gives back how to stop. Until it has started the signal gives it
 * up: it lets go of everything and throws the reason.
 */
export const startSuite = async (config: SuiteConfig, signal: AbortSignal, telemetry = telemetryOf(config)) => {
  const mounted = await mount(config, telemetry, signal);
  const { ports, modules, origin, hosts, port } = mounted;
  const { stopping, flows, strangers } = ports;
  const { trustedProxies, inFlight } = config;
  const halt = () => stopping.abort(new Error('the process stops'));
  const giveUp = () => {
    halt();
    void flows.stop(); // views that catch up are waited for no longer
  };
  signal.addEventListener('abort', giveUp, { once: true });
  let app: NestFastifyApplication | undefined;
  try {
    app = await NestFactory.create<NestFastifyApplication>(
      SuiteModule.with(modules),
      await httpAdapter({ allowedHosts: hosts, trustedProxies, inFlight, telemetry }),
      { logger: nestLog(telemetry.log), abortOnError: false },
    );
    await app.init();
    app.get(RouteTable, { strict: false }).requireAllOf([...services, 'operation']);
    forgetSignInCodes(ports.data.path, systemNow());
    signal.throwIfAborted();
    // The port first: whoever keeps the process sees that it lives, however long the views take.
    const readiness = app.get(Readiness, { strict: false });
    readiness.hold();
    await listen(app, config.host, port);
    signal.throwIfAborted();
    const simulated = readiness.waitFor('simulated sites', 'Their machines are set up.', ports.simulated(signal));
    simulated.catch(() => {}); // waited for below
    await simulated;
    await readiness.waitFor('views', viewsAwaited(flows), flows.start());
    signal.throwIfAborted();
    readiness.started();
    const started = app;
    telemetry.log.info('ready', { version: version(), origin, dataDir: config.dataDir });
    return {
      welcome: welcomeOf(config, origin),
      stop: async () => {
        // Side by side: a provider that hangs must not add its time to that of a request that does.
        const ends = [close(started, DRAIN_SECONDS, halt), flows.stop()];
        await eachStep(() => Promise.allSettled(ends), ...ends.map((end) => () => end), strangers.flush, ports.close);
      },
    };
  } catch (error) {
    halt();
    await Promise.allSettled([app?.close(), flows.stop()]);
    await letGo(ports, telemetry);
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
};

/** A link for a suite that runs; both need nothing of each other but the directory. `note`: when none runs there. */
export const loginLink = (config: SuiteConfig) => {
  requireDataDirectory(config.dataDir);
  const { origin } = addressOf(config, config.port);
  const note = `No Drover runs on ${config.dataDir}: the link works once one runs there and is reached at ${origin}.`;
  return { link: linkOf(origin, config.dataDir), note: isInUse(config.dataDir) ? null : note };
};

/**
 * Rebuilds the journal and every view from the facts, beside those that there are, and puts them in their place once
 * they are complete; on a disk that takes nothing it gives up and leaves those. What there was of them may be damaged.
 */
export const rebuildSuite = async (config: SuiteConfig, say: Say, telemetry = telemetryOf(config)) => {
  requireDataDirectory(config.dataDir);
  let giveUp: (refusal: StoreRefused) => void = () => {};
  const refused = new Promise<never>((_, fail) => (giveUp = fail));
  refused.catch(() => {}); // it may come when nobody waits for it
  const told: SuiteTelemetry['report'] = (where, error) => {
    if (error instanceof StoreRefused && UNWRITABLE.has(error.code)) giveUp(error);
    else telemetry.report(where, error);
  };
  const { ports } = await mount(config, { ...telemetry, report: told }, new AbortController().signal, true);
  const { flows } = ports;
  try {
    say('Rebuilding the journal and all views from the events …');
    await Promise.race([flows.rebuild(), refused]);
    ports.keepRebuilt();
  } finally {
    await eachStep(flows.stop, ports.close);
  }
  for (const line of ports.damaged()) say(line);
  say('Done.');
};

/** Looks at everything that is stored while nobody uses it: each thing that is wrong, in a sentence. */
export const verifySuite = (config: SuiteConfig): readonly string[] => {
  requireDataDirectory(config.dataDir);
  const data = openDataDirectory(config.dataDir);
  try {
    return verifyStores(foldersOf(data), storeNotes(data.path));
  } finally {
    data.close();
  }
};

/** Accepts by name what the store of a service lacks, says what is gone, and rebuilds what was read from it. */
export const acceptLossIn = async (config: SuiteConfig, service: Service, say: Say) => {
  requireDataDirectory(config.dataDir);
  const data = openDataDirectory(config.dataDir);
  let accepted;
  try {
    accepted = await acceptLoss(service, foldersOf(data), storeNotes(data.path));
  } finally {
    data.close();
  }
  if (!accepted) return say(`The ${service} store lacks nothing: nothing was done.`);
  for (const line of accepted) say(line);
  await rebuildSuite(config, say);
};
