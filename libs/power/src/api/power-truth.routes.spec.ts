import { afterEach, expect, it } from '@jest/globals';
import { ProviderFault } from '@drover/ports';
import { openWithMachine, sourcePath, type PowerHouse } from './testing.js';

const houses: PowerHouse[] = [];
afterEach(async () => {
  for (const house of houses.splice(0)) await house.close();
});
const open = async () => {
  const house = await openWithMachine();
  houses.push(house);
  const { vmId, post } = house;
  let keys = 0;
  const action = (verb: string, body: object, headers = {}) =>
    post(`/api/v1/vms/${vmId}/actions/${verb}`, body, { 'idempotency-key': `k${keys++}`, ...headers });
  const cancel = (op: number) => post(`/api/v1/operations/power.power-${vmId}.${op}/cancel`, {});
  return { ...house, action, cancel };
};
const gone = () => new ProviderFault('not_found', 'no machine has this uuid');

it('K5: what the provider says against a request is told by its operation; the older paths wait for that and say 409', async () => {
  const { machine, action, post, room } = await open();
  machine.tools = 'toolsNotRunning';
  const accepted = await action('power-off', { mode: 'soft' });
  expect([accepted.status, accepted.body['state']]).toEqual([202, 'queued']);
  expect(await action('power-off', { mode: 'soft' }, { prefer: 'wait=10' })).toMatchObject({
    ...{ status: 200, body: { state: 'failed', error: { code: 'graceful_shutdown_not_possible', status: 409 } } },
  });
  machine.tools = 'unknown';
  expect(await post(sourcePath('power-off'), {})).toMatchObject({
    ...{ status: 409, body: { code: 'tools_status_unknown', error: 'Tools status unknown' } },
  });
  expect(room.calls()).toEqual([]);
});

it('K5: a dry run is judged by the view, says of which moment that is, and reads nothing', async () => {
  const { room, flows, vmId, post } = await open();
  await room.clock.advance(1_000);
  room.observed(vmId, { power: 'suspended' });
  await flows.caughtUp();
  const asOf = room.clock.now();
  const dry = await post(`/api/v1/vms/${vmId}/actions/power-off?dryRun=true`, {}, { 'idempotency-key': 'dry' });
  expect(dry).toMatchObject({ status: 409, body: { code: 'vm_suspended', asOf } });
  const bulk = await post('/api/v1/vms/actions/power-off?dryRun=true', { targets: [vmId] }, { 'idempotency-key': 'b' });
  expect(bulk.body).toMatchObject({ items: [{ state: 'failed', error: { code: 'vm_suspended', asOf } }] });
  expect(room.room.reads).toBe(0);
});

it.each([
  ['a template', { power: 'poweredOff' }, true, 'wrong_state'],
  ['a machine out of reach', { power: 'unknown', connectionState: 'disconnected' }, false, 'vm_not_ready'],
] as const)('a dry run is refused by what the view knows of %s', async (_, seen, template, code) => {
  const { room, flows, vmId, post } = await open();
  await room.clock.advance(1_000);
  room.described(vmId, { template });
  room.observed(vmId, seen);
  await flows.caughtUp();
  const refused = { code, asOf: room.clock.now() };
  for (const verb of ['power-on', 'power-off', 'restart'])
    expect(
      await post(`/api/v1/vms/${vmId}/actions/${verb}?dryRun=true`, {}, { 'idempotency-key': verb }),
    ).toMatchObject({ status: 409, body: refused });
  const bulk = await post('/api/v1/vms/actions/power-on?dryRun=true', { targets: [vmId] }, { 'idempotency-key': 'b' });
  expect(bulk.body).toMatchObject({ items: [{ state: 'failed', error: refused }] });
  expect(room.room.reads).toBe(0);
});

it('K19: the older paths say of a machine that its provider cannot reach that it cannot, never a success', async () => {
  const { machine, get, post, room } = await open();
  Object.assign(machine, { power: 'poweredOff', connected: false });
  const said = { error: 'VMware API error', details: expect.stringContaining('last known as poweredOff') };
  expect(await get(sourcePath('power-state'))).toMatchObject({ status: 500, body: said });
  for (const verb of ['power-off', 'power-on'])
    expect(await post(sourcePath(verb), {})).toMatchObject({ status: 500, body: said });
  expect(room.calls()).toEqual([]);
});

