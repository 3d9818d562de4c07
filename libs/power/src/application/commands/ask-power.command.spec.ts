import { expect, it } from '@jest/globals';
import { vmEtag } from '@drover/contracts';
import { Instant, isRejection, VmId, type Actor } from '@drover/kernel';
import { powerStream } from '../../domain/power.js';
import { keyed, machineRoom, SITE, START, type MachineRoom } from '../../testing.js';
import { powerOffVm } from './power-off-vm.command.js';
import { restartVm } from './restart-vm.command.js';

const soft = { mode: 'soft', timeoutSeconds: 300 } as const;
const wishes = {
  'vm.power-off': ({ power }: Process, vmId: VmId, actor: Actor) => power.powerOffVm({ vmId, ...soft }, actor),
  'vm.power-on': ({ power }: Process, vmId: VmId, actor: Actor) =>
    power.powerOnVm({ vmId, waitForTools: false }, actor),
  'vm.restart': ({ power }: Process, vmId: VmId, actor: Actor) => power.restartVm({ vmId, ...soft }, actor),
};
type Process = Awaited<ReturnType<MachineRoom['boot']>>;
const kinds = Object.keys(wishes) as (keyof typeof wishes)[];
/** A room in which nothing is worked on, so that a wish stays as it was asked. */
const still = async () => {
  const room = machineRoom();
  const vmId = room.machine();
  room.room.behave = () => new Promise(() => {});
  const process = await room.boot();
  await process.jobs.stop();
  return { room, vmId, process };
};
const bare = { requestId: 'r2', sub: 'ana', rights: keyed('').rights } satisfies Actor;

it.each(kinds)('%s records the wish and who had it, and nothing else', async (kind) => {
  const { room, vmId, process } = await still();
  const ana = keyed('k1');
  expect(await wishes[kind](process, vmId, { ...ana, reason: 'patch day' })).toMatchObject({
    replayed: false,
    operation: { id: `power.power-${vmId}.1`, kind, state: 'queued', reason: 'patch day', target: { name: 'web-01' } },
  });
  const metadata = { actor: 'ana', requestId: 'r-k1', commandId: ana.commandId, reason: 'patch day' };
  expect(await room.eventStore.read(powerStream(vmId))).toMatchObject([{ version: 0, metadata, facts: [{}] }]);
});

it.each(kinds)('%s twice with one key is one operation; without a key, the second sees the first', async (kind) => {
  const { room, vmId, process } = await still();
  const first = await wishes[kind](process, vmId, keyed('k1'));
  expect(await wishes[kind](process, vmId, keyed('k1'))).toEqual({ ...first, replayed: true });
  const see = `power.power-${vmId}.1`;
  expect(await wishes[kind](process, vmId, bare)).toMatchObject({ rejected: 'operation_in_progress', see, vmId });
  expect(await wishes[kind](process, vmId, keyed('k2'))).toMatchObject({ rejected: 'operation_in_progress', see });
  expect(await room.eventStore.read(powerStream(vmId))).toHaveLength(1);
});

it.each(kinds)('%s refuses what it cannot be done to, each with its code', async (kind) => {
  const { room, vmId, process } = await still();
  const ask = (id: VmId, actor: Actor = bare) => wishes[kind](process, id, actor);
  expect(await ask(VmId.create())).toMatchObject({ rejected: 'not_found' });

  const registered = VmId.create();
  const named = { connectionId: null, aliases: [], name: 'later-01', groupIds: [] };
  room.tell('io.drover.inventory.vm-registered.v1', registered, named);
  await process.flows.caughtUp();
  expect(await ask(registered)).toMatchObject({ rejected: 'vm_not_ready' });

  expect(await ask(vmId, { ...bare, ifMatch: '"nonsense"' })).toMatchObject({ rejected: 'version_mismatch' });
  const seen = (p: number) => ({ ...bare, dryRun: true as const, ifMatch: vmEtag({ i: 9, p, r: 0, m: 0 }) });
  expect(await ask(vmId, seen(4))).toMatchObject({ rejected: 'version_mismatch' });
  expect(await ask(vmId, seen(0))).toMatchObject({ replayed: false });

  room.tell('io.drover.inventory.connection-sign-in-failed.v1', SITE, { service: 'inventory', revision: 1 });
  await process.flows.caughtUp();
  expect(await ask(vmId)).toMatchObject({ rejected: 'connection_blocked' });

  room.tell('io.drover.inventory.vm-retired.v1', vmId, { cause: 'gone' });
  await process.flows.caughtUp();
  expect(await ask(vmId)).toMatchObject({ rejected: 'vm_gone' });
  expect(await room.eventStore.read(powerStream(vmId))).toEqual([]);
});

