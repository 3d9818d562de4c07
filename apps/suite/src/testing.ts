// What the specs of the suite stand on: a suite on memory, and what damages a data directory. Nothing here is for production.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  CommitId,
  ConnectionId,
  ConnectionKind,
  FactId,
  rightsOf,
  StreamId,
  systemNow,
  VmId,
  type Grant,
} from '@drover/kernel';
import { localClock, openDataDirectory } from '@drover/local';
import { sqliteEventStore, sqliteWorkStore } from '@drover/sqlite';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthModule, httpAdapter, type Requester } from '@drover/api';
import type { RouteDefinition } from '@drover/contracts';
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

/** A site for each of two groups. */
export const SITES = { prod: ConnectionId.parse('site-prod'), test: ConnectionId.parse('site-test') } as const;
/** A group that has a site. */
export type Group = keyof typeof SITES;
/** What its provider calls the machine of a group. */
export const UUID = {
  prod: '50000001-0000-4000-8000-000000000000',
  test: '50000002-0000-4000-8000-000000000000',
} as const;
/** The machine of a group. */
export const vm = (group: Group) => VmId.ofInstance(SITES[group], UUID[group]);

/** Everybody who may come, by what they were granted. */
export const people = {
  viewer: [{ role: 'viewer', group: null }],
  operator: [{ role: 'operator', group: null }],
  'operator of prod': [{ role: 'operator', group: 'prod' }],
  auditor: [{ role: 'auditor', group: null }],
  'auditor of prod': [{ role: 'auditor', group: 'prod' }],
  mover: [
    { role: 'operator', group: 'prod' },
    { role: 'operator', group: 'test' },
  ],
  'mover, of prod now': [{ role: 'operator', group: 'prod' }],
  admin: [{ role: 'admin', group: null }],
  agent: [],
} as const satisfies Readonly<Record<string, readonly Grant[]>>;
/** One of them. */
export type Person = keyof typeof people;
/** As the door knows them. */
export const identityOf = (name: Person): Requester => ({
  ...{ sub: name.replace(', of prod now', ''), via: name === 'agent' ? 'token' : 'bearer' },
  ...rightsOf(people[name]),
});

const clock = localClock();
const machineOf = (group: Group): UnreadMachine => ({
  ...{ key: UUID[group], name: `${group}-01`, power: 'poweredOn', tools: 'toolsOk', bootAt: null },
  aliases: [{ source: SITES[group], kind: 'instance-uuid', value: UUID[group] }],
  hardware: {
    ...{ cpus: 2, memoryBytes: 2 ** 31, os: 'Debian 12', toolsVersion: null, path: null, datacenter: 'dc', host: 'h1' },
    ...{ addresses: [], disks: [], networks: [], observedAt: clock.now() },
  },
  ...{ observedAt: clock.now(), connectionState: 'connected', template: false },
});

let keys = 0;
/** An Idempotency-Key that nobody has used. */
export const newKey = () => `key-${++keys}-abcdefgh`;

/** Waits until something holds. */
export const until = async (holds: () => Promise<boolean>) => {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 200) throw new Error('it never held');
    await new Promise((done) => setTimeout(done, 25));
  }
};

/** The whole suite on memory, with a site for each of two groups, and everybody who may come. */
export const memorySuite = async () => {
  const stopping = new AbortController();
  const bus = memoryEventBus(clock);
  const jobs = memoryJobQueue(clock);
  const report = () => {};
  const flows = flowsOf({ bus, jobs, clock, report });
  const held = processLease('spec', { leases: soleLeases('spec'), clock, report });

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
      kind: ConnectionKind.parse('vsphere'),
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
  const app = await NestFactory.create<NestFastifyApplication>(
    SuiteModule.with([...capabilities.map(({ module }) => module), health]),
    await httpAdapter({ allowedHosts: ['localhost:80'], trustedProxies: [] }),
    { logger: false, abortOnError: false },
  );
  await app.init();
  await flows.start();
  const ask = (who: Person, method: RouteDefinition['method'], url: string, body?: object) =>
    app.inject({
      ...{ method, url, headers: { authorization: who, 'idempotency-key': newKey() } },
      ...(body && { payload: body }),
    });
  return {
    app,
    flows,
    ask,
    /** The end of the journal. */
    positionNow: async () =>
      (await ask('operator', 'GET', '/api/v1/fleet')).json<{ readonly position: string }>().position,
    close: async () => {
      stopping.abort(new Error('the spec is over'));
      held.stop();
      await app.close();
      await flows.stop();
    },
  };
};

/** That suite, for signatures. */
export type Suite = Awaited<ReturnType<typeof memorySuite>>;

/**
 * Stores a fact of a machine that there cannot be: no view can take it. Without `parks` it cannot be put aside either, so
 * a start waits for it for ever.
 */
export const spoilFacts = async (dir: string, { parks = false } = {}) => {
  const data = openDataDirectory(dir);
  const folder = data.folder('inventory');
  const store = sqliteEventStore({ path: join(folder, 'facts.db') });
  await store.append({
    stream: StreamId.parse('vm-nobody'),
    version: 0,
    commitId: CommitId.create(),
    facts: [{ id: FactId.create(), fact: { type: 'VmRegistered', name: 'x', aliases: [] } }],
    metadata: { at: systemNow(), actor: 'ana', requestId: 'r1' },
  });
  await store.close();
  const path = join(folder, 'work.db');
  await sqliteWorkStore({ path }).close();
  const db = new DatabaseSync(path);
  if (!parks) db.exec("CREATE TRIGGER refusing BEFORE INSERT ON work BEGIN SELECT RAISE(ABORT, 'no'); END");
  db.close();
  data.close();
};

/** Stores machines that somebody registered, a commit each, in their order. Answers with their ids. */
export const registerFacts = async (dir: string, many: number) => {
  const data = openDataDirectory(dir);
  const store = sqliteEventStore({ path: join(data.folder('inventory'), 'facts.db') });
  const ids = Array.from({ length: many }, () => VmId.create());
  for (const [n, id] of ids.entries())
    await store.append({
      stream: StreamId.of('vm', id),
      version: 0,
      commitId: CommitId.create(),
      facts: [
        {
          id: FactId.create(),
          fact: { type: 'VmRegistered', connectionId: null, name: `machine-${n}`, aliases: [], groupIds: [] },
        },
      ],
      metadata: { at: systemNow(), actor: 'ana', requestId: 'r1' },
    });
  await store.close();
  data.close();
  return ids;
};