it.each(['poweredOn', 'poweredOff', 'suspended'] as const)(
  'a machine that was out of reach was before what its provider knew last, not what it came back as (%s)',
  async (power) => {
    const { machine, room, post, vmId, get } = await open();
    Object.assign(machine, { power, connected: false });
    room.room.behave = async () => void room.clock.after(5_000, () => back());
    const back = () => Object.assign(machine, { power: 'poweredOff', connected: true });
    const { status, body } = await post(sourcePath('power-off'), { force: true, timeout: 60 });
    expect([status, body]).toMatchObject([
      200,
      { previous_state: power, new_state: 'poweredOff', shutdown_method: 'forced' },
    ]);
    const { body: operation } = await get(`/api/v1/operations/power.power-${vmId}.1`);
    expect(operation).toMatchObject({ evidence: { previousState: 'unknown' } });
  },
);

it('a machine that was out of reach was before as it was read before the call that was taken', async () => {
  const { machine, room, post } = await open();
  Object.assign(machine, { power: 'suspended', connected: false });
  room.room.behave = async (_, obey) => {
    if (machine.connected) return obey();
    Object.assign(machine, { power: 'poweredOn', connected: true });
    throw new ProviderFault('busy', 'another task holds the machine');
  };
  expect(await post(sourcePath('power-off'), { force: true })).toMatchObject({
    ...{ status: 200, body: { previous_state: 'poweredOn', shutdown_method: 'forced' } },
  });
});

it('the answer is the operation where nobody knows how the machine was before', async () => {
  const { machine, room, post } = await open();
  machine.connected = false;
  const readNow = room.memory.read;
  room.memory.read = async (...of) => {
    const { lastKnown: _, ...reading } = await readNow(...of);
    return reading;
  };
  room.room.behave = async () => void Object.assign(machine, { power: 'poweredOff', connected: true });
  expect(await post(sourcePath('power-off'), { force: true })).toMatchObject({
    ...{ status: 202, body: { state: 'succeeded', evidence: { previousState: 'unknown', newState: 'poweredOff' } } },
  });
});

it('K20: whoever waits on an older path is told that the guest may still stop', async () => {
  const { cancel, post, room } = await open();
  room.room.behave = async () => {};
  room.clock.after(2_000, () => void cancel(1));
  const { status, body } = await post(sourcePath('power-off'), { timeout: 60 });
  expect([status, body['error']]).toEqual([409, 'Operation was cancelled']);
  expect(body['details']).toContain('The guest was asked to stop at 2026-11-20T10:00:00.000Z and may still do so.');
});

it('K22: a machine that leaves in mid-operation is 410 inside its operation, 404 on the older paths', async () => {
  const { post, get, room, vmId } = await open();
  room.room.behave = async () => {};
  room.clock.after(5_000, () => void (room.room.fault = gone));
  expect(await post(sourcePath('power-off'), { force: true, timeout: 600 })).toMatchObject({
    status: 404,
    body: { error: 'VM not found in vCenter', code: 'vm_gone', success: false, previous_state: 'poweredOn' },
  });
  expect(room.clock.now() < '2026-11-20T10:00:30.000Z').toBe(true);
  const operation = await get(`/api/v1/operations/power.power-${vmId}.1`);
  expect(operation.body).toMatchObject({ state: 'failed', error: { code: 'vm_gone', status: 410 } });
});

it('K23: the older paths answer at their time-out with what is known, though the last look is still on its way', async () => {
  const { post, get, room, vmId } = await open();
  const readNow = room.memory.read;
  room.memory.read = async (...of) => {
    await new Promise<void>((done) => room.clock.after(8_000, done));
    return readNow(...of);
  };
  room.room.behave = async () => {
    throw new ProviderFault('busy', 'another task holds the machine');
  };
  const { status, body } = await post(sourcePath('power-off'), { force: true, timeout: 20 });
  expect([status, body]).toMatchObject([
    504,
    { error: 'Operation timed out', success: false, previous_state: 'poweredOn', new_state: 'poweredOn' },
  ]);
  expect(body['details']).toBe(
    'The time-out ended before the outcome was read. It was last read as poweredOn. The first error: busy: another task holds the machine',
  );
  expect(room.clock.now() <= '2026-11-20T10:00:23.000Z').toBe(true);
  await room.clock.advance(10_000);
  expect((await get(`/api/v1/operations/power.power-${vmId}.1`)).body).toMatchObject({ state: 'expired' });
});
