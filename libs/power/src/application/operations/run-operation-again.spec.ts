import { expect, it } from '@jest/globals';
import { isRejection, type OperationId } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { ana, keyed, machineRoom, SITE, type Process } from '../../testing.js';
import { commits, mended, off, offAll, open, endedUnknown } from '../requests/testing.js';

const again = ({ power }: Process, id: OperationId, key = 'again') => power.runOperationAgain({ id }, keyed(key));

it('asks anew for what ended without success, with its rules, its time and its own number', async () => {
  const { room, vmId, process, id } = await endedUnknown('trySoft');
  mended(room);
  const second = `power.power-${vmId}.2` as OperationId;
  const asked = await again(process, id);
  expect(asked).toMatchObject({ replayed: false, operation: { id: second, kind: 'vm.power-off' } });
  expect(!isRejection(asked) && asked.operation.deadline).toBe('2026-11-20T10:00:20.000Z'); // ten seconds again
  await room.clock.advance(1_000);
  expect(await process.power.getOperation({ id: second }, ana)).toMatchObject({ state: 'succeeded' });
  expect(await again(process, second, 'other')).toMatchObject({ rejected: 'wrong_state' });
});

it('twice with one key is one operation; with another it sees the first', async () => {
  const { process, id } = await endedUnknown();
  const first = await again(process, id);
  expect(await again(process, id)).toMatchObject({ ...first, replayed: true });
  expect(await again(process, id, 'other')).toMatchObject({ rejected: 'operation_in_progress' });
});

it.each(['powerOn', 'restart'] as const)('asks the same of %s', async (verb) => {
  const { room, vmId, process } = await open();
  room.room.behave = async () => {
    throw new ProviderFault('provider_error', 'no');
  };
  if (verb === 'powerOn') Object.assign(room.memory.machine(vmId), { power: 'poweredOff' });
  const input = { vmId, mode: 'hard', waitForTools: true, timeoutSeconds: 30 } as const;
  const asked = await process.power[verb](input, keyed('first'));
  if (isRejection(asked)) throw new Error(asked.because);
  await room.clock.advance(1_000);
  await again(process, asked.operation.id);
  const [first, second] = (await commits(room))
    .flatMap(({ facts }) => facts.map(({ fact }) => fact))
    .filter(({ type }) => type === 'PowerOnRequested' || type === 'RestartRequested');
  expect(second).toEqual({ ...first, op: 2, deadline: '2026-11-20T10:00:31.000Z' });
});

it('is refused by what stands against the request now', async () => {
  const { room, process, id } = await endedUnknown();
  room.tell('io.drover.inventory.connection-sign-in-failed.v1', SITE, { service: 'inventory', revision: 1 });
  await process.flows.caughtUp();
  expect(await again(process, id)).toMatchObject({ rejected: 'connection_blocked' });
});

it('is not for what runs', async () => {
  const { process, vmId } = await open();
  expect(await again(process, await off(process, vmId))).toMatchObject({ rejected: 'wrong_state' });
});

it('of a bulk asks for those that failed, and once', async () => {
  const room = machineRoom();
  const [a, b] = [room.machine('a'), room.machine('b')];
  let broken = true;
  room.room.behave = async (_, obey, { vmId }) => {
    if (vmId === b && broken) throw new ProviderFault('provider_error', 'no');
    return obey();
  };
  const process = await room.boot();
  const { operation } = await offAll(process, [a, b]);
  await room.clock.advance(1_000);
  broken = false;
  const asked = await again(process, operation.id);
  expect(asked).toMatchObject({ replayed: false, operation: { kind: 'bulk.start', items: [{ target: { id: b } }] } });
  await room.clock.advance(1_000);
  expect(await again(process, operation.id)).toMatchObject({ replayed: true, operation: { state: 'succeeded' } });
  expect([room.calls(a), room.calls(b)]).toEqual([['shutdown-guest'], ['shutdown-guest', 'shutdown-guest']]);
});

it('of a bulk that only named a machine twice has nothing left to ask for', async () => {
  const { room, vmId, process } = await open();
  const { operation } = await offAll(process, [vmId, vmId]);
  await room.clock.advance(1_000);
  expect(await process.power.getOperation({ id: operation.id }, ana)).toMatchObject({ state: 'failed' });
  expect(await again(process, operation.id)).toMatchObject({ rejected: 'wrong_state' });
});
