import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { CommitId, FactId, StreamId } from '@drover/kernel';
import { virtualClock } from '@drover/ports';
import { acceptLoss } from './accept-loss.sqlite.js';
import { openDataStores, type StoreNotes } from './data-stores.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-stores-'));
afterAll(() => rmSync(root, { recursive: true }));
const folder = (name: string) => join(root, name);
const folders = { inventory: folder('inventory'), power: folder('power'), gateway: folder('gateway') };
const kept = new Map<string, ReturnType<StoreNotes['of']>>();
const notes: StoreNotes = {
  of: (service) => kept.get(service) ?? null,
  write: (stores) => Object.entries(stores).forEach(([service, note]) => kept.set(service, note)),
};
const open = (rebuild: boolean) => openDataStores({ folders, clock: virtualClock(), notes, rebuild });
const kind = 'parked power.directory';
const keys = async (rebuild = false) => {
  const stores = await open(rebuild);
  const rows = await stores.services.power.work.rows(kind);
  await stores.close();
  return rows.map(({ key }) => key);
};

it('K16, K40: what a rebuild does to the working rows counts once it is complete, as what it does to the views', async () => {
  const before = await open(false);
  await before.services.power.work.write([{ kind, key: '1', row: { n: 1 } }]);
  await before.close();
  for (const isComplete of [false, true]) {
    const rebuilding = await open(true);
    const { work } = rebuilding.services.power;
    expect(await work.rows(kind)).toHaveLength(1); // other rows than those of the park outlast a rebuild
    await work.write([
      { kind, key: '1', row: null },
      { kind, key: '2', row: { n: 2 } },
    ]);
    if (isComplete) rebuilding.keepRebuilt();
    await rebuilding.close();
    expect(await keys()).toEqual([isComplete ? '2' : '1']);
  }
  expect(existsSync(join(folder('power'), 'work.db.new'))).toBe(false);
});

it('K29: an accepted loss that was killed before it was noted is named again, and can be accepted again', async () => {
  const stores = await open(false);
  const { eventStore } = stores.services.power;
  await eventStore.append({
    ...{ stream: StreamId.of('vm', 'a'), version: 0, commitId: CommitId.create() },
    facts: [{ id: FactId.create(), fact: { type: 'Told' } }],
    metadata: { at: virtualClock().now(), actor: 'ana', requestId: 'r1' },
  });
  await stores.close();
  const note = kept.get('power');
  if (!note) throw new Error('nothing was noted');
  kept.set('power', { ...note, head: 3 }); // two commits more than there are
  const killed = {
    ...notes,
    write: () => {
      throw new Error('killed');
    },
  };
  await expect(acceptLoss('power', folders, killed)).rejects.toThrow('killed');
  const lacking = await open(false);
  expect(lacking.services.power.eventStore.lack()).toMatchObject({ code: 'store_shorter_than_anchor' });
  await lacking.close();
  expect(await acceptLoss('power', folders, notes)).not.toBeNull();
  const after = await open(false);
  expect([after.services.power.eventStore.lack(), after.services.power.eventStore.head()]).toEqual([null, 1]);
  expect(after.services.power.eventStore.run).toBe(2); // no number of the first try is given again
  await after.close();
});
