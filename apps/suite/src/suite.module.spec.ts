import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthModule, httpAdapter, type Identity } from '@drover/api';
import { routes, type RouteDefinition, type RouteName } from '@drover/contracts';
import { ConnectionId, Instant, rightsOf, VmId, type Grant } from '@drover/kernel';
import { localClock } from '@drover/local';
import {
  auditOf,
  flowsOf,
  memoryEventBus,
  memoryEventStore,
  memoryJobQueue,
  memoryJournal,
  memoryMachineCatalog,
  memoryOwnerRequest,
  memoryPowerControl,
  memoryProviderContact,
  memorySessionStore,
  memoryViewStore,
  memoryWorkStore,
  processLease,
  readCounter,
  soleLeases,
  strangersOf,
  type MachineCatalog,
  type UnreadMachine,
} from '@drover/ports';
import { mountAll, SuiteModule } from './suite.module.js';

const SITES = { prod: ConnectionId.parse('site-prod'), test: ConnectionId.parse('site-test') } as const;
type Group = keyof typeof SITES;
const UUID = { prod: '50000001-0000-4000-8000-000000000000', test: '50000002-0000-4000-8000-000000000000' } as const;
const vm = (group: Group) => VmId.ofInstance(SITES[group], UUID[group]);
const NOBODY = VmId.parse('420570c7-f61f-a930-77c5-1e876786cb3c');

/** Everybody who may come, by what they were granted. */
const people = {
  viewer: [{ role: 'viewer', group: null }],
  operator: [{ role: 'operator', group: null }],
  'operator of prod': [{ role: 'operator', group: 'prod' }],
  auditor: [{ role: 'auditor', group: null }],
  admin: [{ role: 'admin', group: null }],
  agent: [],
} as const satisfies Readonly<Record<string, readonly Grant[]>>;
type Person = keyof typeof people;
const identityOf = (name: Person): Identity => ({
  ...{ sub: name, via: name === 'agent' ? 'token' : 'bearer' },
  ...rightsOf(people[name]),
});

const clock = localClock();
const machineOf = (group: Group): UnreadMachine => ({
  ...{ instanceUuid: UUID[group], name: `${group}-01`, power: 'poweredOn', tools: 'toolsOk', bootAt: null },
  aliases: [{ source: SITES[group], kind: 'instance-uuid', value: UUID[group] }],
  hardware: {
    ...{ cpus: 2, memoryBytes: 2 ** 31, os: 'Debian 12', toolsVersion: null, path: null, datacenter: 'dc', host: 'h1' },
    ...{ addresses: [], disks: [], networks: [], observedAt: clock.now() },
  },
  ...{ observedAt: clock.now(), connectionState: 'connected', template: false },
});

const stopping = new AbortController();
const bus = memoryEventBus(clock);
const jobs = memoryJobQueue(clock);
const report = () => {};
const flows = flowsOf({ bus, jobs, clock, report });
const held = processLease('spec', { leases: soleLeases('spec'), clock, report });
let app: NestFastifyApplication;
const operations: Record<string, string> = {};

