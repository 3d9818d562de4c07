import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { NestApplicationContext } from '@nestjs/core';
import { routes, type DeadLetter, type FleetSummary, type Health, type Page } from '@drover/contracts';
import { inventoryUseCases } from '@drover/inventory';
import { CommandId, StreamId, type Actor, type Fact } from '@drover/kernel';
import { localClock, openDataDirectory } from '@drover/local';
import {
  flowsOf,
  memoryEventBus,
  memoryJobQueue,
  memoryLog,
  memoryMachineCatalog,
  memoryProviderContact,
  memoryWorkStore,
  readCounter,
} from '@drover/ports';
import { sqliteEventStore, sqliteViewStore } from '@drover/sqlite';
import { suiteConfig, type SuiteConfig } from './config.js';
import { rebuildSuite, startSuite, verifySuite } from './suite.js';
import { telemetryOn } from './telemetry.js';
import { registerFacts, spoilFacts } from './testing.js';

let [dir, log] = ['', memoryLog()];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-suite-'));
  log = memoryLog();
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

const configOf = (env: Readonly<Record<string, string>> = {}): SuiteConfig => {
  const read = suiteConfig([], { APP_PORT: '0', DROVER_DATA_DIR: dir, DROVER_SIMULATOR_VMS: '0', ...env });
  if ('problem' in read) throw new Error(read.problem);
  return read.config;
};
const until = async (holds: () => boolean | Promise<boolean>) => {
  for (const limit = performance.now() + 20_000; !(await holds());) {
    if (performance.now() > limit) throw new Error('it did not come to that in 20 s');
    await new Promise<void>((done) => setTimeout(done, 10));
  }
};
const start = (signal: AbortSignal, env = {}) => startSuite(configOf(env), signal, telemetryOn(log));
/** Nobody holds it any more: another process could take it. */
const isLetGo = () => openDataDirectory(dir).close();

/** A suite that runs, and how the admin asks it. */
const started = async (env: Readonly<Record<string, string>> = {}) => {
  const suite = await start(new AbortController().signal, env);
  const [origin = ''] = /http:\/\/[\d.:]+/.exec(suite.welcome) ?? [];
  const authorization = `Bearer ${readFileSync(join(dir, 'admin.token'), 'utf8').trim()}`;
  const ask = async <Body>(path: string) => {
    const answer = await fetch(`${origin}${path}`, { headers: { authorization } });
    return (await answer.json()) as Body;
  };
  /** As nobody. */
  const knock = async (method: string, path: string) => {
    await (await fetch(`${origin}${path}`, { method, redirect: 'manual' })).arrayBuffer();
  };
  const patch = async (path: string, change: object) => {
    const headers = { authorization, 'content-type': 'application/json' };
    return (await fetch(`${origin}${path}`, { method: 'PATCH', headers, body: JSON.stringify(change) })).json();
  };
  return { ask, knock, patch, [Symbol.asyncDispose]: suite.stop };
};

it('a stop whose door does not close goes on: what strangers did is written, everything is let go of, and it says so', async () => {
  const suite = await started();
  await suite.knock('GET', '/api/v1/vms');
  const { close } = NestApplicationContext.prototype;
  const sticks = new Error('the door sticks');
  jest.spyOn(NestApplicationContext.prototype, 'close').mockImplementation(async function (
    this: NestApplicationContext,
  ) {
    await close.call(this);
    throw sticks;
  });
  await expect(suite[Symbol.asyncDispose]()).rejects.toBe(sticks);
  isLetGo();
  const store = sqliteEventStore({ path: join(dir, 'gateway', 'facts.db') });
  const facts = (await store.readAll(0, 100)).flatMap((commit) => commit.facts.map(({ fact }) => fact.type));
  await store.close();
  expect(facts).toContain('AuditDenialRecorded');
}, 30_000);

it('a start that cannot finish is given up when it is told so, and lets go of everything', async () => {
  await spoilFacts(dir);
  const stopping = new AbortController();
  const starting = start(stopping.signal).catch((error: unknown) => error);
  await until(() => log.lines.some(({ where }) => String(where).startsWith('views of inventory')));
  stopping.abort(new Error('enough'));
  expect(await starting).toEqual(new Error('enough'));
  isLetGo();
}, 30_000);

it('K45: a start is given up while a large simulated fleet is made, and lets go of everything', async () => {
  const stopping = new AbortController();
  const outcome = start(stopping.signal, { DROVER_SIMULATOR_VMS: '100000' }).catch((error: unknown) => error);
  await until(() => existsSync(join(dir, 'admin.token')));
  stopping.abort(new Error('enough'));
  expect(await outcome).toEqual(new Error('enough'));
  expect(existsSync(join(dir, 'simulator', 'ledger.ndjson'))).toBe(false); // it comes after the machines
  isLetGo();
}, 30_000);

