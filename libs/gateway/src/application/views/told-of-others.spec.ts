import { afterEach, expect, it } from '@jest/globals';
import { eventType } from '@drover/contracts';
import { ConnectionId, ConnectionKind, rightsOf, StreamId, type Actor } from '@drover/kernel';
import { furnished, granted, houses, viewer, vmId, type GatewayHouse } from '../../testing.js';

const { started, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));

const ofProd: Actor = { sub: 'pat', requestId: 'r3', ...rightsOf([{ role: 'viewer', group: 'prod' }]) };
const listed = async (here: GatewayHouse, who: Actor) => {
  const { etag, page } = granted(await here.gateway.listVms({ limit: 100, sort: 'name' }, who));
  if (!page) throw new Error('not modified');
  return { etag, ...page };
};

/** A connection of a group, and whether its machines were listed. */
const connected = async ({ speak }: GatewayHouse, group: string, isListed: boolean) => {
  const id = ConnectionId.parse(`site-of-${group}`);
  const about = { stream: StreamId.of('connection', id), subject: `connection/${id}`, key: id };
  await speak.inventory.tell(eventType('inventory', 'connection-added'), {
    ...about,
    data: {
      ...{ name: id, kind: ConnectionKind.parse('simulator'), url: null, region: null, credentialRef: null },
      ...{ allow: [], groupIds: [group], revision: 1, tls: { mode: 'system', value: null } },
    },
  });
  if (!isListed) return;
  const data = { op: null, seen: 1, added: 1, changed: 0, missing: 0, complete: true };
  await speak.inventory.tell(eventType('inventory', 'connection-refreshed'), { ...about, data });
};

it('a connection of another group that was never listed makes no list of theirs incomplete', async () => {
  const here = await furnished(await started());
  await connected(here, 'prod', true);
  await connected(here, 'test', false);
  await here.settled();
  const pages = async (who: Actor) => [
    await listed(here, who),
    granted(await here.gateway.listOperations({ limit: 10 }, who)),
    granted(await here.gateway.getVmHistory({ id: vmId(1), limit: 10 }, who)),
    granted(await here.gateway.getFleet({}, who)),
  ];
  expect((await pages(viewer)).map(({ complete }) => complete)).toEqual([false, false, false, false]);
  expect((await pages(ofProd)).map(({ complete }) => complete)).toEqual([true, true, true, true]);
});

it('what happens to machines of others moves positions and the ETag of a list, and nothing else of it', async () => {
  const here = await furnished(await started());
  const before = await listed(here, ofProd);
  await here.tell.observed(4, 'poweredOff'); // in test
  await here.settled();
  const after = await listed(here, ofProd);
  expect(after.etag).not.toBe(before.etag);
  expect(after.position).not.toBe(before.position);
  expect({ ...after, etag: '', position: '', asOf: '' }).toEqual({ ...before, etag: '', position: '', asOf: '' });
});

it('a merged machine names the other one by its id, which leads whoever does not reach it to nothing', async () => {
  const here = await furnished(await started());
  await here.tell.merged(1, 4); // of prod, into one of test
  await here.settled();
  const history = granted(await here.gateway.getVmHistory({ id: vmId(1), limit: 10 }, ofProd));
  expect(history.items.map(({ data }) => data)).toContainEqual({ intoVmId: vmId(4) });
  expect(await here.gateway.getVm({ id: vmId(4) }, ofProd)).toMatchObject({ rejected: 'not_found' });
  const gone = [
    await here.gateway.lookupVm({ name: 'vm-1' }, ofProd),
    await here.gateway.getVm({ id: vmId(1), fresh: true }, ofProd),
  ];
  for (const refusal of gone) expect(refusal).toMatchObject({ rejected: 'vm_gone' });
  expect(JSON.stringify([...history.items, ...gone])).not.toContain('vm-4');
  expect(JSON.stringify(gone)).not.toContain(vmId(4));
});