/** The whole suite on memory, with a site for each of two groups. */
beforeAll(async () => {
  const catalogs = new Map(
    (['prod', 'test'] as const).map((group) => [
      SITES[group],
      memoryMachineCatalog(() => clock.now(), [machineOf(group)]),
    ]),
  );
  const of = (id: ConnectionId) => catalogs.get(id)!;
  const catalog: MachineCatalog = {
    test: (target, signal) => of(target.id).test(target, signal),
    list: (target, signal) => of(target.id).list(target, signal),
    identities: (target, signal) => of(target.id).identities(target, signal),
    read: (target, uuids, signal) => of(target.id).read(target, uuids, signal),
    watch: (target, signal) => of(target.id).watch(target, signal),
    release: (target) => of(target.id).release(target),
  };
  const configured = (['prod', 'test'] as const).map((group) => ({
    ...({
      id: SITES[group],
      name: `Site ${group}`,
      kind: 'vsphere',
      url: `https://${group}.example.test/sdk`,
    } as const),
    ...({
      region: null,
      credentialRef: 'env:SITE',
      tls: { mode: 'system', value: null },
      allow: [],
      groupIds: [group],
    } as const),
  }));
  await held.start();
  const reads = readCounter('spec');
  const own = () => ({ eventStore: memoryEventStore(), views: memoryViewStore(clock), work: memoryWorkStore() });
  const common = { report, jobs, clock, contact: memoryProviderContact(clock), stopping: stopping.signal };
  const gateway = own();
  const audit = auditOf('gateway', gateway.eventStore, () => clock.now());
  const strangers = strangersOf({ audit, clock, report });
  const owners = memoryOwnerRequest();
  const door = {
    identify: async ({ authorization = '' }: Readonly<Record<string, string | undefined>>) =>
      Object.hasOwn(people, authorization) ? identityOf(authorization as Person) : null,
    ...{ strangers, origin: 'http://localhost:80' },
  };
  const capabilities = await mountAll(
    {
      power: { ...common, ...own(), process: held, powerControl: memoryPowerControl(() => clock.now(), reads) },
      inventory: { ...common, ...own(), catalog, reads, configured },
      gateway: {
        ...{ ...common, ...gateway, owners, strangers, journal: memoryJournal(), journalDays: 7, apiDocs: true },
        ...{
          sessions: memorySessionStore(clock, { minutes: 60 }),
          secureCookie: false,
          deadLetters: flows.deadLetters,
        },
        ...{ redeemLink: async () => false, documents: { openApi: () => '{}', asyncApi: () => '{}' } },
      },
    },
    { door, flows },
  );
  for (const { answers } of capabilities) if (answers) owners.offer(answers);
  const health = HealthModule.with(
    { ...door, audit },
    { refusing: () => [], detail: async () => ({}), metrics: async () => '' },
  );
  app = await NestFactory.create<NestFastifyApplication>(
    SuiteModule.with([...capabilities.map(({ module }) => module), health]),
    await httpAdapter({ allowedHosts: ['localhost:80'], trustedProxies: [] }),
    { logger: false, abortOnError: false },
  );
  await app.init();
  await flows.start();
  await until(async () => (await ask('operator', 'GET', '/api/v1/fleet')).json<{ total: number }>().total === 2);
  for (const group of ['prod', 'test'] as const) {
    const begun = await ask('operator', 'POST', `/api/v1/vms/${vm(group)}/actions/power-off`, { mode: 'hard' });
    operations[group] = begun.json<{ id: string }>().id;
  }
  await flows.caughtUp();
}, 60_000);
afterAll(async () => {
  stopping.abort(new Error('the spec is over'));
  held.stop();
  await app.close();
  await flows.stop();
});

const until = async (holds: () => Promise<boolean>) => {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 200) throw new Error('it never held');
    await new Promise((done) => setTimeout(done, 25));
  }
};

let keys = 0;
const ask = (who: Person, method: RouteDefinition['method'], url: string, body?: object) =>
  app.inject({
    ...{ method, url },
    headers: { authorization: who, 'idempotency-key': `key-${++keys}-abcdefgh` },
    ...(body && { payload: body }),
  });

