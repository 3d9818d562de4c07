import { expect, it } from '@jest/globals';
import type { PowerState } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { ana } from '../../testing.js';
import { hangs, worldOf } from './testing.js';

it.each(['poweredOff', 'poweredOn', 'suspended'] as const)(
  'K19: a machine that its provider cannot reach is not off because it was last known as %s',
  async (power) => {
    const { clock, machine, off, read, calls } = await worldOf();
    Object.assign(machine, { power, connected: false });
    for (const mode of ['soft', 'trySoft'] as const) {
      const id = await off(mode);
      await clock.advance(0);
      expect(await read(id)).toMatchObject({
        ...{ state: 'failed', attempts: 0, result: null },
        error: { code: 'machine_unreachable', status: 500, detail: expect.stringContaining(`last known as ${power}`) },
        evidence: { method: null, previousState: 'unknown', newState: 'unknown', verifiedAt: null },
      });
    }
    expect(calls()).toEqual([]);
  },
);

it.each(['on', 'restart'] as const)('K19: nor is it on, or restarted: nothing is sent (%s)', async (verb) => {
  const world = await worldOf();
  world.machine.connected = false;
  const id = await world[verb]();
  await world.clock.advance(0);
  expect([world.calls(), await world.read(id)]).toMatchObject([
    [],
    { state: 'failed', error: { code: 'machine_unreachable' } },
  ]);
});

it('K19: a request for it says when Drover read it last', async () => {
  const { clock, machine, off, on, read, room } = await worldOf();
  const earlier = await off();
  await clock.advance(5_000);
  const { verifiedAt } = (await read(earlier)).evidence ?? {};
  machine.connected = false;
  const id = await on();
  await clock.advance(0);
  expect(room.clock.now()).not.toBe(verifiedAt);
  expect((await read(id)).error?.detail).toBe(
    `The provider cannot reach the machine; it was last known as poweredOff. Drover read it so at ${verifiedAt}.`,
  );
});

it('K19: hard may be sent to it, and is unknown as long as nobody can read it', async () => {
  const { clock, machine, off, read, calls } = await worldOf();
  machine.connected = false;
  const id = await off('hard', 60);
  await clock.advance(30_000);
  expect([calls(), (await read(id)).state]).toEqual([['power-off'], 'running']);
  await clock.advance(31_000);
  expect(await read(id)).toMatchObject({ state: 'unknown', evidence: { newState: 'unknown', verifiedAt: null } });
});

it('K19: hard ends by what can be read once the provider reaches it again', async () => {
  const { clock, machine, off, read, calls } = await worldOf();
  machine.connected = false;
  const id = await off('hard', 60);
  await clock.advance(30_000);
  machine.connected = true;
  await clock.advance(3_000);
  expect([calls(), await read(id)]).toMatchObject([
    ['power-off'],
    { state: 'succeeded', evidence: { method: 'forced', previousState: 'unknown', newState: 'poweredOff' } },
  ]);
});

it('K19: one that is lost while its guest is asked is not forced, and is unknown at the deadline', async () => {
  const { clock, machine, off, read, calls } = await worldOf(hangs);
  const id = await off('trySoft', 60);
  await clock.advance(10_000);
  machine.connected = false;
  await clock.advance(45_000);
  expect([calls(), (await read(id)).state]).toEqual([['shutdown-guest'], 'running']);
  await clock.advance(6_000);
  expect(await read(id)).toMatchObject({
    ...{ state: 'unknown', nextActions: ['check', 'mark', 'run-again'] },
    error: { detail: expect.stringContaining('last read as poweredOn') },
  });
});

it('K19: a check of an outcome that is unknown settles nothing while it cannot be reached', async () => {
  const { clock, machine, off, read, power } = await worldOf();
  machine.connected = false;
  const id = await off('hard', 10);
  await clock.advance(11_000);
  await power.checkOperation({ id }, ana);
  await clock.advance(0);
  expect((await read(id)).state).toBe('unknown');
  machine.connected = true;
  await power.checkOperation({ id }, ana);
  await clock.advance(0);
  expect((await read(id)).state).toBe('succeeded');
});

it('K19: its power is not told as read now: what was known last goes along, and when Drover read it', async () => {
  const { machine, power, vmId, room } = await worldOf();
  const told = room.clock.now();
  machine.connected = false;
  expect(await power.powerState({ called: vmId }, ana)).toMatchObject({
    ...{ rejected: 'provider_error', asOf: told },
    because: `The provider cannot reach the machine; it was last known as poweredOn. Drover read it so at ${told}.`,
  });
  machine.power = 'poweredOff';
  expect(await power.powerState({ called: vmId }, ana)).toMatchObject({
    because: `The provider cannot reach the machine; it was last known as poweredOff. Drover last read it as poweredOn at ${told}.`,
  });
});