it('K16: one fact that a view cannot take stops no start; health and the dead letters name it', async () => {
  await spoilFacts(dir, { parks: true });
  await using house = await started();
  const list = () => house.ask<Page<DeadLetter>>('/api/v1/dead-letters');
  let items: readonly DeadLetter[] = [];
  await until(async () => {
    ({ items } = await list());
    return items.some(({ consumer }) => consumer === 'views of inventory');
  });
  const letter = items.find(({ consumer }) => consumer === 'views of inventory');
  expect(letter).toMatchObject({ service: 'inventory', key: 'vm-nobody', attempts: 5 });
  expect(await house.ask<DeadLetter>(`/api/v1/dead-letters/${letter?.id}`)).toEqual(letter);
  const { checks } = await house.ask<Health>('/health/detail');
  expect(checks?.[`dead letter ${letter?.id}`]).toMatchObject({
    ok: false,
    detail: expect.stringContaining('vm-nobody'),
  });
  expect(await house.ask<Health>('/health/ready')).toMatchObject({ status: 'ok' });
}, 60_000);

it('a start that is given up before it has begun lets go of everything', async () => {
  await expect(start(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  isLetGo();
}, 30_000);

it.each<[string, Readonly<Record<string, string>>, () => void, RegExp]>([
  [
    'an address that is not ours',
    { DROVER_HOST: '192.0.2.1', DROVER_ALLOW_PLAIN_HTTP: 'true' },
    () => {},
    /192\.0\.2\.1/,
  ],
  [
    'a file that is not what it should be',
    {},
    () => writeFileSync(join(dir, 'power', 'facts.db'), 'text that somebody put here instead of a database'),
    /The store at [^\n]*power\/facts\.db/,
  ],
])(
  'a start that fails lets go of everything: %s',
  async (_, env, damage, because) => {
    const data = openDataDirectory(dir);
    data.folder('power');
    data.close();
    damage();
    await expect(start(new AbortController().signal, env)).rejects.toThrow(because);
    isLetGo();
  },
  30_000,
);

it('says of each part how it does: stores, views, journal, readers, providers', async () => {
  const connections = join(dir, 'connections.json');
  const lab = { id: 'lab', name: 'Lab', kind: 'vsphere', url: 'https://127.0.0.1:9/sdk', credential: 'env:LAB' };
  writeFileSync(connections, JSON.stringify([{ ...lab, allow: ['127.0.0.1'] }]));
  const LAB = JSON.stringify({ username: 'ana', password: 'correct horse' });
  await using house = await started({ DROVER_CONNECTIONS: connections, LAB, DROVER_SIMULATOR_VMS: '4' });
  let health: Health | undefined;
  await until(async () => {
    health = await house.ask<Health>('/health/detail');
    return health.checks?.['connection site-a']?.detail === 'up' && health.checks['connection lab']?.ok === false;
  });
  expect(health?.status).toBe('failing');
  for (const service of ['inventory', 'power', 'gateway']) {
    expect(health?.checks?.[`${service} store`]).toEqual({ ok: true, detail: 'takes events' });
    expect(health?.checks?.[`${service} views`]).toEqual({ ok: true, detail: 'can be read and written' });
    expect(health?.checks?.[`reader gateway.journal of ${service}`]?.ok).toBe(true);
  }
  expect(health?.checks?.['gateway journal']?.detail).toMatch(/^keeps the events 1 to \d+$/);
  expect(health?.checks?.['connection site-a']).toEqual({ ok: true, detail: 'up' });
  expect(health?.checks?.['connection lab']?.detail).toMatch(
    /^(degraded|down): provider_unreachable(; not reached, tried again at \S+Z)?$/,
  );
}, 30_000);

it('wants no traffic while a store lacks what it had, and says which', async () => {
  const facts = join(dir, 'inventory', 'facts.db');
  const seen = async (vms: string) => {
    await using house = await started({ DROVER_SIMULATOR_VMS: vms });
    await until(async () => (await house.ask<FleetSummary>('/api/v1/fleet')).total === Number(vms));
    return await house.ask<Health>('/health/ready');
  };
  expect(await seen('4')).toEqual({ status: 'ok' });
  const before = readFileSync(facts);
  await seen('6');
  writeFileSync(facts, before); // an older one, without its anchor
  await using house = await started({ DROVER_SIMULATOR_VMS: '0' });
  expect(await house.ask<Health>('/health/ready')).toMatchObject({
    status: 'failing',
    checks: { 'inventory store': { ok: false } },
  });
  expect((await house.ask<{ items: unknown[] }>('/api/v1/vms')).items.length).toBeGreaterThan(0); // reads go on
}, 60_000);

it('a check of what is stored looks into the working rows, too', async () => {
  await (await started())[Symbol.asyncDispose]();
  expect(verifySuite(configOf())).toEqual([]);
  const path = join(dir, 'power', 'work.db');
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xff, 4096, 4200)); // the first page of its table
  expect(verifySuite(configOf())).toEqual([expect.stringMatching(/^The working rows at .*power.work\.db/)]);
}, 30_000);

