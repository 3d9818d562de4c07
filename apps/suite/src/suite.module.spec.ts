import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RouteTable } from '@drover/api';
import { openApi, routes, services, type RouteDefinition, type RouteName } from '@drover/contracts';
import { GroupId, VmId } from '@drover/kernel';
import {
  identityOf,
  memorySuite,
  newKey,
  people,
  SITES,
  until,
  UUID,
  vm,
  type Group,
  type Person,
  type Suite,
} from './testing.js';

const NOBODY = VmId.parse('420570c7-f61f-a930-77c5-1e876786cb3c');
let suite: Suite;
const operations: Record<string, string> = {};
beforeAll(async () => {
  suite = await memorySuite();
  await until(async () => (await ask('operator', 'GET', '/api/v1/fleet')).json<{ total: number }>().total === 2);
  for (const group of ['prod', 'test'] as const) {
    const begun = await ask('operator', 'POST', `/api/v1/vms/${vm(group)}/actions/power-off`, { mode: 'hard' });
    operations[group] = begun.json<{ id: string }>().id;
  }
  await suite.flows.caughtUp();
}, 60_000);
afterAll(() => suite.close());

const ask: Suite['ask'] = (...asked) => suite.ask(...asked);

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
const documented = Object.values(openApi('spec').paths).flatMap((path) => Object.values(path));
/** The body that the document shows of a route. */
const exampleOf = (name: RouteName): object => {
  const { content = {} } = documented.find(({ operationId }) => operationId === name)?.requestBody ?? {};
  const { example = {} } = (content as Readonly<Record<string, { example?: object }>>)['application/json'] ?? {};
  return example;
};
const isOfOne = ({ path }: RouteDefinition) => /\/(vms|vm|operations|connections)\/\{/.test(path);
const isStream = ({ answers }: RouteDefinition) => Object.values(answers).includes('text/event-stream');
const all = Object.entries<RouteDefinition>(routes) as [RouteName, RouteDefinition][];

/** The stream is asked for over a socket, and cut at once: it would not end by itself. */
const opened = async (who: Person) => {
  const { status: statusCode, told, close } = await suite.stream(who);
  if (statusCode !== 200) await until(async () => told() !== '');
  close();
  return { statusCode, body: told() };
};

const send = async (who: Person, name: RouteName, group: Group | null, tried = true) => {
  const route: RouteDefinition = routes[name];
  if (isStream(route)) return opened(who);
  const url = route.path.replace(/\{\w+\}/, () => named(route.path, group));
  const dry = tried && route.query && 'dryRun' in route.query.shape ? '?dryRun=true' : '';
  const body = route.body && (bodies[name]?.(group) ?? exampleOf(name));
  const lookup = name === 'lookupVm' ? `?name=${group ?? 'nobody'}-01` : '';
  return ask(who, route.method, `${url}${dry}${lookup}`, body);
};
/** What a process tells of itself is of everything, and takes the right everywhere. */
const mayAsk = (who: Person, { needs, owner }: RouteDefinition) => {
  const { rights, limits } = identityOf(who);
  return (
    typeof needs === 'string' ||
    needs.some((right) => rights.includes(right) && !(owner === 'every' && limits?.[right]))
  );
};
/** An answer without what differs from one request to the next: its id, its time, and whom it named. */
const bare = (text: string, group: Group | null, path: string) =>
  text
    .replaceAll(named(path, group), '<named>')
    .replace(/"requestId":"[^"]*"/, '')
    .replace(/"timestamp":"[^"]*"/, '')
    .replaceAll(/"(asOf|position)":"[^"]*"/g, '');

it('answers every route of the catalogue', () =>
  expect(() => suite.app.get(RouteTable, { strict: false }).requireAllOf([...services, 'operation'])).not.toThrow());

describe.each(Object.keys(people) as Person[])('%s', (who) => {
  it.each(all)('%s is answered by their rights', async (name, route) => {
    const { statusCode, body } = await send(who, name, 'prod');
    expect([name, statusCode < 500 || statusCode === 503]).toEqual([name, true]);
    const denied = statusCode === 403 && body.includes('forbidden');
    expect([name, denied]).toEqual([name, !mayAsk(who, route) || (await isForbiddenFor(who, name))]);
  });
});

/** Where the route lets either of two rights in, the mode decides at the command: `hard` takes the second one. */
const isForbiddenFor = async (who: Person, name: RouteName) =>
  ['cancelOperation', 'checkOperation', 'markOperation', 'runOperationAgain'].includes(name) &&
  !mayAsk(who, routes.powerOff);

const scoped: Person = 'operator of prod';
/** Whoever does not see the machines of `test`. */
const outside = (Object.keys(people) as Person[]).filter((who) => {
  const { rights, limits } = identityOf(who);
  const groups = limits?.['vm:read'];
  return !rights.includes('vm:read') || (groups && !groups.includes(GroupId.parse('test')));
});
it('several kinds of people do not see the machines of another group', () =>
  expect(outside).toEqual([scoped, 'auditor of prod', 'mover, of prod now', 'agent', 'agent of prod']));

it.each(outside.flatMap((who) => all.filter(([, route]) => isOfOne(route)).map((each) => [who, ...each] as const)))(
  '%s, %s: what is of another group is answered with the bytes of what is not there',
  async (who, name, { path }) => {
    for (const tried of [true, false]) {
      const [theirs, nobodys] = [await send(who, name, 'test', tried), await send(who, name, null, tried)];
      expect([theirs.statusCode, bare(theirs.body, 'test', path)]).toEqual([
        ...[nobodys.statusCode, bare(nobodys.body, null, path)],
      ]);
      expect(nobodys.statusCode).toBe(mayAsk(who, routes[name]) ? 404 : 403); // 403: not theirs to ask at all
    }
  },
);

/** What only somebody who sees the group `test` may read. */
const secret = ['test-01', SITES.test, vm('test'), UUID.test];
const sees = outside.filter((who) => who !== 'agent');
const lists = ['listVms', 'listOperations', 'listConnections', 'getFleet', 'listEvents', 'lookupVm'] as const;
it.each(sees.flatMap((who) => lists.map((name) => [who, name] as const)))(
  '%s, %s tells nothing of another group',
  async (who, name) => {
    const { body, statusCode } = await send(who, name, 'prod');
    expect([name, statusCode]).toEqual([name, 200]);
    for (const word of secret) expect(body).not.toContain(word);
    const everything = await send('operator', name, 'prod');
    if (name === 'listVms') expect([JSON.parse(body).total, JSON.parse(everything.body).total]).toEqual([1, 2]);
    if (name === 'getFleet') expect([JSON.parse(body).total, JSON.parse(everything.body).total]).toEqual([1, 2]);
  },
);

it.each(sees)('%s: the stream tells nothing of another group, live, replayed or as a snapshot', async (who) => {
  const before = await suite.positionNow();
  const live = await suite.stream(who);
  const [name, everybody] = [`seen by ${who}`, await suite.stream('viewer')];
  for (const group of ['test', 'prod'] as const)
    await ask('operator', 'PATCH', `/api/v1/vms/${vm(group)}`, { displayName: `${group}, ${name}` });
  const replayed = await suite.stream(who, `?last_event_id=${before}`);
  const present = await suite.stream(who, '?snapshot=1');
  for (const stream of [live, replayed, present]) {
    await until(async () => stream.told().includes(`prod, ${name}`));
    for (const word of [...secret, `test, ${name}`]) expect(stream.told()).not.toContain(word);
    stream.close();
  }
  await until(async () => everybody.told().includes(`test, ${name}`));
  everybody.close();
});

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
  const theirs = `/api/v1/operations/${other.json<{ id: string }>().id}`;
  expect((await ask(scoped, 'GET', theirs)).statusCode).toBe(404);
  // What follows counts what it adds to the journal.
  await until(async () => (await ask('operator', 'GET', theirs)).json<{ endedAt: unknown }>().endedAt !== null);
});

