import { expect, it } from '@jest/globals';
import { vmEtag } from '@drover/contracts';
import { isRejection, VmId, type Actor } from '@drover/kernel';
import { powerStream } from '../../domain/power.js';
import { keyed, type Process } from '../../testing.js';
import { powerOffVm } from './power-off-vm.command.js';
import { bare, hindered, still } from './testing.js';

const ask = ({ power }: Process, vmId: VmId, actor: Actor) =>
  power.powerOffVm({ vmId, mode: 'soft', timeoutSeconds: 300 }, actor);

it('records the wish and who had it, and nothing else', async () => {
  const { room, vmId, process } = await still();
  const ana = keyed('k1');
  expect(await ask(process, vmId, { ...ana, reason: 'patch day' })).toMatchObject({
    replayed: false,
    operation: {
      ...{ id: `power.power-${vmId}.1`, kind: 'vm.power-off', state: 'queued' },
      ...{ reason: 'patch day', target: { name: 'web-01' } },
    },
  });
  const metadata = { actor: 'ana', requestId: 'r-k1', commandId: ana.commandId, reason: 'patch day' };
  expect(await room.eventStore.read(powerStream(vmId))).toMatchObject([{ version: 0, metadata, facts: [{}] }]);
  expect([room.made, room.room.reads]).toEqual([[], 0]);
});

it('twice with one key is one operation; without it, the second sees the first', async () => {
  const { room, vmId, process } = await still();
  const first = await ask(process, vmId, keyed('k1'));
  expect(await ask(process, vmId, keyed('k1'))).toEqual({ ...first, replayed: true });
  const refused = { rejected: 'operation_in_progress', see: `power.power-${vmId}.1`, vmId };
  expect(await ask(process, vmId, bare)).toMatchObject(refused);
  expect(await ask(process, vmId, keyed('k2'))).toMatchObject(refused);
  expect(await room.eventStore.read(powerStream(vmId))).toHaveLength(1);
});

it('refuses what stands against it outside of the machine’s stream, each with its code', async () => {
  const { room, vmId, process } = await still();
  const answers = await hindered(room, process, vmId, (id, actor) => ask(process, id, actor));
  for (const [rejected, answer] of Object.entries(answers)) expect(answer).toMatchObject({ rejected });
  expect(await room.eventStore.read(powerStream(vmId))).toEqual([]);
});

it('is refused when the machine’s power changed since it was read', async () => {
  const { vmId, process } = await still();
  const seen = (p: number) => ({ ...bare, ifMatch: vmEtag({ i: 9, p, r: 0, m: 0 }) });
  expect(await ask(process, vmId, seen(4))).toMatchObject({ rejected: 'version_mismatch' });
  expect(await ask(process, vmId, seen(0))).toMatchObject({ replayed: false });
});

it('tried as a dry run answers as always and records nothing', async () => {
  const { room, vmId, process } = await still();
  const dry = { ...keyed('k1'), dryRun: true } as const;
  const operation = { id: `power.power-${vmId}.1`, kind: 'vm.power-off', state: 'queued' };
  expect(await ask(process, vmId, dry)).toMatchObject({ replayed: false, operation });
  expect(await room.eventStore.readAll(0, 9)).toEqual([]);
  expect(await ask(process, vmId, { ...dry, rights: [] })).toMatchObject({ rejected: 'forbidden' });
});

it('a key that comes with another wish is found out', async () => {
  const { vmId, process } = await still();
  await ask(process, vmId, keyed('k1'));
  const other = { vmId, mode: 'hard', timeoutSeconds: 300 } as const;
  expect(await process.power.powerOffVm(other, keyed('k1'))).toMatchObject({ rejected: 'idempotency_key_reused' });
});

it('a repeat is answered as then, whatever stands against the wish now', async () => {
  const { room, vmId, process } = await still();
  const first = await ask(process, vmId, keyed('k1'));
  room.tell('io.drover.inventory.vm-retired.v1', vmId, { cause: 'gone' });
  await process.flows.caughtUp();
  expect(await ask(process, vmId, keyed('k1'))).toEqual({ ...first, replayed: true });
});

it('T78: grants one of two wishes at the same time, and tells the other which', async () => {
  const { vmId, process } = await still();
  const both = await Promise.all(['k1', 'k2'].map((key) => ask(process, vmId, keyed(key))));
  const refused = both.filter((each) => isRejection(each));
  expect(refused).toMatchObject([{ rejected: 'operation_in_progress', see: `power.power-${vmId}.1` }]);
  expect(both.filter((each) => !isRejection(each))).toHaveLength(1);
});

it.each([
  [{ tools: 'unknown' }, 'tools_status_unknown'],
  [{ tools: 'toolsNotRunning' }, 'graceful_shutdown_not_possible'],
  [{ power: 'suspended' }, 'vm_suspended'],
] as const)('is judged on the last observation, before any provider is asked (%j)', async (change, rejected) => {
  const { room, vmId, process } = await still();
  await room.clock.advance(1_000);
  room.observed(vmId, change);
  await process.flows.caughtUp();
  expect(await ask(process, vmId, bare)).toMatchObject({ rejected, vmId });
  expect(room.room.reads).toBe(0);
});

it('is granted for a machine that was seen off: whether it is, a fresh look says', async () => {
  const { room, vmId, process } = await still();
  await room.clock.advance(1_000);
  room.observed(vmId, { power: 'poweredOff' });
  await process.flows.caughtUp();
  expect(await ask(process, vmId, bare)).toMatchObject({ replayed: false });
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

it('a typed name must be the machine’s', async () => {
  const { vmId, process } = await still();
  const hard = { vmId, mode: 'hard', timeoutSeconds: 300 } as const;
  const named = (confirmName: string) => process.power.powerOffVm({ ...hard, confirmName }, bare);
  expect(await named('web-02')).toMatchObject({ rejected: 'confirmation_required', vmId });
  expect(await named('web-01')).toMatchObject({ replayed: false });
});

it('takes nobody for the asker but the actor', () =>
  expect(powerOffVm.input.safeParse({ vmId: VmId.create(), by: 'ben' }).success).toBe(false));

it.each([
  ['soft', ['vm:operate']],
  ['trySoft', ['vm:operate', 'vm:force']],
  ['hard', ['vm:force']],
] as const)('%s needs %j', (mode, rights) =>
  expect(powerOffVm.needs({ vmId: VmId.create(), mode, timeoutSeconds: 300 })).toEqual(rights),
);