it('K15: strangers write one commit, however many they are and wherever they knock', async () => {
  const house = await started();
  const paths = Object.values(routes).map(({ method, path }) => ({ method, path: path.replace(/\{\w+\}/g, 'x') }));
  for (let n = 0; n < 20; n++) await Promise.all(paths.map(({ method, path }) => house.knock(method, path)));
  await house[Symbol.asyncDispose]();
  const denials: Fact[] = [];
  let commits = 0;
  for (const service of ['inventory', 'power', 'gateway']) {
    const store = sqliteEventStore({ path: join(dir, service, 'facts.db') });
    const audited = await store.read(StreamId.of('audit', service));
    commits += audited.length;
    denials.push(...audited.flatMap(({ facts }) => facts.map(({ fact }) => fact)));
    await store.close();
  }
  expect(commits).toBe(1);
  const fleet = { code: 'unauthenticated', count: 20, network: '127.0.0.0/24', since: expect.any(String) };
  expect(denials).toContainEqual(expect.objectContaining({ route: '/api/v1/fleet', ...fleet }));
}, 60_000);

it('K40: one fact that cannot be read spoils neither a rebuild nor the next start: it is named, and all others work', async () => {
  const ids = await registerFacts(dir, 520);
  await (await started())[Symbol.asyncDispose]();
  const facts = join(dir, 'inventory', 'facts.db');
  const bytes = readFileSync(facts);
  for (let at = bytes.indexOf('"machine-7"'); at >= 0; at = bytes.indexOf('"machine-7"', at + 1)) bytes[at] = 0x20;
  writeFileSync(facts, bytes);
  const named = `the commit at position 8 (vm-${ids[7]}, version 0) cannot be read: it is no JSON.`;
  expect(verifySuite(configOf())).toEqual([
    `inventory store: ${named} Restore a backup, or accept the loss: npm run store -- accept-loss inventory.`,
  ]);
  const said: string[] = [];
  await rebuildSuite(configOf(), (line) => void said.push(line), telemetryOn(log));
  expect(said.slice(1)).toEqual([`inventory: ${named}`, 'Done.']);

  await using house = await started();
  expect(await house.ask<Health>('/health/ready')).toEqual({ status: 'ok' });
  expect((await house.ask<{ total: number }>('/api/v1/vms?limit=1')).total).toBe(519);
  const checked = async () => (await house.ask<Health>('/health/detail')).checks?.['inventory store check'];
  await until(async () => (await checked())?.ok === false); // the slow check begins a moment after the start
  expect(await checked()).toMatchObject({ detail: expect.stringContaining('position 8') });
  const edit = async (n: number) =>
    (await house.patch(`/api/v1/vms/${ids[n]}`, { displayName: 'seen' })) as { code?: string };
  expect(await edit(7)).toMatchObject({ code: 'stream_unreadable' });
  expect((await edit(8)).code).toBeUndefined();
}, 60_000);

it('fifty registrations of one alias at once: one is granted, 49 are told whose it is', async () => {
  const clock = localClock();
  const eventStore = sqliteEventStore({ path: join(dir, 'facts.db') });
  const views = sqliteViewStore({ path: join(dir, 'views.db'), clock });
  const jobs = memoryJobQueue(clock);
  const inventory = await inventoryUseCases({
    eventStore,
    views,
    work: memoryWorkStore(),
    report: () => {},
    jobs,
    clock,
    catalog: memoryMachineCatalog(() => clock.now()),
    contact: memoryProviderContact(clock),
    reads: readCounter('spec'),
    configured: [],
    stopping: new AbortController().signal,
  });
  const flows = flowsOf({ bus: memoryEventBus(clock), jobs, clock, report: () => {} });
  flows.add(inventory.flow);
  await flows.start();
  try {
    const aliases = [{ source: null, kind: 'cloud-instance-id', value: 'i-0abc' } as const];
    const requests = Array.from({ length: 50 }, (_, n) => {
      const key = CommandId.of({ principal: 'ana', method: 'POST', route: '/vms', ids: '', key: `k${n}` });
      const ana: Actor = { sub: 'ana', rights: ['vm:edit'], requestId: `r${n}`, commandId: key };
      return inventory.registerVm({ name: 'web-01', connectionId: null, aliases, groupIds: [] }, ana);
    });
    const answers = await Promise.all(requests);
    const granted = answers.flatMap((answer) => ('rejected' in answer ? [] : [answer.vmId]));
    expect(granted).toHaveLength(1);
    const refused = answers.filter((answer) => 'rejected' in answer);
    expect(refused).toHaveLength(49);
    for (const answer of refused)
      expect(answer).toMatchObject({ rejected: 'alias_conflict', candidates: [{ id: granted[0], name: 'web-01' }] });
  } finally {
    await flows.stop();
    await inventory.stop();
    await Promise.all([eventStore.close(), views.close()]);
  }
});
