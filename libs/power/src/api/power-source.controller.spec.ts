import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from '@jest/globals';
import { SourcePoweredOff, SourcePoweredOn, SourcePowerState } from '@drover/contracts';
import { VmId } from '@drover/kernel';
import { ProviderFault, type FaultCode } from '@drover/ports';
import { SITE } from '../testing.js';
import { openHouse, type House } from './testing.js';

const houses: House[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});
const bios = '4205784a-098a-40f1-1f1e-a5cd2597fd59';
const open = async (uuid = bios) => {
  const house = await openHouse();
  houses.push(house);
  const vmId = house.room.machine('web-01', uuid);
  await house.flows.caughtUp();
  return { ...house, vmId, machine: house.room.memory.machine(vmId) };
};
type Body = Readonly<Record<string, unknown>>;
const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../contracts/golden/${name}.json`, import.meta.url), 'utf8')) as Body;
/** Every member of the sample is there, with the same kind of value. */
const hasShape = (answer: Body, sample: Body) => {
  const kinds = (body: Body) => Object.fromEntries(Object.keys(sample).map((name) => [name, typeof body[name]]));
  expect(kinds(answer)).toEqual(kinds(sample));
};
const path = (verb: string, id = bios) => `/api/v1/vm/${id}/${verb}`;
const after = ({ room }: House, ms: number) => {
  room.room.behave = async (_, obey) => void room.clock.after(ms, () => void obey());
};
const no = (code: FaultCode) => new ProviderFault(code, `it says ${code}`);

it('A1: the state has the six members of both samples, and is read now', async () => {
  const { get, room } = await open();
  const { status, body } = await get(path('power-state'));
  expect([status, Object.keys(body).sort()]).toEqual([200, Object.keys(golden('power-state.response')).sort()]);
  for (const name of ['power-state.response', 'power-state.response.first']) hasShape(body, golden(name));
  expect(SourcePowerState.parse(body)).toMatchObject({
    vm_id: bios,
    power_state: 'poweredOn',
    tools_status: 'toolsOk',
  });
  const reads = room.room.reads;
  await get(path('power-state', bios.toUpperCase()));
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
  const { status, body, headers } = await house.post(path(verb, String(asked['vm_id'])), {
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
  const { status, body } = await post(path('power-off'));
  expect([status, body]).toMatchObject([
    200,
    { shutdown_method: 'already-off', previous_state: 'poweredOff', duration_seconds: 0 },
  ]);
  expect(room.made).toEqual([]);
});

it('A3: a time-out of 0 is refused, a large one is cut to an hour', async () => {
  const { post, vmId, get } = await open();
  for (const timeout of [0, -1, 1.5, '5'])
    expect(await post(path('power-on'), { timeout })).toMatchObject({
      status: 400,
      body: { error: 'Invalid parameter' },
    });
  await post(path('power-off'), { timeout: 99_999, wait_for_shutdown: false });
  const { body } = await get(`/api/v1/operations/power.power-${vmId}.1`);
  expect(Date.parse(String(body['deadline'])) - Date.parse(String(body['requestedAt']))).toBe(3_600_000);
});

it('T24: waits as long as the guest takes', async () => {
  const house = await open();
  after(house, 45_000);
  const { status, body } = await house.post(path('power-off'), { timeout: 300 });
  expect([status, body['shutdown_method']]).toEqual([200, 'graceful']);
  expect(body['duration_seconds']).toBeGreaterThanOrEqual(45);
  expect(body['duration_seconds']).toBeLessThanOrEqual(47);
});

it('answers 202 and the operation at once when nobody wants to wait, or no longer', async () => {
  const house = await open();
  after(house, 45_000);
  const asked = await house.post(path('power-off'), { wait_for_shutdown: false });
  expect(asked).toMatchObject({ status: 202, body: { kind: 'vm.power-off', state: 'queued' } });
  expect(asked.headers.location).toBe(`/api/v1/operations/power.power-${house.vmId}.1`);
  await house.room.clock.advance(60_000);
  const held = await house.post(path('power-on'), {}, { prefer: 'wait=2' });
  expect(held).toMatchObject({ status: 202, headers: { 'preference-applied': 'wait=2' }, body: { state: 'running' } });
});

it('with a key, a repeat waits for the first and answers the same; without, it sees the first', async () => {
  const house = await open();
  after(house, 5_000);
  const [first, second] = await Promise.all(
    [1, 2].map(() => house.post(path('power-off'), {}, { 'idempotency-key': 'k' })),
  );
  expect([first?.body, second?.headers['idempotency-replayed'] ?? first?.headers['idempotency-replayed']]).toEqual([
    second?.body,
    'true',
  ]);
  expect(house.room.made).toHaveLength(1);
  await house.post(path('power-on'), {}, { prefer: 'wait=0' });
  const busy = await house.post(path('power-off'), {});
  expect(busy).toMatchObject({
    status: 409,
    body: { error: 'Operation in progress', code: 'operation_in_progress', vm_id: bios },
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
    const answer = await post(path('power-off'), { force: mode === 'hard' });
    expect([answer.status, answer.body['error']]).toEqual([status, error]);
    if (status === 409)
      expect([room.made, answer.headers.location, 'success' in answer.body]).toEqual([[], expect.any(String), false]);
  },
);

it('names what it cannot find, or finds twice', async () => {
  const { post, get, room, flows } = await open();
  const nowhere = {
    status: 404,
    body: { error: 'VM not found in vCenter', vm_id: VmId.parse(bios.replace('42', '43')) },
  };
  expect(await get(path('power-state', bios.replace('42', '43')))).toMatchObject(nowhere);
  expect(await post(path('power-on', bios.replace('42', '43')), {})).toMatchObject(nowhere);
  expect(await post(path('power-off'), { vcenter: 'vcenter-09.example.test' })).toMatchObject({
    status: 404,
    body: { error: 'VM not found in vCenter' },
  });
  expect(await get(`${path('power-state')}?vcenter=vcenter-09.example.test`)).toMatchObject({ status: 404 });
  expect(await get(`${path('power-state')}?vcenter=vcenter-01.example.test`)).toMatchObject({ status: 200 });
  expect(await post(path('power-off'), { vm_id: 'other' })).toMatchObject({
    status: 400,
    body: { error: 'Invalid parameter' },
  });
  room.machine('web-02', bios);
  await flows.caughtUp();
  expect(await post(path('power-off'), {})).toMatchObject({
    status: 409,
    body: { error: 'VM is ambiguous', candidates: [{}, {}] },
  });
});

it('a machine that is gone is not found on each path of the source, and is gone on the native ones', async () => {
  const { post, get, room, flows, vmId } = await open();
  room.tell('io.drover.inventory.vm-retired.v1', vmId, { cause: 'gone' });
  await flows.caughtUp();
  const answers = [
    await get(path('power-state')),
    await post(path('power-off'), {}),
    await post(path('power-on'), {}),
    await post(path('power-off'), { wait_for_shutdown: false }),
  ];
  for (const { status, body } of answers)
    expect([status, body]).toMatchObject([
      404,
      { error: 'VM not found in vCenter', status: 404, code: 'vm_gone', vm_id: bios },
    ]);
  const native = await post(`/api/v1/vms/${vmId}/actions/power-off`, {}, { 'idempotency-key': 'k' });
  expect(native).toMatchObject({ status: 410, body: { code: 'vm_gone', status: 410 } });
  expect(room.made).toEqual([]);
});

it('a machine that its provider does not know is not found, at the first look', async () => {
  const { post, get, room } = await open();
  room.room.fault = () => no('not_found');
  expect(await get(path('power-state'))).toMatchObject({ status: 404, body: { error: 'VM not found in vCenter' } });
  expect(await post(path('power-off'), {})).toMatchObject({ status: 404, body: { error: 'VM not found in vCenter' } });
});

it('a blocked connection refuses on every path, and nothing is sent', async () => {
  const { post, get, room, flows } = await open();
  room.tell('io.drover.inventory.connection-sign-in-failed.v1', SITE, { service: 'inventory', revision: 1 });
  await flows.caughtUp();
  const blocked = {
    status: 409,
    body: { code: 'connection_blocked', error: 'vCenter connection failed', vm_id: bios },
  };
  for (const answer of [
    await get(path('power-state')),
    await post(path('power-off'), {}),
    await post(path('power-on'), {}),
  ])
    expect(answer).toMatchObject(blocked);
  expect([room.room.reads, room.made]).toEqual([0, []]);
});

it('a connection that is no longer configured refuses likewise, and takes wishes again once it is back', async () => {
  const { post, room, flows } = await open();
  const turned = (to: 'up' | 'down', code: string | null) =>
    room.tell('io.drover.inventory.connection-state-changed.v1', SITE, { from: 'up', to, code });
  turned('down', 'not_configured');
  await flows.caughtUp();
  const answer = await post(path('power-off'), {});
  expect(answer).toMatchObject({ status: 409, body: { code: 'connection_blocked' } });
  expect(answer.body['detail']).toContain('no longer configured');
  expect([room.room.reads, room.made]).toEqual([0, []]);
  turned('up', null);
  await flows.caughtUp();
  expect(await post(path('power-off'), {})).toMatchObject({ status: 200, body: { success: true } });
});

it('with a key, the same wish is told by all of its body', async () => {
  const house = await open();
  const key = { 'idempotency-key': 'k' };
  const first = await house.post(path('power-off'), { wait_for_shutdown: false }, key);
  await house.room.clock.advance(60_000);
  const replay = await house.post(path('power-off'), { wait_for_shutdown: false }, key);
  expect([first.status, replay.status, replay.headers['idempotency-replayed']]).toEqual([202, 202, 'true']);
  expect(replay.body).toMatchObject({ kind: 'vm.power-off', state: 'succeeded' }); // the operation, as was asked
  const { status, body } = await house.post(path('power-off'), { wait_for_shutdown: true }, key);
  expect([status, body['code']]).toEqual([422, 'idempotency_key_reused']);
});

it.each([
  ['provider_unreachable', 'vCenter connection failed'],
  ['certificate_refused', 'vCenter connection failed'],
  ['sign_in_failed', 'vCenter connection failed'],
  ['provider_error', 'VMware API error'],
] as const)('a state that cannot be read is a 500 in the words of the source (%s)', async (code, error) => {
  const { get, room } = await open();
  room.room.fault = () => no(code);
  const { status, body } = await get(path('power-state'));
  expect([status === 409 ? 500 : status, body['error']]).toEqual([500, error]);
  hasShape(body, golden('power.error-500'));
  expect(body['details']).toContain(`it says ${code}`);
});

it('a definite refusal of the provider is a 500, and says what was read last', async () => {
  const { post, room } = await open();
  room.room.behave = async () => {
    throw no('provider_error');
  };
  const { status, body, headers } = await post(path('power-off'), { force: true });
  expect([status, body]).toMatchObject([
    500,
    { error: 'VMware API error', success: false, previous_state: 'poweredOn', new_state: 'poweredOn', vm_id: bios },
  ]);
  expect([body['details'], headers.location]).toEqual(['it says provider_error', expect.stringContaining('.1')]);
});

it('T23: what is not off at the deadline is a 504 with the last state', async () => {
  const { post, room } = await open();
  room.room.behave = async () => {};
  const { status, body } = await post(path('power-off'), { timeout: 10 });
  expect([status, body]).toMatchObject([
    504,
    { error: 'Operation timed out', success: false, previous_state: 'poweredOn', new_state: 'poweredOn' },
  ]);
  expect(body['details']).toContain('poweredOn');
  expect(room.calls()).toEqual(['shutdown-guest', 'power-off']);
});

it('T25: what cannot be read back is no success: 500, new_state unknown', async () => {
  const { post, room } = await open();
  room.room.behave = async (_, obey) => {
    await obey();
    room.room.fault = () => no('provider_unreachable');
  };
  expect(await post(path('power-off'), { timeout: 10 })).toMatchObject({
    ...{
      status: 500,
      body: { error: 'vCenter connection failed', success: false, new_state: 'unknown', code: 'outcome_unknown' },
    },
  });
});

it('T25: what a person marked as done is no success here, and a replay of a failure says that it is one', async () => {
  const { post, room, vmId } = await open();
  room.room.behave = async (_, obey) => {
    await obey();
    room.room.fault = () => no('provider_unreachable');
  };
  const key = { 'idempotency-key': 'k' };
  const ask = () => post(path('power-off'), { timeout: 10 }, { ...key, prefer: 'wait=30' });
  expect(await ask()).toMatchObject({ status: 500 });
  const mark = { outcome: 'succeeded', reason: 'I looked' };
  expect(await post(`/api/v1/operations/power.power-${vmId}.1/mark`, mark)).toMatchObject({ status: 200 });
  const marked = await ask();
  expect(marked).toMatchObject({
    status: 500,
    headers: { 'idempotency-replayed': 'true', 'preference-applied': 'wait=30' },
    body: { code: 'outcome_unknown', success: false, new_state: 'unknown', vm_id: bios },
  });
});

it('T29: tools that never come are a 504 at the client’s own time-out, saying that the machine is on', async () => {
  const { post, machine } = await open();
  Object.assign(machine, { power: 'poweredOff', tools: 'toolsNotRunning' });
  const { status, body } = await post(path('power-on'), { wait_for_tools: true, timeout: 30 });
  expect([status, body]).toMatchObject([504, { error: 'Operation timed out', success: false, new_state: 'poweredOn' }]);
  expect(body['details']).toContain('The machine is on (new_state=poweredOn, tools_status=toolsNotRunning)');
});

it('a cancelled one is no success either', async () => {
  const { post, room, vmId } = await open();
  room.room.fault = () => no('provider_unreachable');
  room.clock.after(2_000, () => void post(`/api/v1/operations/power.power-${vmId}.1/cancel`, {}));
  expect(await post(path('power-off'), { timeout: 60 })).toMatchObject({
    status: 409,
    body: { error: 'Operation was cancelled' },
  });
});
