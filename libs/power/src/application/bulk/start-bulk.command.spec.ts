import { expect, it } from '@jest/globals';
import { VmId } from '@drover/kernel';
import { keyed, machineRoom } from '../../testing.js';
import { commits, offAll, open, still } from '../requests/testing.js';

const soft = { mode: 'soft', timeoutSeconds: 300 } as const;

it('records one request, and answers with the machines in the order they were named', async () => {
  const { room, vmId, process } = await still();
  const missing = VmId.create();
  const { operation, replayed } = await offAll(process, [missing, vmId]);
  expect([operation.kind, operation.state, replayed]).toEqual(['bulk.start', 'running', false]);
  expect(operation.items?.map(({ target }) => target.name)).toEqual([missing, 'web-01']);
  const request = { action: 'power-off', ...soft, targetIds: [missing, vmId], waitForTools: false };
  const fact = { type: 'BulkRequested', op: 1, ...request };
  expect(await commits(room)).toMatchObject([{ metadata: { actor: 'ana' }, facts: [{ fact }] }]);
});

it('asks for a count above fifty, refuses a wrong one, and pins nothing then', async () => {
  const targets = Array.from({ length: 51 }, () => VmId.create());
  const { power } = await machineRoom().boot();
  const request = { action: 'power-on', targets, waitForTools: false } as const;
  const refused = { rejected: 'confirmation_required', pointer: '/confirm' };
  expect(await power.startBulk(request, keyed('b'))).toMatchObject(refused);
  expect(await power.startBulk({ ...request, confirm: 50 }, keyed('b'))).toMatchObject(refused);
  expect(await power.startBulk({ ...request, confirm: 51 }, keyed('b'))).toMatchObject({ replayed: false });
});

it('twice is the same bulk, another request under the key is refused, for ever', async () => {
  const { room, vmId, process } = await open();
  const { operation } = await offAll(process, [vmId]);
  expect(await offAll(process, [vmId])).toMatchObject({ replayed: true, operation: { id: operation.id } });
  await room.clock.advance(48 * 3_600_000);
  const again = await offAll(process, [vmId]);
  expect([again.replayed, again.operation.id, again.operation.state]).toEqual([true, operation.id, 'succeeded']);
  const other = { action: 'power-off', targets: [vmId], mode: 'hard', timeoutSeconds: 300 } as const;
  expect(await process.power.startBulk(other, keyed('b1'))).toMatchObject({ rejected: 'idempotency_key_reused' });
  expect(room.calls(vmId)).toEqual(['shutdown-guest']);
});

it('needs the right of what it does, and records a refusal', async () => {
  const { room, process } = await open();
  const hard = { action: 'restart', targets: [VmId.create()], mode: 'hard', timeoutSeconds: 300 } as const;
  expect(await process.power.startBulk(hard, keyed('b', 'eve', ['vm:operate']))).toMatchObject({
    rejected: 'forbidden',
  });
  const [denial] = (await commits(room)).flatMap(({ facts }) => facts);
  expect(denial?.fact).toEqual({
    ...{ type: 'AuditDenialRecorded', route: 'bulk.start', right: 'vm:force', target: null, code: 'forbidden' },
  });
});

it('tried as a dry run shows what stands against each machine, and does nothing', async () => {
  const room = machineRoom();
  const [a, b, c] = [room.machine('a'), room.machine('b', VmId.create(), false), room.machine('c')];
  room.memory.machine(b).tools = 'toolsNotInstalled';
  room.observed(b);
  const process = await room.boot();
  await process.jobs.stop();
  await process.power.powerOff({ vmId: c, ...soft }, keyed('k'));
  const before = (await commits(room)).length;
  const dry = { ...keyed('b1'), dryRun: true, ifMatch: '"of no machine"' } as const;
  const { operation } = await offAll(process, [a, b, a, c, VmId.create()], dry);
  expect(operation.items?.map(({ state, error }) => [state, error?.code])).toEqual([
    ...[
      ['queued', undefined],
      ['failed', 'graceful_shutdown_not_possible'],
      ['failed', 'invalid_request'],
    ],
    ...[
      ['failed', 'operation_in_progress'],
      ['failed', 'not_found'],
    ],
  ]);
  await room.clock.advance(1_000);
  expect([room.made.length, (await commits(room)).length]).toEqual([0, before]);
});
