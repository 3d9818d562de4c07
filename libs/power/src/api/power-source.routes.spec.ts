import { afterEach, expect, it } from '@jest/globals';
import { SourcePoweredOff, SourcePoweredOn, SourcePowerState } from '@drover/contracts';
import { VmId } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { SITE } from '../testing.js';
import { BIOS, golden, kindsOf, openWithMachine, sourcePath, type Body, type PowerHouse } from './testing.js';

/** Every member of the sample is there, with the same kind of value. */
const hasShape = (answer: Body, sample: Body) => expect(kindsOf(answer, sample)).toEqual(kindsOf(sample, sample));
const houses: PowerHouse[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});
const open = async (uuid = BIOS) => {
  const house = await openWithMachine(uuid);
  houses.push(house);
  return house;
};
const after = ({ room }: PowerHouse, ms: number) => {
  room.room.behave = async (_, obey) => void room.clock.after(ms, () => void obey());
};

it('A1: the state has the six members of both samples, and is read now', async () => {
  const { get, room } = await open();
  const { status, body } = await get(sourcePath('power-state'));
  expect([status, Object.keys(body).sort()]).toEqual([200, Object.keys(golden('power-state.response')).sort()]);
  for (const name of ['power-state.response', 'power-state.response.first']) hasShape(body, golden(name));
  expect(SourcePowerState.parse(body)).toMatchObject({
    vm_id: BIOS,
    power_state: 'poweredOn',
    tools_status: 'toolsOk',
  });
  const reads = room.room.reads;
  await get(sourcePath('power-state', BIOS.toUpperCase()));
  expect(room.room.reads).toBe(reads + 1);
});

it.each([
  ['power-off', 'power-off.request'],
  ['power-off', 'power-off.request.first'],
  ['power-on', 'power-on.request'],
  ['power-on', 'power-on.request.first'],
])('A2: %s takes %s, and answers every member of both samples', async (verb, request) => {
  const asked = golden(request);
  const house = await open(String(asked['vm_id']));
  Object.assign(house.machine, verb === 'power-on' ? { power: 'poweredOff', tools: 'toolsOk' } : {});
  after(house, 3_000);
  const { status, body, headers } = await house.post(sourcePath(verb, String(asked['vm_id'])), {
    ...asked,
    password: 'canary',
  });
  expect([status, headers.location]).toEqual([200, `/api/v1/operations/power.power-${house.vmId}.1`]);
  for (const name of [`${verb}.response`, `${verb}.response.first`]) hasShape(body, golden(name));
  (verb === 'power-off' ? SourcePoweredOff : SourcePoweredOn).parse(body);
  expect(body).toMatchObject({
    success: true,
    vm_id: asked['vm_id'],
    operation: verb,
    message: golden(`${verb}.response`)['message'],
  });
  expect(headers['deprecation']).toBeDefined(); // credentials came with it, and were dropped
  expect(JSON.stringify(await house.room.eventStore.readAll(0, 99))).not.toContain('canary');
});

it('A2: an empty body means all defaults; T28: what is off already is said so at once', async () => {
  const { post, machine, room } = await open();
  machine.power = 'poweredOff';
  const { status, body } = await post(sourcePath('power-off'));
  expect([status, body]).toMatchObject([
    200,
    { shutdown_method: 'already-off', previous_state: 'poweredOff', duration_seconds: 0 },
  ]);
  expect(room.made).toEqual([]);
});

it('A3: a time-out of 0 is refused, a large one is cut to an hour', async () => {
  const { post, vmId, get } = await open();
  for (const timeout of [0, -1, 1.5, '5'])
    expect(await post(sourcePath('power-on'), { timeout })).toMatchObject({
      status: 400,
      body: { error: 'Invalid parameter' },
    });
  await post(sourcePath('power-off'), { timeout: 99_999, wait_for_shutdown: false });
  const { body } = await get(`/api/v1/operations/power.power-${vmId}.1`);
  expect(Date.parse(String(body['deadline'])) - Date.parse(String(body['requestedAt']))).toBe(3_600_000);
});

