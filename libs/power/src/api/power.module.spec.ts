import { afterEach, expect, it } from '@jest/globals';
import { Operation, Problem, routes } from '@drover/contracts';
import { VmId } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { openHouse, type PowerHouse } from './testing.js';

const houses: PowerHouse[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});
const open = async () => {
  const house = await openHouse();
  houses.push(house);
  return house;
};

const key = (text: string, who = 'ana') => ({ 'idempotency-key': text, authorization: who });
const action = (vmId: VmId, verb: string) => `/api/v1/vms/${vmId}/actions/${verb}`;

it('mounts every route of power, and no other', async () => {
  const { table } = await open();
  const rows = table();
  const owned = Object.values(routes).filter(({ owner }) => owner === 'power' || owner === 'operation');
  expect(new Set(rows)).toEqual(new Set(owned));
});

it('accepts, says where to follow, and succeeds', async () => {
  const { room, post, get } = await open();
  const vmId = room.machine();
  room.room.behave = async (_, obey) => void room.clock.after(4_000, () => void obey());
  const accepted = await post(action(vmId, 'power-off'), { mode: 'soft' }, key('k1'));
  const location = `/api/v1/operations/power.power-${vmId}.1`;
  expect([accepted.status, accepted.headers.location, accepted.headers['operation-location']]).toEqual([
    202,
    location,
    location,
  ]);
  expect(Operation.parse(accepted.body)).toEqual(accepted.body);
  await room.clock.advance(10_000);
  expect(await get(location)).toMatchObject({
    status: 200,
    body: { state: 'succeeded', evidence: { method: 'graceful' } },
  });
  const facts = await get(`${location}/facts?limit=2`);
  expect(facts).toMatchObject({
    status: 200,
    body: { total: 7, next: 'f1.2', items: [{ type: 'io.drover.power.power-off-requested.v1' }, {}] },
  });
});

it('holds the answer as long as the client prefers: 200 when it has ended, else 202', async () => {
  const { room, post } = await open();
  const [a, b] = [room.machine('a'), room.machine('b')];
  room.room.behave = async (_, obey) => void room.clock.after(4_000, () => void obey());
  const held = await post(action(a, 'power-off'), {}, { ...key('k1'), prefer: 'respond-async, wait=30' });
  expect([held.status, held.headers['preference-applied'], held.body['state']]).toEqual([200, 'wait=30', 'succeeded']);
  const left = await post(action(b, 'power-off'), {}, { ...key('k2'), prefer: 'wait=1' });
  expect([left.status, left.headers['preference-applied'], left.headers['retry-after']]).toEqual([202, 'wait=1', '2']);
});

it('refuses with the problem of the catalogue, and where the other operation is', async () => {
  const { room, post } = await open();
  const vmId = room.machine();
  room.room.behave = () => new Promise(() => {});
  expect(await post(action(vmId, 'power-off'), {})).toMatchObject({
    status: 400,
    body: { code: 'idempotency_key_required' },
  });
  expect(await post(action(vmId, 'power-off'), { mode: 'hard' }, key('k', 'eve'))).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  });
  expect(await post(action(VmId.create(), 'power-on'), {}, key('k'))).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  });
  await post(action(vmId, 'power-off'), { mode: 'hard' }, key('k1'));
  const second = await post(action(vmId, 'restart'), {}, key('k2'));
  expect(second).toMatchObject({ status: 409, body: { code: 'operation_in_progress', vm_id: vmId } });
  expect(second.headers.location).toBe(`/api/v1/operations/power.power-${vmId}.1`);
  expect(await post(`/api/v1/operations/power.power-${vmId}.1/cancel`, {})).toMatchObject({
    status: 409,
    body: { code: 'not_cancellable' },
  });
  expect(await post(`/api/v1/operations/power.power-${vmId}.1/run-again`, {})).toMatchObject({
    body: { code: 'idempotency_key_required' },
  });
  const mark = { outcome: 'failed', reason: 'x' };
  expect(await post(`/api/v1/operations/power.power-${vmId}.1/mark`, mark)).toMatchObject({
    status: 409,
    body: { code: 'wrong_state' },
  });
});

