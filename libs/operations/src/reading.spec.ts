import { expect, it } from '@jest/globals';
import { toCloudEvent, type Operation } from '@drover/contracts';
import {
  BulkId,
  FactId,
  Instant,
  OperationId,
  rightsOf,
  StreamId,
  VmId,
  type Actor,
  type Grant,
  type GroupId,
  type GroupsOf,
} from '@drover/kernel';
import { asReadBy, readsOperation } from './reading.js';
import { foldRecord } from './record.js';
import { shownOperation } from './shown.js';

const [mine, theirs, nobodys, absent] = [VmId.create(), VmId.create(), VmId.create(), VmId.create()];
const groups = new Map<string, readonly GroupId[]>([
  [mine, ['prod']],
  [theirs, ['test']],
  [nobodys, []],
]);
const groupsOf: GroupsOf = async ({ id }) => groups.get(id) ?? null;
const actor = (sub: string, ...grants: readonly Grant[]): Actor => ({ sub, requestId: 'r1', ...rightsOf(grants) });
const ofProd = (sub: string) => actor(sub, { role: 'operator', group: 'prod' });

const bulkId = BulkId.create();
const stream = StreamId.of('bulk', bulkId);
const id = OperationId.of('power', stream, 1);
const requested = toCloudEvent(
  {
    ...{ type: 'io.drover.power.bulk-requested.v1', subject: `bulk/${bulkId}`, partitionkey: bulkId, operationid: id },
    data: { op: 1, action: 'power-on', mode: null, targetIds: [mine, theirs] },
  },
  {
    ...{ service: 'power', stream, id: FactId.create(), sequence: 1 },
    ...{ at: Instant.parse('2026-11-20T12:00:00.000Z'), actor: 'ana' },
  },
);
const item = (vmId: VmId): NonNullable<Operation['items']>[number] => ({
  ...{ target: { type: 'vm', id: vmId, name: `name of ${vmId}` }, state: 'succeeded', error: null },
  operation: OperationId.of('power', StreamId.of('power', vmId), 1),
});
const bulk = (): Operation => {
  const record = foldRecord(id, [requested]);
  if (!record) throw new Error('there is no such bulk');
  return shownOperation(record, { name: 'machines', items: [mine, theirs, nobodys, absent].map(item) });
};

it('a bulk is read by whoever asked for it, and by those who read everything', async () => {
  const reads = (who: Actor) => readsOperation(bulk(), who, groupsOf);
  expect(await reads(ofProd('ana'))).toBe(true);
  expect(await reads(ofProd('ben'))).toBe(false);
  expect(await reads(actor('ben', { role: 'viewer', group: null }))).toBe(true);
});

it('a bulk names to its asker the machines that are in reach now, and of the others the ids that were asked for', async () => {
  const shown = await asReadBy(bulk(), ofProd('ana'), groupsOf);
  expect(shown.items).toEqual([
    item(mine),
    ...[theirs, nobodys, absent].map((vmId) => ({
      ...item(vmId),
      ...{ target: { type: 'vm', id: vmId, name: vmId }, operation: null },
    })),
  ]);
});

it('whoever reads everything is shown the bulk as it is, and an operation without items is shown as it is', async () => {
  const all = actor('ben', { role: 'viewer', group: null });
  expect(await asReadBy(bulk(), all, groupsOf)).toEqual(bulk());
  const one = { ...bulk(), items: null };
  expect(await asReadBy(one, ofProd('ana'), groupsOf)).toBe(one);
});
