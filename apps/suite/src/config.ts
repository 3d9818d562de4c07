// The settings of the process, read once from an environment that main.ts hands in. `--help` and docs/reference/settings.md
// are made from the same schema. Never: read a variable anywhere else, or put a secret into a setting; a connection names
// where its secret is.
import { services, type Service } from '@drover/contracts';
import { Cidr, CredentialRef, factor, readSettings, wholeNumber, type Environment } from '@drover/kernel';
import type { LogLevel } from '@drover/ports';
import type { Crash } from '@drover/power';
import * as z from 'zod';

const yesNo = z.enum(['true', 'false'], 'true or false').transform((text) => text === 'true');
const text = z
  .string()
  .min(1, 'leave it out or give it a value')
  .refine((given) => !/\p{Cc}/u.test(given), 'it holds control characters');
const words = (each: (word: string) => boolean, what: string) =>
  z
    .string()
    .transform((given) =>
      given
        .split(',')
        .map((word) => word.trim())
        .filter(Boolean),
    )
    .refine((given) => given.length > 0 && given.every(each), what);
// Not of all addresses: whoever trusts everyone has no proxy.
const proxies = words(
  (word) => Cidr.safeParse(word).success && !/\/0+$/.test(word),
  'a list of addresses or CIDRs, with commas between them',
);
const hostWithPort = /^(\[[\da-f:.]+\]|[\w-]+(\.[\w-]+)*\.?)(:\d{1,5})?$/i;
const hosts = words(
  (word) => hostWithPort.test(word) && URL.canParse(`http://${word}`),
  'a list of hosts with their port unless it is the usual one, such as drover.example.test,10.1.0.5:8000',
);
/** A host name or address as URLs spell it; nothing for what is none. */
const hostOf = (given: string) => {
  const bare = given.replace(/^\[(.*)\]$/, '$1');
  if (!/^([\w-]+(\.[\w-]+)*|[\da-f:.]*:[\da-f:.]*)$/i.test(bare)) return null;
  const url = URL.parse(`http://${bare.includes(':') ? `[${bare}]` : bare}`);
  return url && url.hostname.replace(/^\[(.*)\]$/, '$1');
};
const host = z.string().transform((given, { addIssue }) => {
  const read = hostOf(given);
  if (read === null) addIssue('a host name or an address without a port, such as 127.0.0.1 or ::1');
  return read ?? z.NEVER;
});
const webAddress = z
  .string()
  .refine(
    (given) => /^https?:\/\/[^/?#@\\\s]+\/?$/.test(given) && URL.canParse(given),
    'an http or https address without a path, such as https://drover.example.test',
  )
  .transform((given) => new URL(given).origin);

/** Every setting of the process: how it is read, what it is when it is left out, what it means. Help and reference are made from it. */
export const settings = z.object({
  APP_PORT: wholeNumber('a port', 0, 65535).default(8000).describe('HTTP port; 0 takes a free one'),
  DROVER_HOST: host.default('127.0.0.1').describe('listen address; anything but loopback needs TLS in front'),
  DROVER_ALLOW_PLAIN_HTTP: yesNo
    .default(false)
    .describe('must be true to listen on an address that is not loopback: Drover itself serves HTTP without TLS'),
  DROVER_PUBLIC_URL: webAddress.optional().describe('where people reach Drover; the listen address unless stated'),
  DROVER_ALLOWED_HOSTS: hosts
    .optional()
    .describe('accepted Host headers, with their port; the public address unless stated'),
  DROVER_TRUSTED_PROXIES: proxies.optional().describe('the proxies whose forwarded headers Drover believes'),
  DROVER_API_DOCS: yesNo.default(true).describe('serves /api/docs, /api/openapi.json and /api/asyncapi.json'),
  DROVER_LIMIT_IN_FLIGHT: wholeNumber('a number of requests', 1, 1000)
    .default(16)
    .describe('how many requests of one connection run at once; the next 64 wait'),
  DROVER_REQUIRE_IF_MATCH: yesNo
    .default(false)
    .describe('a change must send If-Match with the ETag that was read, or *; else 428'),
  DROVER_JOURNAL_DAYS: wholeNumber('a number of days', 1, 3650)
    .default(7)
    .describe('how long a stream can be resumed; the last million events always'),
  DROVER_SESSION_MINUTES: wholeNumber('a number of minutes', 1, 720).default(120).describe('how long a sign-in lasts'),
  DROVER_DATA_DIR: text.default('./data').describe('stores, views, admin.token; used by one process at a time'),
  DROVER_SIMULATOR_VMS: wholeNumber('a number of machines', 0, 100_000)
    .default(200)
    .describe('size of the simulated fleet, 0 = none'),
  DROVER_SIMULATOR_LATENCY: factor.default(1).describe('factor on the simulated latencies, 0 = none'),
  DROVER_LOG: z
    .enum(['error', 'warn', 'info', 'debug'], 'error, warn, info or debug')
    .default('info')
    .describe('the lowest level that is logged: error, warn, info or debug'),
  DROVER_CONNECTIONS: text.optional().describe('JSON or YAML file of provider connections; secrets by reference'),
});

type Step = Parameters<Crash>[0];
type Phase = Parameters<Crash>[1];
const steps = ['graceful', 'forced', 'start', 'verify', 'wait-tools'] as const satisfies readonly Step[];
const phases = ['before-call', 'after-call', 'after-record'] as const satisfies readonly Phase[];
/** Every point of power's work at which a test can have the process die. */
const crashPoint = z.templateLiteral(
  [z.enum(steps), ':', z.enum(phases)],
  'a step and a phase of power, such as verify:after-call',
);

/** What tests set; not for operators, so neither help nor reference tells of it. */
const forTests = {
  DROVER_CRASH_AT: crashPoint.optional(),
  DROVER_SHARED_DATA: yesNo.default(false),
  DROVER_JOURNAL_KEEP: wholeNumber('a number of events', 1, 1_000_000).optional(),
  DROVER_LEASE_SECONDS: wholeNumber('a number of seconds', 1, 60).default(10),
  DROVER_SIMULATOR_URL: webAddress.optional(),
  DROVER_SIMULATOR_TOKEN: z.string().pipe(CredentialRef).optional(),
  /** Makes the shape of all views another one, as another release would: any text. */
  DROVER_VIEWS_SHAPE: text.optional(),
};

const sitesOf = ({
  DROVER_SIMULATOR_URL: url,
  DROVER_SIMULATOR_TOKEN: token,
}: {
  readonly DROVER_SIMULATOR_URL?: string | undefined;
  readonly DROVER_SIMULATOR_TOKEN?: z.output<typeof CredentialRef> | undefined;
}) => (url === undefined || token === undefined ? null : { url, token });

/** Configuration is a value; only this file knows the names of its variables. */
export interface SuiteConfig {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | null;
  readonly allowedHosts: readonly string[] | null;
  readonly trustedProxies: readonly string[];
  readonly apiDocs: boolean;
  /** How many requests of one connection are worked on at once. */
  readonly inFlight: number;
  /** Whether a change of something that has an ETag must say which one was seen. */
  readonly requireIfMatch: boolean;
  readonly journalDays: number;
  readonly sessionMinutes: number;
  readonly dataDir: string;
  readonly simulator: { readonly vms: number; readonly latency: number };
  readonly connectionsFile: string | null;
  /** The least important lines of the log that are written. */
  readonly logLevel: LogLevel;
  /** The environment, for secrets that a connection refers to as `env:<NAME>`. */
  readonly environment: Environment;
  /** For how long a process may be silent that holds a lease, where several use the data directory at once; else null. */
  readonly sharedData: { readonly ttlMs: number } | null;
  /** Where the simulated sites are, when they are a process of their own. */
  readonly remoteSites: { readonly url: string; readonly token: z.output<typeof CredentialRef> } | null;
  /** Where a test wants the process to die: `<step>:<phase>`. */
  readonly crashAt: z.output<typeof crashPoint> | null;
  /** How many of the newest events stay in the journal, however old, where a test says so. */
  readonly journalKeep: number | null;
  /** What a test adds to the shape of all views: with another text they are others. */
  readonly viewsShape: string;
}

/** What a start was asked to do. */
export type Task =
  'serve' | 'help' | 'store help' | 'login-link' | 'rebuild' | 'store verify' | `store accept-loss ${Service}`;

const wide = 28;
const shown = (value: string | number | boolean | readonly string[] | undefined) =>
  value === undefined ? 'none' : value.toString();

const anyService = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(services);
const storeTasks = [
  'npm run store -- verify                 lists damaged or missing data (stop Drover first)',
  `npm run store -- accept-loss <service>  accepts the events that a store has lost (${anyService})`,
];
/** The answer to `npm run store -- --help`, and what is said when nobody knows what of the stores is meant. */
export const STORE_HELP = storeTasks.join('\n');

/** The answer to `--help`, from the same schema that checks. */
export const HELP = [
  'npm start            runs Drover in one process, at http://127.0.0.1:8000',
  'npm run login-link   prints another single-use sign-in link while Drover runs',
  'npm run rebuild      rebuilds all views and the journal from the events (stop Drover first)',
  ...storeTasks,
  '',
  'Settings, from the environment:',
  ...Object.entries(settings.shape).map(
    ([name, type]) => `  ${name.padEnd(wide)} ${type.description} (${shown(type.parse(undefined))})`,
  ),
].join('\n');

const tasks: Readonly<Record<string, Task>> = {
  '': 'serve',
  '--help': 'help',
  '-h': 'help',
  'login-link': 'login-link',
  rebuild: 'rebuild',
  'store --help': 'store help',
  'store -h': 'store help',
  'store verify': 'store verify',
  ...Object.fromEntries(
    services.map((service) => [`store accept-loss ${service}`, `store accept-loss ${service}`] as const),
  ),
};
/** Whose store it is about. */
export const serviceOf = (task: `store accept-loss ${Service}`) => task.slice('store accept-loss '.length) as Service;

/** Whether a host is this machine itself. */
export const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);