it('T-IDM-1: forty keys, each sent by five at once, are forty operations', async () => {
  const { room, post } = await open();
  const machines = Array.from({ length: 40 }, (_, i) => room.machine(`m${i}`));
  room.room.behave = async (_, obey) => void room.clock.after(60_000, () => void obey());
  for (const [i, vmId] of machines.entries()) {
    const five = await Promise.all(Array.from({ length: 5 }, () => post(action(vmId, 'power-off'), {}, key(`k${i}`))));
    expect(new Set(five.map(({ body }) => body['id']))).toEqual(new Set([`power.power-${vmId}.1`]));
    expect(five.filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(4);
  }
  const [first, second] = machines;
  if (!first || !second) throw new Error('no machines');
  const other = await post(action(first, 'power-off'), { mode: 'hard' }, key('k0'));
  expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  // Defaults written out, and another order of the members, are the same request.
  const spelled = await post(action(first, 'power-off'), { timeoutSeconds: 300, mode: 'soft' }, key('k0'));
  expect(spelled).toMatchObject({ status: 202, headers: { 'idempotency-replayed': 'true' } });
  // Another principal, another target: another request.
  expect(await post(action(first, 'power-off'), {}, key('k0', 'ben'))).toMatchObject({ status: 409 });
  expect(await post(action(second, 'power-off'), {}, key('k0'))).toMatchObject({ status: 409 });
  await room.clock.advance(70_000);
  expect(room.made).toHaveLength(40);
  expect(await post(action(first, 'power-off'), {}, key('k0'))).toMatchObject({
    status: 202,
    body: { state: 'succeeded', id: `power.power-${first}.1` },
  });
  await room.clock.advance(24 * 3_600_000);
  expect(await post(action(first, 'power-off'), {}, key('k0'))).toMatchObject({
    body: { id: `power.power-${first}.2` },
  });
});

it('takes many machines at once, and shows each of them', async () => {
  const { room, post, get } = await open();
  const targets = [room.machine('a'), room.machine('b')];
  const bulk = await post('/api/v1/vms/actions/power-off', { targets, mode: 'hard' }, key('b'));
  expect(bulk).toMatchObject({ status: 202, body: { kind: 'bulk.start', items: [{}, {}] } });
  expect(await post('/api/v1/vms/actions/restart', { targets: [] }, key('c'))).toMatchObject({ status: 400 });
  await room.clock.advance(2_000);
  expect(await get(String(bulk.headers.location))).toMatchObject({
    status: 200,
    body: { state: 'succeeded', result: { succeeded: 2 } },
  });
  const on = await post('/api/v1/vms/actions/power-on', { targets }, { ...key('d'), prefer: 'wait=20' });
  expect(on).toMatchObject({ status: 200, body: { state: 'succeeded' } });
});

it('a dry run answers as always and leaves no trace', async () => {
  const { room, post } = await open();
  const vmId = room.machine();
  const dry = await post(`${action(vmId, 'power-off')}?dryRun=true`, {}, { ...key('k'), prefer: 'wait=5' });
  expect(dry).toMatchObject({ status: 202, body: { state: 'queued' } });
  expect(await room.eventStore.readAll(0, 9)).toEqual([]);
});

it('records what the door refuses', async () => {
  const { room, post } = await open();
  await post(action(room.machine(), 'power-off'), {}, { authorization: 'nobody', 'idempotency-key': 'k' });
  const [commit] = await room.eventStore.readAll(0, 9);
  expect(commit).toMatchObject({
    stream: 'audit-power',
    facts: [{ fact: { type: 'AuditDenialRecorded', code: 'unauthenticated' } }],
  });
});

it('checks an outcome that nobody could read, over HTTP', async () => {
  const { room, post, get } = await open();
  const vmId = room.machine();
  room.room.behave = async (_, obey) => {
    await obey();
    room.room.fault = () => new ProviderFault('provider_unreachable', 'down');
  };
  await post(action(vmId, 'power-off'), { mode: 'hard', timeoutSeconds: 5 }, key('k'));
  await room.clock.advance(8_000);
  const path = `/api/v1/operations/power.power-${vmId}.1`;
  expect((await get(path)).body).toMatchObject({ state: 'unknown', nextActions: ['check', 'mark', 'run-again'] });
  room.room.fault = null;
  const checked = await post(`${path}/check`, {}, { prefer: 'wait=10' });
  expect(checked).toMatchObject({ status: 200, body: { state: 'succeeded' } });
  expect(Problem.safeParse(checked.body).success).toBe(false);
});

it('answers 202 to whoever waits when the process stops', async () => {
  const { room, post, stop } = await open();
  room.room.behave = () => new Promise(() => {});
  room.clock.after(3_000, stop);
  const held = await post(action(room.machine(), 'power-off'), {}, { ...key('k'), prefer: 'wait=50' });
  expect(held).toMatchObject({ status: 202, body: { state: 'running' } });
});
