import { expect, it } from '@jest/globals';
import { ProviderFault, type FaultCode } from '@drover/ports';
import { keyed, type Behaviour } from '../../testing.js';
import { hangs, worldOf } from './testing.js';

const no = (code: FaultCode, sent: 'no' | 'maybe' = 'no') => new ProviderFault(code, `it says ${code}`, sent);
/** The guest cannot be asked just now; everything else is done. */
const guestSays =
  (fault: ProviderFault): Behaviour =>
  async (call, obey) => {
    if (call === 'shutdown-guest' || call === 'reboot-guest') throw fault;
    return obey();
  };

it('K18: a machine that was suspended while its guest hung is not forced by trySoft', async () => {
  const { clock, machine, off, read, calls } = await worldOf(hangs);
  const id = await off('trySoft');
  await clock.advance(10_000);
  machine.power = 'suspended';
  await clock.advance(231_000);
  expect([calls(), machine.power]).toEqual([['shutdown-guest'], 'suspended']);
  expect(await read(id)).toMatchObject({
    ...{ state: 'failed', error: { code: 'vm_suspended', status: 409 } },
    evidence: { attempts: [{ step: 'graceful' }], newState: 'suspended' },
  });
  expect((await read(id)).error?.detail).toContain('Nothing more was sent.');
});

it('K18: a retry is judged on the reading before it, not on that of the first try', async () => {
  const { clock, machine, off, read, calls } = await worldOf(guestSays(no('busy')));
  const id = await off('soft');
  await clock.advance(0);
  machine.power = 'suspended';
  await clock.advance(10_000);
  expect(calls()).toEqual(['shutdown-guest']);
  expect(await read(id)).toMatchObject({ state: 'failed', error: { code: 'vm_suspended' } });
});

it('K18: a busy guest whose tools stop meanwhile is forced at once by trySoft, as in the matrix', async () => {
  const { clock, machine, off, read, calls } = await worldOf(guestSays(no('busy')));
  const id = await off('trySoft');
  await clock.advance(0);
  machine.tools = 'toolsNotRunning';
  await clock.advance(10_000);
  expect(calls()).toEqual(['shutdown-guest', 'power-off']);
  expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { escalation: 'tools_absent' } });
});

it.each(['off', 'restart'] as const)(
  'K18: a guest whose tools run by now is asked, though it was to be forced before (%s)',
  async (verb) => {
    let busy = true;
    const world = await worldOf(async (_call, obey) => {
      if (busy) throw no('busy');
      return obey();
    });
    const { clock, machine, read, calls } = world;
    machine.tools = 'toolsNotRunning';
    const id = await world[verb]('trySoft');
    await clock.advance(0);
    machine.tools = 'toolsOk';
    busy = false;
    await clock.advance(10_000);
    const hard = verb === 'off' ? 'power-off' : 'reset';
    const gentle = verb === 'off' ? 'shutdown-guest' : 'reboot-guest';
    expect(calls()).toEqual([hard, gentle]);
    expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { method: 'graceful' } });
  },
);

it('K18: what is off by now is not reset after a guest that could not be asked', async () => {
  const { clock, machine, restart, read, calls } = await worldOf(async () => {
    machine.power = 'poweredOff';
    throw no('tools_unavailable');
  });
  const id = await restart('trySoft');
  await clock.advance(1_000);
  expect(calls()).toEqual(['reboot-guest']);
  expect(await read(id)).toMatchObject({ state: 'failed', error: { code: 'vm_not_ready' } });
});

it('K18: a guest whose tools stop after a call that may have been taken goes down: it is not asked again', async () => {
  const { clock, machine, off, read, calls } = await worldOf(guestSays(no('no_answer', 'maybe')));
  const id = await off('soft', 60);
  await clock.advance(0);
  machine.tools = 'toolsNotRunning';
  await clock.advance(30_000);
  expect([calls(), (await read(id)).state]).toEqual([['shutdown-guest'], 'waiting']);
  machine.power = 'poweredOff';
  await clock.advance(3_000);
  expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { method: 'graceful' } });
});

it.each([
  [{ tools: 'toolsNotRunning' }, { state: 'succeeded', evidence: { method: 'graceful' } }],
  [{ power: 'suspended' }, { state: 'succeeded', evidence: { method: 'graceful' } }],
] as const)('K5: what the view says (%j) refuses nothing that the machine does not', async (view, outcome) => {
  const { room, clock, vmId, process, off, read } = await worldOf();
  await clock.advance(1_000);
  room.observed(vmId, view);
  await process.flows.caughtUp();
  const id = await off('soft');
  await clock.advance(0);
  expect(await read(id)).toMatchObject(outcome);
});

it('K5: a machine that went off unseen is off already, though the view says that its guest cannot be asked', async () => {
  const { room, clock, machine, vmId, process, off, read, calls } = await worldOf();
  await clock.advance(1_000);
  room.observed(vmId, { tools: 'toolsNotRunning' }); // the guest goes down, and nobody has heard more
  await process.flows.caughtUp();
  Object.assign(machine, { power: 'poweredOff', tools: 'toolsNotRunning' });
  const id = await off('soft');
  await clock.advance(0);
  expect([calls(), await read(id)]).toMatchObject([[], { state: 'succeeded', evidence: { method: 'already-off' } }]);
});

it('K5: a repeat under the key of a refused operation answers that operation', async () => {
  const { clock, machine, vmId, off, read, power, calls } = await worldOf();
  machine.tools = 'toolsNotRunning';
  const id = await off('soft', 300, keyed('k1'));
  await clock.advance(0);
  expect(await read(id)).toMatchObject({ state: 'failed', error: { code: 'graceful_shutdown_not_possible' } });
  machine.tools = 'toolsOk';
  const again = await power.powerOff({ vmId, mode: 'soft', timeoutSeconds: 300 }, keyed('k1'));
  await clock.advance(5_000);
  const refused = { id, state: 'failed', error: { code: 'graceful_shutdown_not_possible' } };
  expect([again, calls()]).toMatchObject([{ replayed: true, operation: refused }, []]);
});

it.each(['off', 'on', 'restart'] as const)(
  'a template is refused by the fresh look, and nothing is sent (%s)',
  async (verb) => {
    const world = await worldOf();
    Object.assign(world.machine, { power: 'poweredOff', tools: 'toolsNotRunning', template: true });
    const id = await world[verb]();
    await world.clock.advance(0);
    expect([world.calls(), await world.read(id)]).toMatchObject([
      [],
      { state: 'failed', error: { code: 'wrong_state', status: 409 }, evidence: { verifiedAt: null } },
    ]);
  },
);