it('K19: when Drover read it last is said as well when inventory has told that it is out of reach', async () => {
  const { machine, power, vmId, room, process } = await worldOf();
  const told = room.clock.now();
  machine.connected = false;
  await room.clock.advance(60_000);
  room.observed(vmId, { power: 'unknown', tools: 'unknown', bootAt: null, connectionState: 'disconnected' });
  await process.flows.caughtUp();
  expect(await power.powerState({ called: vmId }, ana)).toMatchObject({
    because: `The provider cannot reach the machine; it was last known as poweredOn. Drover read it so at ${told}.`,
  });
});

it('when a state began is told of that state only: null where it was seen in another one last', async () => {
  const { machine, power, vmId, room, process } = await worldOf();
  const seen = async (state: PowerState) => {
    await room.clock.advance(60_000);
    room.observed(vmId, { power: state, ...(state === 'unknown' && { connectionState: 'disconnected' }) });
    await process.flows.caughtUp();
    return room.clock.now();
  };
  const asked = () => power.powerState({ called: vmId }, ana);
  await seen('poweredOff');
  await seen('poweredOn');
  machine.power = 'poweredOff';
  expect(await asked()).toMatchObject({ power_state: 'poweredOff', last_state_change: null });
  const changed = await seen('poweredOff');
  expect(await asked()).toMatchObject({ last_state_change: changed });
  await seen('unknown');
  expect(await asked()).toMatchObject({ last_state_change: changed });
});

it('K19: what is said to be read last was read within the operation', async () => {
  const { clock, machine, off, on, read } = await worldOf();
  await on(); // reads it
  await clock.advance(1_000);
  machine.connected = false;
  const id = await off('hard', 10);
  await clock.advance(11_000);
  const { error } = await read(id);
  expect(error?.detail).toBe('What came of it could not be read. It was not read while the operation ran.');
});

it('K9: a look that does not find a machine has inventory look again, whoever looked', async () => {
  const { clock, machine, off, power, vmId, room, lookedAgain } = await worldOf();
  machine.connected = false;
  const id = await off('hard', 10);
  await clock.advance(11_000);
  room.room.fault = () => new ProviderFault('not_found', 'no machine has this uuid');
  expect(await power.powerState({ called: vmId }, ana)).toMatchObject({ rejected: 'not_found' });
  expect(lookedAgain.splice(0)).toEqual([vmId]);
  await power.checkOperation({ id }, ana);
  await clock.advance(0);
  expect(lookedAgain.splice(0)).toEqual([vmId]);
  await off('soft');
  await clock.advance(0);
  expect(lookedAgain).toEqual([vmId]);
});

it('K2: inventory looks again when what was read for somebody is not what was seen, also when it is out of reach', async () => {
  const { machine, power, vmId, lookedAgain } = await worldOf();
  await power.powerState({ called: vmId }, ana);
  expect(lookedAgain).toEqual([]);
  machine.power = 'poweredOff';
  await power.powerState({ called: vmId }, ana);
  expect(lookedAgain.splice(0)).toEqual([vmId]);
  machine.connected = false;
  await power.powerState({ called: vmId }, ana);
  expect(lookedAgain).toEqual([vmId]);
});

it('a machine that the account may not see ends its request at once: no repeat changes that', async () => {
  const { clock, room, off, read, calls } = await worldOf();
  room.room.fault = () => new ProviderFault('not_permitted', 'NoPermission: runtime.powerState may not be read');
  const id = await off('trySoft', 300);
  await clock.advance(0);
  expect([calls(), room.room.reads]).toEqual([[], 1]);
  expect(await read(id)).toMatchObject({
    state: 'failed',
    error: { code: 'not_permitted', status: 500, detail: expect.stringContaining('NoPermission') },
  });
});

it('once something was sent, a machine that the account may not see any more is unknown at the deadline', async () => {
  const { clock, room, off, read, calls } = await worldOf(hangs);
  const id = await off('soft', 60);
  await clock.advance(5_000);
  room.room.fault = () => new ProviderFault('not_permitted', 'NoPermission: runtime.powerState may not be read');
  await clock.advance(50_000);
  expect([calls(), (await read(id)).state]).toEqual([['shutdown-guest'], 'running']);
  await clock.advance(6_000);
  expect((await read(id)).state).toBe('unknown');
});
