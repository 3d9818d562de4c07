import { expect, it } from '@jest/globals';
import { VmId, type Actor } from '@drover/kernel';
import { type Process } from '../../testing.js';
import { bare, open } from './testing.js';

const ask = ({ power }: Process, vmId: VmId, actor: Actor) =>
  power.restart({ vmId, mode: 'soft', timeoutSeconds: 300 }, actor);

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