it('T24: waits as long as the guest takes', async () => {
  const house = await open();
  after(house, 45_000);
  const { status, body } = await house.post(sourcePath('power-off'), { timeout: 300 });
  expect([status, body['shutdown_method']]).toEqual([200, 'graceful']);
  expect(body['duration_seconds']).toBeGreaterThanOrEqual(45);
  expect(body['duration_seconds']).toBeLessThanOrEqual(47);
});

it('answers 202 and the operation at once when nobody wants to wait, or no longer', async () => {
  const house = await open();
  after(house, 45_000);
  const asked = await house.post(sourcePath('power-off'), { wait_for_shutdown: false });
  expect(asked).toMatchObject({ status: 202, body: { kind: 'vm.power-off', state: 'queued' } });
  expect(asked.headers.location).toBe(`/api/v1/operations/power.power-${house.vmId}.1`);
  await house.room.clock.advance(60_000);
  const held = await house.post(sourcePath('power-on'), {}, { prefer: 'wait=2' });
  expect(held).toMatchObject({ status: 202, headers: { 'preference-applied': 'wait=2' }, body: { state: 'running' } });
});

it('with a key, a repeat waits for the first and answers the same; without, it sees the first', async () => {
  const house = await open();
  after(house, 5_000);
  const [first, second] = await Promise.all(
    [1, 2].map(() => house.post(sourcePath('power-off'), {}, { 'idempotency-key': 'k' })),
  );
  expect([first?.body, second?.headers['idempotency-replayed'] ?? first?.headers['idempotency-replayed']]).toEqual([
    second?.body,
    'true',
  ]);
  expect(house.room.made).toHaveLength(1);
  await house.post(sourcePath('power-on'), {}, { prefer: 'wait=0' });
  const busy = await house.post(sourcePath('power-off'), {});
  expect(busy).toMatchObject({
    status: 409,
    body: { error: 'Operation in progress', code: 'operation_in_progress', vm_id: BIOS },
  });
  expect(busy.headers.location).toBe(`/api/v1/operations/power.power-${house.vmId}.2`);
  expect(busy.body).not.toHaveProperty('success'); // nothing was sent for it
});

it.each([
  [{ tools: 'toolsNotRunning' }, 'hard', 200, undefined],
  [{ tools: 'unknown' }, 'trySoft', 409, 'Tools status unknown'],
  [{ power: 'suspended' }, 'trySoft', 409, 'VM is suspended'],
] as const)(
  'says by the matrix what is not possible, from the fresh look (%j, %s)',
  async (change, mode, status, error) => {
    const { post, machine, room } = await open();
    Object.assign(machine, change);
    const answer = await post(sourcePath('power-off'), { force: mode === 'hard' });
    expect([answer.status, answer.body['error']]).toEqual([status, error]);
    if (status === 409)
      expect([room.made, answer.headers.location, 'success' in answer.body]).toEqual([[], expect.any(String), false]);
  },
);

it('names what it cannot find, or finds twice', async () => {
  const { post, get, room, flows } = await open();
  const nowhere = {
    status: 404,
    body: { error: 'VM not found in vCenter', vm_id: VmId.parse(BIOS.replace('42', '43')) },
  };
  expect(await get(sourcePath('power-state', BIOS.replace('42', '43')))).toMatchObject(nowhere);
  expect(await post(sourcePath('power-on', BIOS.replace('42', '43')), {})).toMatchObject(nowhere);
  expect(await post(sourcePath('power-off'), { vcenter: 'vcenter-09.example.test' })).toMatchObject({
    status: 404,
    body: { error: 'VM not found in vCenter' },
  });
  expect(await get(`${sourcePath('power-state')}?vcenter=vcenter-09.example.test`)).toMatchObject({ status: 404 });
  expect(await get(`${sourcePath('power-state')}?vcenter=vcenter-01.example.test`)).toMatchObject({ status: 200 });
  expect(await post(sourcePath('power-off'), { vm_id: 'other' })).toMatchObject({
    status: 400,
    body: { error: 'Invalid parameter' },
  });
  room.machine('web-02', BIOS);
  await flows.caughtUp();
  expect(await post(sourcePath('power-off'), {})).toMatchObject({
    status: 409,
    body: { error: 'VM is ambiguous', candidates: [{}, {}] },
  });
});