it('judges on the last observation, before any provider is asked', async () => {
  const { room, vmId, process } = await still();
  await room.clock.advance(1_000);
  for (const [change, code] of [
    [{ tools: 'unknown' }, 'tools_status_unknown'],
    [{ tools: 'toolsNotRunning' }, 'graceful_shutdown_not_possible'],
    [{ power: 'suspended' }, 'vm_suspended'],
  ] as const) {
    await room.clock.advance(1_000);
    room.observed(vmId, change);
    await process.flows.caughtUp();
    expect(await wishes['vm.power-off'](process, vmId, bare)).toMatchObject({ rejected: code });
    expect(await wishes['vm.restart'](process, vmId, bare)).toMatchObject({ rejected: code });
  }
  room.observed(vmId, { power: 'poweredOff', observedAt: Instant.plusSeconds(START, 60) });
  await process.flows.caughtUp();
  expect(await wishes['vm.restart'](process, vmId, bare)).toMatchObject({ rejected: 'vm_not_ready' });
  expect(await wishes['vm.power-off'](process, vmId, bare)).toMatchObject({ replayed: false });
  expect(room.room.reads).toBe(0);
});

it('a repeat is answered as then, whatever stands against the wish now', async () => {
  const { room, vmId, process } = await still();
  const first = await wishes['vm.power-off'](process, vmId, keyed('k1'));
  room.tell('io.drover.inventory.vm-retired.v1', vmId, { cause: 'gone' });
  await process.flows.caughtUp();
  expect(await wishes['vm.power-off'](process, vmId, keyed('k1'))).toEqual({ ...first, replayed: true });
});

it('T78: grants one of two wishes at the same time, and tells the other which', async () => {
  const { vmId, process } = await still();
  const both = await Promise.all(['k1', 'k2'].map((key) => wishes['vm.power-off'](process, vmId, keyed(key))));
  const refused = both.filter((each) => isRejection(each));
  expect(refused).toMatchObject([{ rejected: 'operation_in_progress', see: `power.power-${vmId}.1` }]);
  expect(both.filter((each) => !isRejection(each))).toHaveLength(1);
});

it.each(kinds)('%s tried as a dry run answers as always and records nothing', async (kind) => {
  const { room, vmId, process } = await still();
  const dry = { ...keyed('k1'), dryRun: true } as const;
  expect(await wishes[kind](process, vmId, dry)).toMatchObject({
    replayed: false,
    operation: { kind, state: 'queued' },
  });
  expect(await room.eventStore.readAll(0, 9)).toEqual([]);
  expect(await wishes[kind](process, vmId, { ...dry, rights: [] })).toMatchObject({ rejected: 'forbidden' });
});

it.each([
  [300, '2026-11-20T10:04:00.000Z'],
  [60, '2026-11-20T10:00:48.000Z'],
])('leaves the guest its share of %s seconds', async (timeoutSeconds, gracefulUntil) => {
  const { room, vmId, process } = await still();
  await process.power.powerOffVm({ vmId, mode: 'trySoft', timeoutSeconds }, bare);
  const [commit] = await room.eventStore.read(powerStream(vmId));
  expect(commit?.facts[0]?.fact).toMatchObject({ gracefulUntil });
});

it.each([
  [true, undefined, 600],
  [false, undefined, 180],
  [true, 30, 30],
])(
  'A3: without a time-out a power-on has as long as its tools may take (%s, %s)',
  async (waitForTools, timeout, seconds) => {
    const { vmId, process } = await still();
    const input = { vmId, waitForTools, ...(timeout !== undefined && { timeoutSeconds: timeout }) };
    const asked = await process.power.powerOnVm(input, bare);
    expect(!isRejection(asked) && asked.operation.deadline).toBe(Instant.plusSeconds(START, seconds));
  },
);

it('a typed name must be the machine’s', async () => {
  const { vmId, process } = await still();
  const hard = { vmId, mode: 'hard', timeoutSeconds: 300 } as const;
  expect(await process.power.powerOffVm({ ...hard, confirmName: 'web-02' }, bare)).toMatchObject({
    rejected: 'confirmation_required',
  });
  expect(await process.power.powerOffVm({ ...hard, confirmName: 'web-01' }, bare)).toMatchObject({ replayed: false });
});

it('takes nobody for the asker but the actor', () =>
  expect(powerOffVm.input.safeParse({ vmId: VmId.create(), by: 'ben' }).success).toBe(false));

it.each([
  ['soft', ['vm:operate']],
  ['trySoft', ['vm:operate', 'vm:force']],
  ['hard', ['vm:force']],
] as const)('%s needs %j', (mode, rights) => {
  const input = { vmId: VmId.create(), mode, timeoutSeconds: 300 };
  expect([powerOffVm.needs(input), restartVm.needs(input)]).toEqual([rights, rights]);
});
