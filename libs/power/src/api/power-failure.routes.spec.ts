import { afterEach, expect, it } from '@jest/globals';
import { ProviderFault, type FaultCode } from '@drover/ports';
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
const no = (code: FaultCode) => new ProviderFault(code, `it says ${code}`);

it.each([
  ['provider_unreachable', 'vCenter connection failed'],
  ['certificate_refused', 'vCenter connection failed'],
  ['sign_in_failed', 'vCenter connection failed'],
  ['provider_error', 'VMware API error'],
] as const)('a state that cannot be read is a 500 in the words of the source (%s)', async (code, error) => {
  const { get, room } = await open();
  room.room.fault = () => no(code);
  const { status, body } = await get(sourcePath('power-state'));
  expect([status === 409 ? 500 : status, body['error']]).toEqual([500, error]);
  hasShape(body, golden('power.error-500'));
  expect(body['details']).toContain(`it says ${code}`);
});

it('a state that is being read when the process stops is not_ready, and nothing is said of the machine', async () => {
  const { get, room, stop } = await open();
  room.memory.read = () => new Promise(() => {});
  room.clock.after(1_000, stop);
  const { status, body } = await get(sourcePath('power-state'));
  expect([status, body['code']]).toEqual([503, 'not_ready']);
  expect(body).not.toHaveProperty('power_state');
});

it('a definite refusal of the provider is a 500, and says what was read last', async () => {
  const { post, room } = await open();
  room.room.behave = async () => {
    throw no('provider_error');
  };
  const { status, body, headers } = await post(sourcePath('power-off'), { force: true });
  expect([status, body]).toMatchObject([
    500,
    { error: 'VMware API error', success: false, previous_state: 'poweredOn', new_state: 'poweredOn', vm_id: BIOS },
  ]);
  expect([body['details'], headers.location]).toEqual(['it says provider_error', expect.stringContaining('.1')]);
});

it('T23: what is not off at the deadline is a 504 with the last state', async () => {
  const { post, room } = await open();
  room.room.behave = async () => {};
  const { status, body } = await post(sourcePath('power-off'), { timeout: 10 });
  expect([status, body]).toMatchObject([
    504,
    { error: 'Operation timed out', success: false, previous_state: 'poweredOn', new_state: 'poweredOn' },
  ]);
  expect(body['details']).toContain('poweredOn');
  expect(room.calls()).toEqual(['shutdown-guest', 'power-off']);
});

it('a 504 says the first error, too', async () => {
  const { post, room } = await open();
  room.room.behave = async () => {
    throw new ProviderFault('busy', 'another task holds the machine');
  };
  expect(await post(sourcePath('power-off'), { force: true, timeout: 10 })).toMatchObject({
    status: 504,
    body: {
      details:
        'The time-out ended. It was last read as poweredOn. The first error: busy: another task holds the machine',
    },
  });
});

it('T25: what cannot be read back is no success: 500, new_state unknown', async () => {
  const { post, room } = await open();
  room.room.behave = async (_, obey) => {
    await obey();
    room.room.fault = () => no('provider_unreachable');
  };
  expect(await post(sourcePath('power-off'), { timeout: 10 })).toMatchObject({
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
  const ask = () => post(sourcePath('power-off'), { timeout: 10 }, { ...key, prefer: 'wait=30' });
  expect(await ask()).toMatchObject({ status: 500 });
  const mark = { outcome: 'succeeded', reason: 'I looked' };
  expect(await post(`/api/v1/operations/power.power-${vmId}.1/mark`, mark)).toMatchObject({ status: 200 });
  const marked = await ask();
  expect(marked).toMatchObject({
    status: 500,
    headers: { 'idempotency-replayed': 'true', 'preference-applied': 'wait=30' },
    body: { code: 'outcome_unknown', success: false, new_state: 'unknown', vm_id: BIOS },
  });
});

it('T29: tools that never come are a 504 at the client’s own time-out, saying that the machine is on', async () => {
  const { post, machine } = await open();
  Object.assign(machine, { power: 'poweredOff', tools: 'toolsNotRunning' });
  const { status, body } = await post(sourcePath('power-on'), { wait_for_tools: true, timeout: 30 });
  expect([status, body]).toMatchObject([504, { error: 'Operation timed out', success: false, new_state: 'poweredOn' }]);
  expect(body['details']).toContain('The machine is on (new_state=poweredOn, tools_status=toolsNotRunning)');
});

it('a cancelled one is no success either', async () => {
  const { post, room, vmId } = await open();
  room.room.fault = () => no('provider_unreachable');
  room.clock.after(2_000, () => void post(`/api/v1/operations/power.power-${vmId}.1/cancel`, {}));
  expect(await post(sourcePath('power-off'), { timeout: 60 })).toMatchObject({
    status: 409,
    body: { error: 'Operation was cancelled' },
  });
});