it('a machine that is gone is not found on each path of the source, and is gone on the native ones', async () => {
  const { post, get, room, flows, vmId } = await open();
  room.tell('io.drover.inventory.vm-retired.v1', vmId, { cause: 'gone' });
  await flows.caughtUp();
  const answers = [
    await get(sourcePath('power-state')),
    await post(sourcePath('power-off'), {}),
    await post(sourcePath('power-on'), {}),
    await post(sourcePath('power-off'), { wait_for_shutdown: false }),
  ];
  for (const { status, body } of answers)
    expect([status, body]).toMatchObject([
      404,
      { error: 'VM not found in vCenter', status: 404, code: 'vm_gone', vm_id: BIOS },
    ]);
  const native = await post(`/api/v1/vms/${vmId}/actions/power-off`, {}, { 'idempotency-key': 'k' });
  expect(native).toMatchObject({ status: 410, body: { code: 'vm_gone', status: 410 } });
  expect(room.made).toEqual([]);
});

it('a machine that its provider does not know is not found, at the first look', async () => {
  const { post, get, room } = await open();
  room.room.fault = () => new ProviderFault('not_found', 'it says not_found');
  expect(await get(sourcePath('power-state'))).toMatchObject({
    status: 404,
    body: { error: 'VM not found in vCenter' },
  });
  expect(await post(sourcePath('power-off'), {})).toMatchObject({
    status: 404,
    body: { error: 'VM not found in vCenter' },
  });
});

it('a blocked connection refuses on every path, and nothing is sent', async () => {
  const { post, get, room, flows } = await open();
  room.tell('io.drover.inventory.connection-sign-in-failed.v1', SITE, { service: 'inventory', revision: 1 });
  await flows.caughtUp();
  const blocked = {
    status: 409,
    body: { code: 'connection_blocked', error: 'vCenter connection failed', vm_id: BIOS },
  };
  for (const answer of [
    await get(sourcePath('power-state')),
    await post(sourcePath('power-off'), {}),
    await post(sourcePath('power-on'), {}),
  ])
    expect(answer).toMatchObject(blocked);
  expect([room.room.reads, room.made]).toEqual([0, []]);
});

it('a connection that is no longer configured refuses likewise, and takes requests again once it is back', async () => {
  const { post, room, flows } = await open();
  const turned = (to: 'up' | 'down', code: string | null) =>
    room.tell('io.drover.inventory.connection-state-changed.v1', SITE, { from: 'up', to, code });
  turned('down', 'not_configured');
  await flows.caughtUp();
  const answer = await post(sourcePath('power-off'), {});
  expect(answer).toMatchObject({ status: 409, body: { code: 'connection_blocked' } });
  expect(answer.body['detail']).toContain('no longer configured');
  expect([room.room.reads, room.made]).toEqual([0, []]);
  turned('up', null);
  await flows.caughtUp();
  expect(await post(sourcePath('power-off'), {})).toMatchObject({ status: 200, body: { success: true } });
});

it('with a key, the same request is told by all of its body', async () => {
  const house = await open();
  const key = { 'idempotency-key': 'k' };
  const first = await house.post(sourcePath('power-off'), { wait_for_shutdown: false }, key);
  await house.room.clock.advance(60_000);
  const replay = await house.post(sourcePath('power-off'), { wait_for_shutdown: false }, key);
  expect([first.status, replay.status, replay.headers['idempotency-replayed']]).toEqual([202, 202, 'true']);
  expect(replay.body).toMatchObject({ kind: 'vm.power-off', state: 'succeeded' }); // the operation, as was asked
  const { status, body } = await house.post(sourcePath('power-off'), { wait_for_shutdown: true }, key);
  expect([status, body['code']]).toEqual([422, 'idempotency_key_reused']);
});
