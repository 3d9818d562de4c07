import { afterEach, expect, it } from '@jest/globals';
import { rightsOf, type Actor } from '@drover/kernel';
import { eventOf } from '../../api/testing.js';
import { furnished, houses, SITE, viewer, vmId } from '../../testing.js';

const { started, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));

const ofProd: Actor = { sub: 'pat', requestId: 'r3', ...rightsOf([{ role: 'viewer', group: 'prod' }]) };
const subjects = (events: readonly { readonly subject: string }[]) => [
  ...new Set(events.map(({ subject }) => subject)),
];

it('a stream tells of the groups of its reader alone: live, replayed and in its snapshot', async () => {
  const here = await furnished(await started());
  const all = await here.connect({}, viewer);
  const begin = all.lastId() ?? '';
  const live = await here.connect({ snapshot: true }, ofProd);
  await here.tell.observed(1, 'poweredOn'); // in prod
  await here.tell.observed(4, 'poweredOff'); // in test
  await here.settled();
  const replayed = await here.connect({ lastEventId: begin || 'c1.k1-r1.0' }, ofProd);
  expect(subjects(live.facts().map(eventOf))).toEqual([`vm/${vmId(1)}`]);
  expect(replayed.text()).not.toContain(vmId(4));
  expect(live.text()).not.toContain(vmId(4));
  expect(live.text()).toContain(vmId(2));
  expect(live.text()).not.toContain(`connection/${SITE}`); // of no group, so for those alone who see everything
  expect(subjects(all.facts().map(eventOf))).toEqual([`vm/${vmId(1)}`, `vm/${vmId(4)}`]);
});

it('a filter by another group finds nothing, and one by a machine of it neither', async () => {
  const here = await furnished(await started());
  const asked = [{ group: ['test'] }, { vm: [vmId(4)] }];
  const readers = await Promise.all(asked.map((filter) => here.connect({ snapshot: true, ...filter }, ofProd)));
  await here.tell.observed(4, 'poweredOff');
  await here.settled();
  for (const { text } of readers) expect(text()).not.toContain(`vm-4`);
});

it('whoever comes back is judged anew: of what was missed they are told what they may see by then', async () => {
  const here = await furnished(await started());
  const before = await here.connect({}, { ...ofProd, ...rightsOf([{ role: 'viewer', group: null }]) });
  const from = before.lastId() ?? '';
  before.cut();
  await here.tell.observed(1, 'poweredOn'); // in prod
  await here.tell.observed(4, 'poweredOff'); // in test
  await here.settled();
  const back = await here.connect({ lastEventId: from }, ofProd);
  expect(subjects(back.facts().map(eventOf))).toEqual([`vm/${vmId(1)}`]);
});
