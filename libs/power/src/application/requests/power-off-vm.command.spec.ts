import { expect, it, jest } from '@jest/globals';
import { isRejection, VmId, type Actor } from '@drover/kernel';
import { powerStream } from '../../domain/power.events.js';
import { keyed, type Process } from '../../testing.js';
import { vmDirectory } from '../directory/vm-directory.projection.js';
import { bare, still } from './testing.js';

const ask = ({ power }: Process, vmId: VmId, actor: Actor) =>
  power.powerOff({ vmId, mode: 'soft', timeoutSeconds: 300 }, actor);

it('a key that comes with another request is found out', async () => {
  const { vmId, process } = await still();
  await ask(process, vmId, keyed('k1'));
  const other = { vmId, mode: 'hard', timeoutSeconds: 300 } as const;
  expect(await process.power.powerOff(other, keyed('k1'))).toMatchObject({ rejected: 'idempotency_key_reused' });
});

it('a repeat is answered as then, whatever stands against the request now', async () => {
  const { room, vmId, process } = await still();
  const first = await ask(process, vmId, keyed('k1'));
  room.tell('io.drover.inventory.vm-retired.v1', vmId, { cause: 'gone' });
  await process.flows.caughtUp();
  expect(await ask(process, vmId, keyed('k1'))).toEqual({ ...first, replayed: true });
});

it('a machine that was merged is gone, and the refusal names the one that it turned out to be', async () => {
  const { room, vmId, process } = await still();
  const into = room.machine('web-02');
  room.tell('io.drover.inventory.vm-merged.v1', vmId, { intoVmId: into });
  room.tell('io.drover.inventory.vm-retired.v1', vmId, { cause: 'merged' });
  await process.flows.caughtUp();
  expect(await ask(process, vmId, keyed('k1'))).toMatchObject({
    ...{ rejected: 'vm_gone', vmId, because: `web-01 was merged into ${into}. Nothing was sent.` },
    candidates: [{ id: into, name: 'web-02' }],
  });
});

it('T78: grants one of two requests at the same time, and tells the other which', async () => {
  const { vmId, process } = await still();
  const both = await Promise.all(['k1', 'k2'].map((key) => ask(process, vmId, keyed(key))));
  const refused = both.filter((each) => isRejection(each));
  expect(refused).toMatchObject([{ rejected: 'operation_in_progress', see: `power.power-${vmId}.1` }]);
  expect(both.filter((each) => !isRejection(each))).toHaveLength(1);
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
  await process.power.powerOff({ vmId, mode: 'trySoft', timeoutSeconds }, bare);
  const [commit] = await room.eventStore.read(powerStream(vmId));
  expect(commit?.facts[0]?.fact).toMatchObject({ gracefulUntil });
});

it('K16: a machine of which an event could not be taken gets no command, others do', async () => {
  const { room, vmId, process } = await still();
  const other = room.machine('web-02');
  const { evolve } = vmDirectory;
  const broken = jest.spyOn(vmDirectory, 'evolve').mockImplementation((row, event) => {
    if (event.partitionkey === vmId) throw new TypeError('no name');
    return evolve(row, event);
  });
  room.observed(vmId);
  room.observed(other);
  await process.flows.caughtUp();
  expect(await ask(process, vmId, bare)).toMatchObject({ rejected: 'view_unreadable', vmId });
  expect(await ask(process, other, bare)).toMatchObject({ replayed: false });
  broken.mockRestore();
  await room.clock.advance(1000); // it is tried again by itself
  expect(await ask(process, vmId, bare)).toMatchObject({ replayed: false });
  expect(process.failures).toMatchObject([{ message: 'no name' }]);
});

it('a typed name must be the machine’s', async () => {
  const { vmId, process } = await still();
  const hard = { vmId, mode: 'hard', timeoutSeconds: 300 } as const;
  const named = (confirmName: string) => process.power.powerOff({ ...hard, confirmName }, bare);
  expect(await named('web-02')).toMatchObject({ rejected: 'confirmation_required', vmId });
  expect(await named('web-01')).toMatchObject({ replayed: false });
});
