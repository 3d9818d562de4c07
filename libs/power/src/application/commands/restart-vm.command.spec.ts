import { expect, it } from '@jest/globals';
import { vmEtag } from '@drover/contracts';
import { VmId, type Actor } from '@drover/kernel';
import { powerStream } from '../../domain/power.js';
import { keyed, type Process } from '../../testing.js';
import { restartVm } from './restart-vm.command.js';
import { bare, hindered, open, still } from './testing.js';

const ask = ({ power }: Process, vmId: VmId, actor: Actor) =>
  power.restartVm({ vmId, mode: 'soft', timeoutSeconds: 300 }, actor);

it('records the wish and who had it, and nothing else', async () => {
  const { room, vmId, process } = await still();
  const ana = keyed('k1');
  expect(await ask(process, vmId, { ...ana, reason: 'patch day' })).toMatchObject({
    replayed: false,
    operation: {
      ...{ id: `power.power-${vmId}.1`, kind: 'vm.restart', state: 'queued' },
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
  const operation = { id: `power.power-${vmId}.1`, kind: 'vm.restart', state: 'queued' };
  expect(await ask(process, vmId, dry)).toMatchObject({ replayed: false, operation });
  expect(await room.eventStore.readAll(0, 9)).toEqual([]);
  expect(await ask(process, vmId, { ...dry, rights: [] })).toMatchObject({ rejected: 'forbidden' });
});

it.each([
  [{ tools: 'unknown' }, 'tools_status_unknown'],
  [{ tools: 'toolsNotRunning' }, 'graceful_shutdown_not_possible'],
  [{ power: 'suspended' }, 'vm_suspended'],
  [{ power: 'poweredOff' }, 'vm_not_ready'],
] as const)('is judged on the last observation, before any provider is asked (%j)', async (change, rejected) => {
  const { room, vmId, process } = await still();
  await room.clock.advance(1_000);
  room.observed(vmId, change);
  await process.flows.caughtUp();
  expect(await ask(process, vmId, bare)).toMatchObject({ rejected, vmId });
  expect(room.room.reads).toBe(0);
});

it('cools down for ten minutes, but for a hard one with a reason', async () => {
  const { room, vmId, process } = await open();
  const { power } = process;
  await ask(process, vmId, bare);
  await room.clock.advance(60_000);
  expect(await ask(process, vmId, bare)).toMatchObject({ rejected: 'cooldown', vmId });
  const hard = { vmId, mode: 'hard', timeoutSeconds: 300 } as const;
  expect(await power.restartVm(hard, { ...bare, dryRun: true })).toMatchObject({ rejected: 'cooldown' });
  expect(await power.restartVm(hard, { ...bare, dryRun: true, reason: 'it hangs' })).toMatchObject({ replayed: false });
  await room.clock.advance(600_000);
  expect(await ask(process, vmId, bare)).toMatchObject({ replayed: false });
});

it('takes nobody for the asker but the actor', () =>
  expect(restartVm.input.safeParse({ vmId: VmId.create(), by: 'ben' }).success).toBe(false));

it.each([
  ['soft', ['vm:operate']],
  ['trySoft', ['vm:operate', 'vm:force']],
  ['hard', ['vm:force']],
] as const)('%s needs %j', (mode, rights) =>
  expect(restartVm.needs({ vmId: VmId.create(), mode, timeoutSeconds: 300 })).toEqual(rights),
);