/** What each route is asked with, beside the one that it is about. */
const bodies: Partial<Record<RouteName, (group: Group | null) => object>> = {
  registerVm: (group) => ({ name: 'new', groupIds: [group ?? 'nobody'] }),
  markOperation: () => ({ outcome: 'failed', reason: 'looked' }),
  discardDeadLetter: () => ({ reason: 'over' }),
  bulkPowerOff: (group) => ({ targets: [group ? vm(group) : NOBODY], mode: 'hard' }),
  bulkPowerOn: (group) => ({ targets: [group ? vm(group) : NOBODY] }),
  bulkRestart: (group) => ({ targets: [group ? vm(group) : NOBODY], mode: 'hard' }),
  restart: () => ({ mode: 'hard' }),
  powerOff: () => ({ mode: 'hard' }),
};
/** Whom the parameter of a path names, of a group or of nobody's. */
const named = (path: string, group: Group | null) => {
  if (path.includes('/operations/')) return group ? operations[group]! : `power.power-${NOBODY}.1`;
  if (path.includes('/connections/')) return group ? SITES[group] : 'nowhere';
  if (path.includes('/vm/')) return group ? UUID[group] : UUID.prod.replace('0001', '0009');
  return group ? vm(group) : NOBODY;
};
const isOfOne = ({ path }: RouteDefinition) => /\/(vms|vm|operations|connections)\/\{/.test(path);
const isStream = ({ answers }: RouteDefinition) => Object.values(answers).includes('text/event-stream');
const all = Object.entries<RouteDefinition>(routes).filter(([, route]) => !isStream(route)) as [
  RouteName,
  RouteDefinition,
][];

const send = (who: Person, name: RouteName, group: Group | null) => {
  const route: RouteDefinition = routes[name];
  const url = route.path.replace(/\{\w+\}/, () => named(route.path, group));
  const dry = route.query && 'dryRun' in route.query.shape ? '?dryRun=true' : '';
  const body = route.body && (bodies[name]?.(group) ?? {});
  const lookup = name === 'lookupVm' ? `?name=${group ?? 'nobody'}-01` : '';
  return ask(who, route.method, `${url}${dry}${lookup}`, body);
};
const mayAsk = (who: Person, { needs }: RouteDefinition) =>
  typeof needs === 'string' || needs.some((right) => identityOf(who).rights.includes(right));
/** An answer without what differs from one request to the next: its id, its time, and whom it named. */
const bare = (text: string, group: Group | null, path: string) =>
  text
    .replaceAll(named(path, group), '<named>')
    .replace(/"requestId":"[^"]*"/, '')
    .replace(/"timestamp":"[^"]*"/, '')
    .replaceAll(/"(asOf|position)":"[^"]*"/g, '');

describe.each(Object.keys(people) as Person[])('%s', (who) => {
  it.each(all)('%s is answered by their rights', async (name, route) => {
    const { statusCode, body } = await send(who, name, 'prod');
    const denied = statusCode === 403 && body.includes('forbidden');
    expect([name, denied]).toEqual([name, !mayAsk(who, route) || (await isForbiddenFor(who, name))]);
  });
});

/** Where the route lets either of two rights in, the mode decides at the command: `hard` takes the second one. */
const isForbiddenFor = async (who: Person, name: RouteName) =>
  ['cancelOperation', 'checkOperation', 'markOperation', 'runOperationAgain'].includes(name) &&
  !mayAsk(who, routes.powerOff);

const scoped: Person = 'operator of prod';
it.each(all.filter(([, route]) => isOfOne(route)))(
  '%s: what is of another group is answered with the bytes of what is not there',
  async (name, { path }) => {
    const [theirs, nobodys] = [await send(scoped, name, 'test'), await send(scoped, name, null)];
    if (nobodys.statusCode === 403) return expect(theirs.statusCode).toBe(403); // not theirs to ask at all
    expect([theirs.statusCode, bare(theirs.body, 'test', path)]).toEqual([404, bare(nobodys.body, null, path)]);
    expect(nobodys.statusCode).toBe(404);
  },
);

it.each(['listVms', 'listOperations', 'listConnections', 'getFleet', 'listEvents', 'lookupVm'] as const)(
  '%s tells nothing of another group',
  async (name) => {
    const { body, statusCode } = await send(scoped, name, 'prod');
    expect([name, statusCode]).toEqual([name, 200]);
    for (const word of ['test-01', SITES.test, vm('test'), UUID.test]) expect(body).not.toContain(word);
    const everything = await send('operator', name, 'prod');
    if (name === 'listVms') expect([JSON.parse(body).total, JSON.parse(everything.body).total]).toEqual([1, 2]);
    if (name === 'getFleet') expect([JSON.parse(body).total, JSON.parse(everything.body).total]).toEqual([1, 2]);
  },
);

it('a bulk names each machine that is denied, and says of one of another group what it says of none', async () => {
  const targets = [vm('test'), NOBODY, vm('prod')];
  const { statusCode, body } = await ask(scoped, 'POST', '/api/v1/vms/actions/power-on', { targets });
  expect(statusCode).toBe(202);
  const { id } = JSON.parse(body) as { id: string };
  const ended = async () => (await ask(scoped, 'GET', `/api/v1/operations/${id}`)).json<Record<string, never>>();
  await until(async () => ['failed', 'succeeded'].includes((await ended())['state'] ?? ''));
  const items = (await ended())['items'] as unknown as {
    target: { name: string };
    error: { code: string; detail: string } | null;
  }[];
  expect(items.map(({ error }) => error?.code ?? null)).toEqual(['not_found', 'not_found', null]);
  expect(items[0]?.error).toEqual(items[1]?.error);
  expect(items[0]?.target.name).toBe(vm('test')); // not its name
  expect((await ask('operator', 'GET', `/api/v1/operations/${id}`)).statusCode).toBe(200);
  const other = await ask('operator', 'POST', '/api/v1/vms/actions/power-off', { targets, mode: 'hard' });
  expect((await ask(scoped, 'GET', `/api/v1/operations/${other.json<{ id: string }>().id}`)).statusCode).toBe(404);
});

it('who sees a machine and may not work on it is told so, and that is recorded', async () => {
  const before = Instant.parse(new Date().toISOString());
  expect((await ask('viewer', 'POST', `/api/v1/vms/${vm('test')}/actions/power-on`, {})).json()).toMatchObject({
    code: 'forbidden',
  });
  expect((await ask(scoped, 'POST', `/api/v1/vms/${vm('test')}/actions/power-on`, {})).statusCode).toBe(404);
  await flows.caughtUp();
  const seen = await ask('auditor', 'GET', '/api/v1/events?event_types=io.drover.*&limit=200');
  const denials = seen
    .json<{ items: { type: string; actor: string; time: string; data: Record<string, unknown> }[] }>()
    .items.filter(({ type, time }) => type.endsWith('audit-denial-recorded.v1') && time >= before);
  expect(denials.map(({ actor, data }) => [actor, data['code']])).toEqual([
    ['viewer', 'forbidden'],
    [scoped, 'not_found'],
  ]);
});
