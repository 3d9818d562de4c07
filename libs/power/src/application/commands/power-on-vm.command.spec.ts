import { expect, it } from '@jest/globals';
import { vmEtag } from '@drover/contracts';
import { Instant, VmId, type Actor } from '@drover/kernel';
import { powerStream } from '../../domain/power.js';
import { keyed, START, type Process } from '../../testing.js';
import { powerOnVm } from './power-on-vm.command.js';
import { bare, hindered, still } from './testing.js';

const ask = ({ power }: Process, vmId: VmId, actor: Actor) => power.powerOnVm({ vmId, waitForTools: false }, actor);

it('records the wish and who had it, and nothing else', async () => {
  const { room, vmId, process } = await still();
  const ana = keyed('k1');
  expect(await ask(process, vmId, { ...ana, reason: 'patch day' })).toMatchObject({
    replayed: false,
    operation: {
      ...{ id: `power.power-${vmId}.1`, kind: 'vm.power-on', state: 'queued' },
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
  const operation = { id: `power.power-${vmId}.1`, kind: 'vm.power-on', state: 'queued' };
  expect(await ask(process, vmId, dry)).toMatchObject({ replayed: false, operation });
  expect(await room.eventStore.readAll(0, 9)).toEqual([]);
  expect(await ask(process, vmId, { ...dry, rights: [] })).toMatchObject({ rejected: 'forbidden' });
});

it.each([{ power: 'suspended' }, { power: 'poweredOn' }, { power: 'unknown', tools: 'unknown' }] as const)(
  'is granted whatever was seen last (%j)',
  async (change) => {
    const { room, vmId, process } = await still();
    await room.clock.advance(1_000);
    room.observed(vmId, change);
    await process.flows.caughtUp();
    expect(await ask(process, vmId, bare)).toMatchObject({ replayed: false });
  },
);

it.each([
  [true, undefined, 600],
  [false, undefined, 180],
  [true, 30, 30],
])('A3: without a time-out it has as long as its tools may take (%s, %s)', async (waitForTools, timeout, seconds) => {
  const { vmId, process } = await still();
  const input = { vmId, waitForTools, ...(timeout !== undefined && { timeoutSeconds: timeout }) };
  const deadline = Instant.plusSeconds(START, seconds);
  expect(await process.power.powerOnVm(input, bare)).toMatchObject({ operation: { deadline } });
});

it('takes nobody for the asker but the actor, and needs one right', () => {
  expect(powerOnVm.input.safeParse({ vmId: VmId.create(), by: 'ben' }).success).toBe(false);
  expect(powerOnVm.needs({ vmId: VmId.create(), waitForTools: true })).toEqual(['vm:operate']);
});
