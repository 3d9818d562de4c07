import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { virtualClock } from '@drover/ports';
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
