import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CannotStart, close, doorAuditOf, HealthModule, httpAdapter, listen, Readiness } from '@drover/api';
import { asyncApi, openApi, problems } from '@drover/contracts';
import { GatewayModule, gatewayUseCases } from '@drover/gateway';
import { InventoryModule } from '@drover/inventory';
import { Instant, systemNow } from '@drover/kernel';
import {
  DirectoryRefused,
  forgetSignInCodes,
  issueSignInCode,
  redeemSignInCode,
  requireDataDirectory,
} from '@drover/local';
import { memorySessionStore, StoreRefused } from '@drover/ports';
import { PowerModule, powerUseCases } from '@drover/power';
import type { SuiteConfig } from './config.js';
import { embeddedPorts } from './embedded-ports.js';
import { SuiteModule } from './suite.module.js';

const LINK_SECONDS = 600;
/** Of the 25 s that a stop may take, what open requests get. */
const DRAIN_SECONDS = 20;

/** The version of this Drover, as its package says. */
const version = () => {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
};

/** What a start that failed says: a sentence for what the operator can mend, the stack for what is our bug. */
export const explain = (error: unknown) => {
  if (error instanceof StoreRefused) return `${error.message} ${problems[error.code][3]}`;
  return error instanceof CannotStart || error instanceof DirectoryRefused ? error.message : error;
};

const report = (where: string, error: unknown) => console.error(`${systemNow()} ${where}:`, error);

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

/** Where people reach it, and which `Host` headers are ours: on loopback every name of it. */
const addressOf = ({ host, publicUrl, allowedHosts }: SuiteConfig, port: number) => {
  const origin = publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const named = allowedHosts ?? [new URL(origin).host];
  const names = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  return { origin, hosts: [...named, ...names] };
};

const linkOf = (origin: string, dataDir: string) => {
  const code = issueSignInCode(dataDir, Instant.plusSeconds(systemNow(), LINK_SECONDS));
  return `${origin}/api/auth/link/${code}`;
};

const welcomeOf = ({ dataDir, simulator, connectionsFile }: SuiteConfig, origin: string) => {
  const token = `Authorization: Bearer $(cat ${dataDir}/admin.token)`;
  const fleet = [
    simulator.vms > 0 && `${simulator.vms} simulated machines`,
    connectionsFile && `connections from ${connectionsFile}`,
  ];
  return [
    `Drover ${version()} is ready at ${origin} (data in ${dataDir}; ${fleet.filter(Boolean).join(', ') || 'no connections'})`,
    '',
    `Sign in, once within ten minutes:  ${linkOf(origin, dataDir)}`,
    `Read and try the API:              ${origin}/api/docs`,
    '',
    'Three commands to try:',
    `  curl -H "${token}" '${origin}/api/v1/fleet'`,
    `  curl -H "${token}" '${origin}/api/v1/vms?power=poweredOn&limit=3&fields=id,name,power'`,
    `  curl -N -H "${token}" '${origin}/api/events/stream'`,
  ].join('\n');
};

/** Mounts every service on the embedded adapters. Nothing works until `flows.start()`. */
const mount = async (config: SuiteConfig, anew = false) => {
  const ports = await embeddedPorts(config, report, anew);
  const { clock, jobs, services, flows, holder, data } = ports;
  const port = await portOf(config.host, config.port);
  const { origin, hosts } = addressOf(config, port);
  const stopping = new AbortController();
  const { crashAt } = config;
  const crash = (step: string, phase: string) => {
    if (crashAt?.step === step && crashAt.phase === phase) process.exit(137);
  };

  const powerPorts = {
    ...{ eventStore: services.power.eventStore, views: services.power.views, jobs, clock, holder, crash },
    ...{ powerControl: ports.control, stopping: stopping.signal },
  };
  const power = await powerUseCases(powerPorts);
  const gateway = await gatewayUseCases({
    ...{
      eventStore: services.gateway.eventStore,
      views: services.gateway.views,
      journal: ports.journal,
      clock,
      origin,
    },
    sessions: memorySessionStore(clock, { minutes: config.sessionMinutes }),
    redeemLink: async (code) => redeemSignInCode(data.path, code, clock.now()),
    adminToken: data.adminToken,
    stopping: stopping.signal,
    readPower: power.readPower,
    documents: {
      openApi: () => JSON.stringify(openApi(version())),
      asyncApi: () => JSON.stringify(asyncApi(version())),
    },
    ...{ journalDays: config.journalDays, apiDocs: config.apiDocs, report },
    secureCookie: origin.startsWith('https:'),
  });
  const { identify } = gateway;
  const door = { identify, origin };
  const { configured, catalog } = ports;
  const modules = [
    PowerModule.of(power, { door, flows }),
    await InventoryModule.with({
      ...{
        eventStore: services.inventory.eventStore,
        views: services.inventory.views,
        jobs,
        clock,
        catalog,
        configured,
      },
      ...{ stopping: stopping.signal, shown: gateway.shown, door, flows },
    }),
    GatewayModule.with(gateway, flows),
  ];
  return { ports, modules, gateway, door, origin, hosts, port, stopping, flows };
};

/** Starts every service in this process, listens, and gives back how to stop. */
export const startSuite = async (config: SuiteConfig) => {
  const { ports, modules, gateway, door, origin, hosts, port, stopping, flows } = await mount(config);
  try {
    const checks = async () =>
      Object.fromEntries(
        Object.entries(ports.services).map(([name, { eventStore: store }]) => {
          const refusal = store.refusal();
          return [`${name} store`, { ok: !refusal, detail: refusal?.message ?? 'takes facts' }];
        }),
      );
    const health = HealthModule.with({ ...door, audit: doorAuditOf(gateway.audit) }, checks);
    const app = await NestFactory.create<NestFastifyApplication>(
      SuiteModule.with([health, ...modules]),
      await httpAdapter({ allowedHosts: hosts, trustedProxies: config.trustedProxies }),
      { logger: ['error', 'warn', 'fatal'], abortOnError: false },
    );
    await app.init();
    forgetSignInCodes(ports.data.path, systemNow());
    await flows.start();
    await listen(app, config.host, port);
    app.get(Readiness, { strict: false }).started();
    return {
      welcome: welcomeOf(config, origin),
      stop: async () => {
        stopping.abort(new Error('the process stops'));
        // Side by side: a provider that hangs must not add its time to that of a request that does.
        await Promise.all([close(app, DRAIN_SECONDS, () => gateway.drainStreams('shutdown')), flows.stop()]);
        await ports.close();
      },
    };
  } catch (error) {
    await flows.stop();
    await ports.close();
    throw error;
  }
};

/** Prints a link for a suite that runs; both need nothing of each other but the directory. */
export const loginLink = async (config: SuiteConfig) => {
  requireDataDirectory(config.dataDir);
  return linkOf(addressOf(config, config.port).origin, config.dataDir);
};

/** Grows the journal and every view anew from the facts, then ends. What there was of them may be damaged. */
export const rebuildSuite = async (config: SuiteConfig, say: (line: string) => void) => {
  requireDataDirectory(config.dataDir);
  const { ports, flows } = await mount(config, true);
  say('Growing the journal and all views anew from the facts …');
  await flows.rebuild();
  await ports.close();
  say('Done.');
};