/** What can be asked besides: it must not tell what is of others from what is not there. */
const variants = [
  ['GET', (id: string) => `/api/v1/vms/${id}?version=1&fresh=true`, {}],
  ['GET', (id: string) => `/api/v1/vms/${id}?at=2020-01-01T00:00:00.000Z`, {}],
  ['PATCH', (id: string) => `/api/v1/vms/${id}`, { 'if-match': 'x' }],
  ['PATCH', (id: string) => `/api/v1/vms/${id}`, { 'if-match': '"i1.p0.r0.m0"' }],
  ['POST', (id: string) => `/api/v1/vms/${id}/retire?dryRun=true`, { 'if-match': '"i1.p0.r0.m0"' }],
  ['POST', (id: string) => `/api/v1/vms/${id}/actions/power-on?dryRun=true`, { 'if-match': 'x' }],
] as const;
it.each(variants)('%s %s with headers: the same bytes, and the journal moves as far', async (method, url, headers) => {
  const answers = [];
  for (const id of [vm('test'), NOBODY]) {
    const head = await headOf();
    const answer = await suite.app.inject({
      ...{ method, url: url(id), ...(method !== 'GET' && { payload: {} }) },
      headers: { authorization: scoped, 'idempotency-key': newKey(), ...headers },
    });
    await suite.flows.caughtUp();
    const { date: _, 'x-request-id': _id, ...sent } = answer.headers;
    answers.push([
      answer.statusCode,
      bare(answer.body.replaceAll(id, '<named>'), null, '/vms/'),
      JSON.stringify(sent).replaceAll(id, '<named>'),
      (await headOf()) - head,
    ]);
  }
  expect(answers[0]).toEqual(answers[1]);
});
const headOf = async () => Number((await suite.positionNow()).split('.').at(-1));

it.each([false, true])(
  'a bulk tells no more of what is of others than of what is not there (dry run: %s)',
  async (dry) => {
    const answers = [];
    for (const id of [vm('test'), NOBODY]) {
      const url = `/api/v1/vms/actions/power-on${dry ? '?dryRun=true' : ''}`;
      const { statusCode, body } = await ask(scoped, 'POST', url, { targets: [id, id] });
      const { state, items, nextActions } = JSON.parse(body.replaceAll(id, '<named>')) as Record<string, unknown>;
      answers.push([statusCode, state, items, nextActions]);
    }
    expect(answers[0]).toEqual(answers[1]);
  },
);

it('a cursor names no operation of others, and a forged one finds nothing', async () => {
  for (let i = 0; i < 5; i++)
    await ask('operator', 'POST', `/api/v1/vms/${vm('test')}/actions/power-${i % 2 === 0 ? 'on' : 'off'}`, {
      mode: 'hard',
    });
  const page = await ask(scoped, 'GET', '/api/v1/operations?limit=1');
  expect(page.body).not.toContain(vm('test'));
  expect(JSON.stringify(page.headers)).not.toContain(vm('test'));
  const theirs = await ask(scoped, 'GET', `/api/v1/operations?limit=1&vm=${vm('test')}`);
  expect(theirs.json()).toMatchObject({ items: [], next: null });
});

it('what a process tells of itself takes the right everywhere', async () => {
  for (const path of ['/health/detail', '/api/system/health', '/metrics']) {
    expect((await ask(scoped, 'GET', path)).statusCode).toBe(403);
    expect((await ask('viewer', 'GET', path)).statusCode).toBe(200);
  }
});
