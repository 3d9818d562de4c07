import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { services, type Service } from '@drover/contracts';
import { CommitId, FactId, StreamId } from '@drover/kernel';
import { virtualClock, type ViewGroup } from '@drover/ports';
import { commitAlone } from '@drover/ports/testing';
import { acceptLoss } from './accept-loss.sqlite.js';
import { openDataStores, type DataStores, type DirectoryNotes } from './data-stores.sqlite.js';
import { verifyStores } from './verify.sqlite.js';
import type { Folders } from './data-files.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-stores-'));
afterAll(() => rmSync(root, { recursive: true }));
const folder = (name: string) => join(root, name);
const folders = Object.fromEntries(services.map((service) => [service, folder(service)])) as Folders;
const kept = new Map<string, ReturnType<DirectoryNotes['of']>>();
const notes: DirectoryNotes = {
  of: (service) => kept.get(service) ?? null,
  write: (stores) => Object.entries(stores).forEach(([service, note]) => kept.set(service, note)),
};
const said: string[] = [];
const say = (sentence: string) => void said.push(sentence);
const open = (rebuild: boolean) => openDataStores({ folders, clock: virtualClock(), notes, rebuild, say });
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

const work = (service: Service) => join(folder(service), 'work.db');
const reader = [{ view: 'rows', revision: 1, index: {} }];
/** Opens the directory, does something with one of its services, and closes it; how far its reader is then, and the journal. */
const visit = async (
  service: Service,
  act: (stores: DataStores, group: ViewGroup) => Promise<void> = async () => {},
) => {
  const stores = await open(false);
  const group = await stores.services[service].views.open('reader', reader);
  await act(stores, group);
  const seen = { upTo: await group.checkpoint('a source'), generation: (await stores.journal.state()).generation };
  await stores.close();
  return seen;
};
const park = (service: Service, key: string) =>
  visit(service, async ({ services }, group) => {
    await services[service].work.write([{ kind, key, row: { key } }]);
    await commitAlone(group, 'a source', 7, []); // past what was parked
  });

it.each<[Service, string, (path: string) => void]>(
  (['power', 'gateway'] as const).flatMap((service) => [
    [service, 'removed', (path) => rmSync(path)],
    [service, 'older', (path) => copyFileSync(`${path}.older`, path)],
    [service, 'of another service', (path) => copyFileSync(work('inventory'), path)],
  ]),
)('K16, K29: what %s read beside working rows that are %s is read again', async (service, _is, harm) => {
  await park(service, 'a');
  copyFileSync(work(service), `${work(service)}.older`);
  const { generation } = await park(service, 'b');
  expect([await visit(service), verifyStores(folders, notes)]).toEqual([{ upTo: 7, generation }, []]);
  harm(work(service));
  expect(verifyStores(folders, notes)).toEqual([
    expect.stringMatching(
      `^${service} working rows: ${work(service)} is (missing|another file than that, or an older one), where`,
    ),
  ]);
  said.length = 0;
  const after = await visit(service);
  expect([after.upTo, after.generation === generation]).toEqual([0, service === 'power']); // the journal is the gateway's
  expect(said).toHaveLength(service === 'power' ? 1 : 2);
  for (const each of said) expect(each).toMatch(/ lacks events that were parked, and are gone: it is rebuilt\.$/);
  expect([verifyStores(folders, notes), (await visit(service)).generation]).toEqual([[], after.generation]);
});

it('K16: working rows that are no parked events tie no views to their file', async () => {
  const { generation } = await visit('inventory', async ({ services: { inventory } }, group) => {
    await inventory.work.write([{ kind: 'older parked rows', key: 'a', row: true }]);
    await commitAlone(group, 'a source', 7, []);
  });
  rmSync(work('inventory'));
  expect([verifyStores(folders, notes), await visit('inventory')]).toEqual([[], { upTo: 7, generation }]);
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