/** Reads arguments and environment once. Whatever is wrong is one sentence with the name, the problem and the remedy. */
export const suiteConfig = (
  args: readonly string[],
  env: Environment,
): { readonly task: Task; readonly config: SuiteConfig } | { readonly problem: string; readonly usage?: true } => {
  const words = args.join(' ');
  const task = Object.hasOwn(tasks, words) ? tasks[words] : undefined;
  if (!task) {
    const wrong = words === 'store' ? 'npm run store lacks the name of a task' : `${words} is not a task of Drover`;
    return {
      problem: args[0] === 'store' ? `${wrong}:\n${STORE_HELP}` : `${wrong}; see npm start -- --help.`,
      usage: true,
    };
  }
  const read = readSettings(settings.extend(forTests), env);
  if ('problem' in read) return read;
  const given = read.settings;
  const { DROVER_HOST: host, DROVER_PUBLIC_URL: publicUrl = null } = given;
  if (!isLoopback(host) && !given.DROVER_ALLOW_PLAIN_HTTP)
    return {
      problem: `DROVER_HOST is ${host}, which other machines can reach, and Drover speaks plain HTTP: put TLS in front and set DROVER_ALLOW_PLAIN_HTTP=true, or listen on 127.0.0.1.`,
    };
  return {
    task,
    config: {
      host,
      port: given.APP_PORT,
      publicUrl,
      allowedHosts: given.DROVER_ALLOWED_HOSTS ?? null,
      trustedProxies: given.DROVER_TRUSTED_PROXIES ?? [],
      apiDocs: given.DROVER_API_DOCS,
      inFlight: given.DROVER_LIMIT_IN_FLIGHT,
      requireIfMatch: given.DROVER_REQUIRE_IF_MATCH,
      journalDays: given.DROVER_JOURNAL_DAYS,
      sessionMinutes: given.DROVER_SESSION_MINUTES,
      dataDir: given.DROVER_DATA_DIR,
      simulator: { vms: given.DROVER_SIMULATOR_VMS, latency: given.DROVER_SIMULATOR_LATENCY },
      connectionsFile: given.DROVER_CONNECTIONS ?? null,
      logLevel: given.DROVER_LOG,
      environment: env,
      sharedData: given.DROVER_SHARED_DATA ? { ttlMs: given.DROVER_LEASE_SECONDS * 1000 } : null,
      remoteSites: sitesOf(given),
      crashAt: given.DROVER_CRASH_AT ?? null,
      journalKeep: given.DROVER_JOURNAL_KEEP ?? null,
      viewsShape: given.DROVER_VIEWS_SHAPE ?? '',
    },
  };
};

/** Where people reach it, and which `Host` headers are ours: on loopback every name of it. */
export const addressOf = ({ host, publicUrl, allowedHosts }: SuiteConfig, port: number) => {
  const anywhere = host === '0.0.0.0' || host === '::'; // an address to listen on, none to go to
  const reached = anywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const origin = publicUrl ?? `http://${reached}:${port}`;
  const named = allowedHosts ?? [new URL(origin).host];
  const names = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  return { origin, hosts: [...named, ...names] };
};
