import { expect, it } from '@jest/globals';
import { VmId, type Actor } from '@drover/kernel';
import { type Process } from '../../testing.js';
import { restartVm } from './restart-vm.command.js';
import { bare, open, still } from './testing.js';

const ask = ({ power }: Process, vmId: VmId, actor: Actor) =>
  power.restart({ vmId, mode: 'soft', timeoutSeconds: 300 }, actor);

it.each([
  [{ tools: 'unknown' }, 'tools_status_unknown'],
  [{ tools: 'toolsNotRunning' }, 'graceful_shutdown_not_possible'],
  [{ power: 'suspended' }, 'vm_suspended'],
  [{ power: 'poweredOff' }, 'vm_not_ready'],
] as const)(
  'K5: tried as a dry run it is judged by the view, and says of which moment that is; else it is taken (%j)',
  async (change, rejected) => {
    const { room, vmId, process } = await still();
    await room.clock.advance(1_000);
    room.observed(vmId, change);
    await process.flows.caughtUp();
    const asOf = room.clock.now();
    expect(await ask(process, vmId, { ...bare, dryRun: true })).toMatchObject({ rejected, vmId, asOf });
    expect(room.room.reads).toBe(0);
    expect(await ask(process, vmId, bare)).toMatchObject({ operation: { state: 'queued' } });
  },
);

it('cools down for ten minutes, but for a hard one with a reason', async () => {
  const { room, vmId, process } = await open();
  const { power } = process;
  await ask(process, vmId, bare);
  await room.clock.advance(60_000);
  expect(await ask(process, vmId, bare)).toMatchObject({ rejected: 'cooldown', vmId });
  const hard = { vmId, mode: 'hard', timeoutSeconds: 300 } as const;
  expect(await power.restart(hard, { ...bare, dryRun: true })).toMatchObject({ rejected: 'cooldown' });
  expect(await power.restart(hard, { ...bare, dryRun: true, reason: 'it hangs' })).toMatchObject({ replayed: false });
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
  expect(restartVm.needs({ vmId: VmId.create(), mode, timeoutSeconds: 300 })).toMatchObject({ rights: rights }),
);
