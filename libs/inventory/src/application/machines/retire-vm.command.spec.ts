import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventType, toCloudEvent, type CloudEvent, type PublicEvent } from '@drover/contracts';
import { FactId, OperationId, StreamId, VmId } from '@drover/kernel';
import { ana, idOf, machine, openHouse } from '../../testing.js';

let house: Awaited<ReturnType<typeof openHouse>>;
beforeEach(async () => {
  house = await openHouse();
  house.machines.put(machine(1, house.clock.now()));
  await house.start();
});
afterEach(() => house.close());

const vmId = idOf(1);
const gone = { vm: { lifecycle: { state: 'retired', cause: 'by_hand' } } };

it('takes a machine out, also while its provider shows it, and it stays out', async () => {
  expect(await house.inventory.retireVm({ vmId }, { ...ana(), reason: 'sold' })).toMatchObject(gone);
  await house.clock.advance(1000);
  house.machines.put(machine(1, house.clock.now(), { power: 'poweredOff' }));
  await house.clock.advance(60 * 60_000);
  expect(await house.shown.after(vmId, 0)).toMatchObject(gone.vm);
  const [commit] = (await house.eventStore.read(`vm-${vmId}` as never)).slice(-1);
  expect(commit?.metadata).toMatchObject({ actor: 'ana', reason: 'sold' });
});
it('taken out twice, it adds nothing', async () => {
  await house.inventory.retireVm({ vmId }, ana());
  const before = (await house.facts()).length;
  expect(await house.inventory.retireVm({ vmId }, ana())).toMatchObject(gone);
  expect(await house.facts()).toHaveLength(before);
});
it('a dry run takes nobody out', async () => {
  const before = (await house.facts()).length;
  expect(await house.inventory.retireVm({ vmId }, { ...ana(), dryRun: true })).toMatchObject(gone);
  expect(await house.facts()).toHaveLength(before);
});
it('knows nobody else', async () =>
  expect(await house.inventory.retireVm({ vmId: VmId.create() }, ana())).toMatchObject({ rejected: 'not_found' }));
it('compares the version that the asker has seen', async () =>
  expect(await house.inventory.retireVm({ vmId }, { ...ana(), ifMatch: '"i1.p0.r0.m0"' })).toMatchObject({
    rejected: 'version_mismatch',
  }));

describe('while power switches the machine', () => {
  const stream = StreamId.of('power', vmId);
  const told = (op: number, type: 'power-off-requested' | 'power-operation-failed') => {
    const request = {
      ...{ op, mode: 'soft', gracefulUntil: null, runId: null, scheduleId: null, bulkId: null },
      deadline: house.clock.now(),
    };
    const failed = { op, code: 'provider_error', detail: 'It broke.', lastObserved: 'poweredOn' };
    const said = {
      ...{ type: eventType('power', type), subject: `vm/${vmId}`, partitionkey: vmId },
      operationid: OperationId.of('power', stream, op),
      data: type === 'power-off-requested' ? request : failed,
    } as PublicEvent;
    const at = house.clock.now();
    return toCloudEvent(said, { service: 'power', stream, id: FactId.createAt(at), sequence: op, at, actor: 'ana' });
  };
  const hear = async (...entries: CloudEvent[]) => {
    const consumer = house.inventory.flow.consumers.find(({ name }) => name === 'inventory.power-operations');
    const from = (await consumer?.position('power')) ?? 0;
    await consumer?.take({ service: 'power', entries, from, upTo: from + entries.length });
  };
  const busy = { rejected: 'operation_in_progress', see: `power.power-${vmId}.1`, vmId };

  it('refuses, names the operation, and takes it out once that has ended', async () => {
    await hear(told(1, 'power-off-requested'));
    expect(await house.inventory.retireVm({ vmId }, ana())).toMatchObject(busy);
    expect(await house.inventory.retireVm({ vmId }, { ...ana(), dryRun: true })).toMatchObject(busy);
    await hear(told(1, 'power-operation-failed'));
    expect(await house.inventory.retireVm({ vmId }, ana())).toMatchObject(gone);
  });

  it('an older operation that is settled late does not free it', async () => {
    await hear(told(1, 'power-off-requested'), told(2, 'power-off-requested'), told(1, 'power-operation-failed'));
    expect(await house.inventory.retireVm({ vmId }, ana())).toMatchObject({ see: `power.power-${vmId}.2` });
  });
});
