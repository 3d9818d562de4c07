import { describe, expect, it } from '@jest/globals';
import { vmEtag, type Operation } from '@drover/contracts';
import { VmId, type Actor, type Rejection } from '@drover/kernel';
import { powerStream } from '../../domain/power.events.js';
import { vmRequests } from '../power.use-cases.js';
import { keyed, type Process } from '../../testing.js';
import { bare, cutShort, hindered, still } from './testing.js';

type Asked = { readonly operation: Operation; readonly replayed: boolean } | Rejection;
type Ask = (process: Process, vmId: VmId, actor: Actor) => Promise<Asked>;

/** Every request for one machine, with nothing but its defaults: what it keeps to, whatever it asks for. */
const requests = Object.entries(vmRequests).map(([name, { name: kind, input }]): [string, Ask] => [
  kind,
  ({ power }, vmId, actor) => power[name as keyof typeof vmRequests](input.parse({ vmId }) as never, actor),
]);

const commandOf = (kind: string) => {
  const command = Object.values(vmRequests).find(({ name }) => name === kind);
  if (!command) throw new Error(kind);
  return command;
};

describe.each(requests)('%s', (kind, ask) => {
  it('records the request and who had it, and nothing else', async () => {
    const { room, vmId, process } = await still();
    const ana = keyed('k1');
    expect(await ask(process, vmId, { ...ana, reason: 'patch day' })).toMatchObject({
      replayed: false,
      operation: {
        ...{ id: `power.power-${vmId}.1`, kind, state: 'queued' },
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
    const because = 'Another power operation of web-01 runs. Nothing was sent.';
    const refused = { rejected: 'operation_in_progress', because, see: `power.power-${vmId}.1`, vmId };
    expect(await ask(process, vmId, bare)).toMatchObject(refused);
    expect(await ask(process, vmId, keyed('k2'))).toMatchObject(refused);
    expect(await room.eventStore.read(powerStream(vmId))).toHaveLength(1);
  });

  it('refuses what stands against it outside of the machine’s stream, each with its code', async () => {
    const { room, vmId, process } = await still();
    const answers = await hindered(room, process, vmId, (id, actor) => ask(process, id, actor));
    for (const [rejected, answer] of Object.entries(answers))
      expect(answer).toMatchObject({ rejected, because: expect.stringMatching(/(was sent|was done|ETag)/) });
    expect(await room.eventStore.read(powerStream(vmId))).toEqual([]);
  });

  it('is refused when the machine’s power changed since it was read', async () => {
    const { vmId, process } = await still();
    const seen = (p: number) => ({ ...bare, ifMatch: vmEtag({ i: 9, p, r: 0, m: 0 }) });
    expect(await ask(process, vmId, seen(4))).toMatchObject({ rejected: 'version_mismatch' });
    expect(await ask(process, vmId, seen(0))).toMatchObject({ replayed: false });
  });

  it('K42: a store that lacks what it had is named before any other refusal', async () => {
    const { room, vmId, process } = await still();
    await ask(process, vmId, keyed('k1'));
    cutShort(room);
    const lacking = { code: 'store_shorter_than_anchor' };
    for (const actor of [bare, keyed('k1'), keyed('k2'), { ...bare, dryRun: true as const }])
      await expect(ask(process, vmId, actor)).rejects.toMatchObject(lacking); // not operation_in_progress
    await expect(ask(process, VmId.create(), bare)).rejects.toMatchObject(lacking); // not not_found
  });

  it('tried as a dry run answers as always and records nothing', async () => {
    const { room, vmId, process } = await still();
    const dry = { ...keyed('k1'), dryRun: true } as const;
    const operation = { id: `power.power-${vmId}.1`, kind, state: 'queued' };
    expect(await ask(process, vmId, dry)).toMatchObject({ replayed: false, operation });
    expect(await room.eventStore.readAll(0, 9)).toEqual([]);
    expect(await ask(process, vmId, { ...dry, rights: [] })).toMatchObject({ rejected: 'forbidden' });
  });

  it('takes nobody for the asker but the actor', () => {
    const { input } = commandOf(kind);
    expect(input.safeParse({ vmId: VmId.create() }).success).toBe(true);
    expect(input.safeParse({ vmId: VmId.create(), by: 'ben' }).success).toBe(false);
  });
});

const [off, on, restart] = ['vm.power-off', 'vm.power-on', 'vm.restart'];
it.each([
  [off, 'soft', ['vm:operate']],
  [off, 'trySoft', ['vm:operate', 'vm:force']],
  [off, 'hard', ['vm:force']],
  [on, undefined, ['vm:operate']],
  [restart, 'soft', ['vm:operate']],
  [restart, 'trySoft', ['vm:operate', 'vm:force']],
  [restart, 'hard', ['vm:force']],
] as const)('%s (%s) needs %j', (kind, mode, rights) => {
  const { input, needs } = commandOf(kind);
  const asked = input.parse({ vmId: VmId.create(), ...(mode && { mode }) });
  expect(needs(asked as never)).toMatchObject({ rights });
});

it.each([
  [off, { tools: 'unknown' }, 'tools_status_unknown'],
  [off, { tools: 'toolsNotRunning' }, 'graceful_shutdown_not_possible'],
  [off, { power: 'suspended' }, 'vm_suspended'],
  [restart, { tools: 'unknown' }, 'tools_status_unknown'],
  [restart, { tools: 'toolsNotRunning' }, 'graceful_shutdown_not_possible'],
  [restart, { power: 'suspended' }, 'vm_suspended'],
  [restart, { power: 'poweredOff' }, 'vm_not_ready'],
] as const)(
  'K5: %s, tried as a dry run, is judged by the view, and says of which moment that is; else it is taken (%j)',
  async (kind, change, rejected) => {
    const { room, vmId, process } = await still();
    const [, ask] = requests.find(([name]) => name === kind) ?? [];
    await room.clock.advance(1_000);
    room.observed(vmId, change);
    await process.flows.caughtUp();
    const asOf = room.clock.now();
    expect(await ask?.(process, vmId, { ...bare, dryRun: true })).toMatchObject({ rejected, vmId, asOf });
    expect(room.room.reads).toBe(0);
    expect(await ask?.(process, vmId, bare)).toMatchObject({ operation: { state: 'queued' } });
  },
);
