// The providers of embedded mode: the simulated sites, and each kind that is registered. Never: a kind of provider by its
// name, but for the simulated sites; the others come from the table of kinds.
import { CannotStart } from '@drover/api';
import { guarded } from '@drover/provider-guard';
import { ConnectionKind } from '@drover/kernel';
import {
  ConnectionsFileRefused,
  DefaultSecret,
  DirectoryRefused,
  localSecretSource,
  readBearerToken,
  readConnectionsFile,
  tlsOf,
} from '@drover/local';
import { SecretUnusable, type Clock, type Provider, type ReadCounter, type SecretSource } from '@drover/ports';
import { remoteSimulator, simulator, type Simulator } from '@drover/simulator';
import { FileRefused } from '@drover/sqlite';
import { undiciOutboundHttp } from '@drover/undici';
import type { SuiteConfig } from './config.js';
import { PROVIDER_KINDS } from './provider-kinds.js';
import { providersByKind } from './providers-by-kind.js';

/** What an adapter says of a setting, as a start that is refused in one sentence. */
export const refusedStart = (error: unknown) => {
  const own = [DirectoryRefused, ConnectionsFileRefused, FileRefused].some((each) => error instanceof each);
  return own ? new CannotStart((error as Error).message, { cause: error }) : error;
};

/** Opens something, or refuses the start in one sentence. */
export const orCannotStart = <Value>(open: () => Value): Value => {
  try {
    return open();
  } catch (error) {
    throw refusedStart(error);
  }
};

/** Opens an adapter that is closed with the others, the last one first. */
export type OpenAdapter = <Adapter extends { close(): void | Promise<void> }>(make: () => Adapter) => Adapter;

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

const SIMULATOR = ConnectionKind.parse('simulator');

/** Resolves with it, or rejects as soon as the signal is aborted. */
export const unlessAborted = (signal: AbortSignal, work: Promise<void>) =>
  new Promise<void>((done, fail) => {
    const giveUp = () => fail(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    void work.then(done, fail).finally(() => signal.removeEventListener('abort', giveUp));
    if (signal.aborted) giveUp();
  });

/** What providers are opened with. */
export interface ProvidersOptions {
  readonly config: SuiteConfig;
  readonly clock: Clock;
  readonly reads: ReadCounter;
  readonly contact: Parameters<typeof guarded>[1]['contact'];
  readonly report: (where: string, error: unknown) => void;
  readonly open: OpenAdapter;
  /** A folder of the data directory, made when it is not there. */
  readonly folder: (name: string) => string;
}

/** Opens all providers behind one guard. The simulated sites stand in this process, or in one of their own. */
export const openProviders = async ({ config, clock, reads, contact, report, open, folder }: ProvidersOptions) => {
  const { environment, connectionsFile, remoteSites } = config;
  const secrets = localSecretSource(environment);
  const listed = await connectionsOf(connectionsFile, secrets);
  const http = undiciOutboundHttp({ clock });
  const { vms: size, latency } = config.simulator;
  const sites: Provider & Pick<Simulator, 'connections' | 'standing'> = remoteSites
    ? open(() => {
        const token = readBearerToken(remoteSites.token, environment);
        return remoteSimulator({ http, url: remoteSites.url, token, clock, reads });
      })
    : open(() => simulator({ clock, dir: folder('simulator'), size, latency, seed: 'drover', report, reads }));
  const twice = listed.find(({ id }) => sites.connections.some((site) => site.id === id));
  if (twice)
    throw new CannotStart(
      `DROVER_CONNECTIONS: the connection ${twice.id} has the id of a simulated site: give it another one, or set DROVER_SIMULATOR_VMS=0.`,
    );
  const spoken = PROVIDER_KINDS.map(
    ({ kind, make }) => [kind, open(() => make({ http, secrets, clock, reads }))] as const,
  );
  const providers = providersByKind(new Map<ConnectionKind, Provider>([[SIMULATOR, sites], ...spoken]));
  return {
    ...open(() => guarded(providers, { clock, contact, random: Math.random })),
    /** What the file of connections and the simulated sites state. */
    configured: [...sites.connections.map((site) => ({ ...site, region: null, groupIds: [] })), ...listed],
    /** Resolves once all simulated machines stand. */
    standing: sites.standing,
  };
};
