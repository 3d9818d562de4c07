import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { memorySuite, SITES, until, vm, type Person, type Suite } from './testing.js';

let suite: Suite;
beforeAll(async () => {
  suite = await memorySuite();
  await until(async () => (await ask('operator', 'GET', '/api/v1/fleet')).json<{ total: number }>().total === 2);
}, 60_000);
afterAll(() => suite.close());
const ask: Suite['ask'] = (...asked) => suite.ask(...asked);
const after = (position: string) => `/api/v1/events?event_types=io.drover.*&limit=200&after=${position}`;
/** An answer without its request's id and time. */
const bare = (text: string) => text.replace(/"(?:requestId|timestamp)":"[^"]*"/g, '');

const scoped: Person = 'operator of prod';

it('a bulk names to its asker the machines that are in reach now, whatever was when it was requested', async () => {
  const targets = [vm('test'), vm('prod')];
  const begin = (who: Person) =>
    suite.app.inject({
      ...{ method: 'POST', url: '/api/v1/vms/actions/power-on', payload: { targets } },
      headers: { authorization: who, 'idempotency-key': 'the-bulk-of-the-mover' },
    });
  interface Shown {
    readonly id: string;
    readonly state: string;
    readonly items: readonly { readonly target: { readonly name: string }; readonly operation: string | null }[];
  }
  const { id } = (await begin('mover')).json<Shown>();
  const read = async (who: Person) => (await ask(who, 'GET', `/api/v1/operations/${id}`)).json<Shown>();
  await until(async () => ['failed', 'succeeded'].includes((await read('mover')).state));
  const [before, after] = [await read('mover'), await read('mover, of prod now')];
  expect(before.items.map(({ target }) => target.name)).toEqual(['test-01', 'prod-01']);
  expect(after.items.map(({ target, operation }) => [target.name, operation])).toEqual([
    [vm('test'), null],
    ['prod-01', before.items[1]?.operation],
  ]);
  expect((await begin('mover, of prod now')).json<Shown>().items).toMatchObject(after.items); // the key was used before
  const held = await suite.app.inject({
    ...{ method: 'POST', url: `/api/v1/operations/${id}/check`, payload: {} },
    headers: { authorization: 'mover, of prod now', prefer: 'wait=1' },
  });
  expect(held.body).not.toContain('test-01');
});

it('an auditor of one group reads what a viewer of it reads: the audit is in no group', async () => {
  const before = await suite.positionNow();
  await ask('viewer', 'POST', `/api/v1/vms/${vm('prod')}/actions/power-on`, {});
  for (const group of ['prod', 'test'] as const)
    await ask('operator', 'PATCH', `/api/v1/vms/${vm(group)}`, { displayName: `read by ${before}` });
  await suite.flows.caughtUp();
  const read = async (who: Person) => (await ask(who, 'GET', after(before))).body;
  expect(await read('auditor')).toContain('audit-denial-recorded');
  const theirs = await read('auditor of prod');
  expect(theirs).toContain(vm('prod'));
  for (const word of ['audit-', vm('test')]) expect(theirs).not.toContain(word);
});

it('who sees a machine and may not work on it is told so, and that is recorded', async () => {
  const before = await suite.positionNow();
  expect((await ask('viewer', 'POST', `/api/v1/vms/${vm('test')}/actions/power-on`, {})).json()).toMatchObject({
    code: 'forbidden',
  });
  expect((await ask(scoped, 'POST', `/api/v1/vms/${vm('test')}/actions/power-on`, {})).statusCode).toBe(404);
  await suite.flows.caughtUp();
  const seen = await ask('auditor', 'GET', after(before));
  const denials = seen
    .json<{ items: { type: string; actor: string; data: Record<string, unknown> }[] }>()
    .items.filter(({ type }) => type.endsWith('audit-denial-recorded.v1'));
  expect(denials.map(({ actor, data }) => [actor, data['code']])).toEqual([
    ['viewer', 'forbidden'],
    [scoped, 'not_found'],
  ]);
});

it('nobody makes a machine of another group theirs by registering it before, or learns whose an alias is', async () => {
  const register = async (body: object) => {
    const answer = await ask(scoped, 'POST', '/api/v1/vms', { name: 'mine', groupIds: ['prod'], ...body });
    return [answer.statusCode, answer.json<{ candidates?: unknown }>().candidates ?? null] as const;
  };
  const uuid = (source: string | null, value = '50000009-0000-4000-8000-000000000000') => ({
    aliases: [{ source, kind: 'instance-uuid', value }],
  });
  const bios = { aliases: [{ source: null, kind: 'bios-uuid', value: '42000009-0000-4000-8000-000000000000' }] };
  expect(await register({ connectionId: SITES.test, ...uuid(SITES.test) })).toEqual([403, null]);
  expect(await register({ connectionId: SITES.prod, ...uuid(SITES.test) })).toEqual([403, null]);
  expect(await register(bios)).toEqual([201, null]); // which claims nothing
  const cloud = { aliases: [{ source: null, kind: 'cloud-instance-id', value: 'i-0abc' }] };
  expect(await register(cloud)).toEqual([403, null]);
  expect(await register({ groupIds: ['prod', 'test'] })).toEqual([403, null]);
  expect(await register({ connectionId: SITES.prod, ...uuid(SITES.prod) })).toEqual([201, null]);
});

it('whoever names no group registers at a connection of theirs, into its groups', async () => {
  const register = (body: object) => ask(scoped, 'POST', '/api/v1/vms', { name: 'bare', ...body });
  const made = await register({ connectionId: SITES.prod });
  expect([made.statusCode, made.json()]).toEqual([201, expect.objectContaining({ groupIds: ['prod'] })]);
  const [theirs, nobodys] = [await register({ connectionId: SITES.test }), await register({ connectionId: 'nowhere' })];
  expect([theirs.statusCode, bare(theirs.body)]).toEqual([404, bare(nobodys.body)]);
  expect((await register({})).statusCode).toBe(403);
});

it('an alias of a connection of theirs may be taken: whoever registers there is told so, and not by whom', async () => {
  const aliases = [{ source: SITES.prod, kind: 'cloud-instance-id', value: 'i-0taken' }];
  const other = { name: 'hidden-01', connectionId: SITES.prod, groupIds: ['test'], aliases };
  expect((await ask('operator', 'POST', '/api/v1/vms', other)).statusCode).toBe(201);
  const tried = await ask(scoped, 'POST', '/api/v1/vms?dryRun=true', { ...other, name: 'mine', groupIds: ['prod'] });
  expect(tried.json()).toMatchObject({ code: 'alias_conflict', candidates: [] });
  expect(tried.body).not.toContain('hidden-01');
});

it('a machine that is retired, or shared with another group, is not taken from it by registering it anew', async () => {
  const uuid = '50000011-0000-4000-8000-000000000000';
  const body = {
    name: 'x',
    connectionId: SITES.prod,
    aliases: [{ source: SITES.prod, kind: 'instance-uuid', value: uuid }],
  };
  for (const groupIds of [['test'], ['prod', 'test']]) {
    const made = await ask('operator', 'POST', '/api/v1/vms', { ...body, groupIds });
    expect(made.statusCode).toBe(201);
    const { id } = made.json<{ id: string }>();
    expect((await ask('operator', 'POST', `/api/v1/vms/${id}/retire`, {})).statusCode).toBe(200);
    expect((await ask(scoped, 'POST', '/api/v1/vms', { ...body, groupIds: ['prod'] })).statusCode).toBe(403);
  }
});
