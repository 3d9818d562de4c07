// A file is removed, or replaced, while its store is open: what is written there would be gone with the process.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { CommitId, FactId, Instant, StreamId } from '@drover/kernel';
import { virtualClock } from '@drover/ports';
import { commitAlone } from '@drover/ports/testing';
import { sqliteEventStore } from '../event-store/event-store.sqlite.js';
import { openJournal } from '../testing.js';
import { sqliteViewStore } from '../views/view-store.sqlite.js';
import { sqliteWorkStore } from '../work/work-store.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-presence-'));
afterEach(() => rmSync(root, { recursive: true, force: true }));
const folder = join(root, 'power');
const at = Instant.parse('2026-11-20T10:00:00Z');

const facts = () => {
  const path = join(folder, 'facts.db');
  const store = sqliteEventStore({ path });
  let version = 0;
  const write = async () => {
    await store.append({
      ...{ stream: StreamId.of('test', 'a'), version, commitId: CommitId.create() },
      facts: [{ id: FactId.create(), fact: { type: 'Counted' } }],
      metadata: { at, actor: 'ana', requestId: 'r' },
    });
    version++;
  };
  return { path, store, write, refusal: () => [store.refusal(), store.lack()] };
};
const journal = async () => {
  const opened = await openJournal(join(folder, 'journal.db'));
  return { ...opened, refusal: () => [opened.store.refusal()] };
};
const work = () => {
  const path = join(folder, 'work.db');
  const store = sqliteWorkStore({ path });
  const write = () => store.write([{ kind: 'parked', key: 'a', row: { n: 1 } }]);
  return { path, store, write, refusal: () => [store.refusal()] };
};
const stores = [
  ['the facts', facts],
  ['the journal', journal],
  ['working rows', work],
] as const;

const ways: readonly (readonly [string, (path: string) => void, (path: string) => string])[] = [
  ['removed with its folder', () => rmSync(folder, { recursive: true }), (path) => path],
  ['removed', (path) => rmSync(path), (path) => path],
  [
    'replaced by a copy of itself',
    (path) => {
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
    },
    (path) => path,
  ],
  ['left without its log', (path) => rmSync(`${path}-wal`), (path) => `${path}-wal`],
];

it.each(stores.flatMap(([of, open]) => ways.map(([is, harm, named]) => [of, is, { open, harm, named }] as const)))(
  'K29: a file of %s that is %s under a running process takes nothing, and says which it is and what to do',
  async (_of, _is, { open, harm, named }) => {
    const { path, store, write, refusal } = await open();
    await write();
    harm(path);
    const gone = {
      code: 'store_shorter_than_anchor',
      message: expect.stringMatching(
        `^Nothing is written to [^:]+ at ${path}: ${named(path)} was removed or replaced while Drover runs\\. Put it back, or stop Drover and restore a backup\\.$`,
      ),
    };
    for (const each of refusal()) expect(each).toMatchObject(gone);
    await expect(write()).rejects.toMatchObject(gone);
    await store.close();
  },
);

it.each(stores)('K29: a folder that was moved away and is put back: %s are written again', async (_, open) => {
  const { store, write, refusal } = await open();
  await write();
  renameSync(folder, `${folder}.away`);
  await expect(write()).rejects.toMatchObject({ code: 'store_shorter_than_anchor' });
  renameSync(`${folder}.away`, folder);
  await write();
  expect(refusal().filter(Boolean)).toEqual([]);
  await store.close();
});

it('K29: views that are removed go on in the running process: they are grown again from the facts', async () => {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'views.db');
  const store = sqliteViewStore({ path, clock: virtualClock() });
  const group = await store.open('c', [{ view: 'rows', revision: 1, index: {} }]);
  rmSync(folder, { recursive: true });
  expect(store.refusal()).toBeNull(); // not an error of the file system
  await commitAlone(group, 's', 1, [{ view: 'rows', key: 'a', row: { n: 1 } }]);
  expect([await group.view('rows').get('a'), existsSync(path)]).toEqual([{ n: 1 }, false]);
  await store.close();
});
