import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeEach, expect, it } from '@jest/globals';
import { eventType, toCloudEvent, type CloudEvent } from '@drover/contracts';
import { CommitId, FactId, Instant, StoreId, StreamId } from '@drover/kernel';
import { virtualClock, type ViewDefinition } from '@drover/ports';
import { commitAlone } from '@drover/ports/testing';
import { sqliteEventStore } from './event-store.sqlite.js';
import type { KnownStore } from './lacks.sqlite.js';
import { sqliteJournal } from '../journal/journal.sqlite.js';
import { sqliteViewStore } from '../views/view-store.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-damage-'));
afterAll(() => rmSync(root, { recursive: true }));
let files = 0;
let path: string;
beforeEach(() => {
  path = join(root, `${++files}.db`);
});

const PAGE = 4096;
const MANY = 400;
const at = Instant.parse('2026-11-20T12:00:00Z');
const text = 'x'.repeat(500);
const actor = 'ana';

/** Spoils what lies behind some pages. The first one stays as it was, so the file still looks like one of ours. */
const damage = (behind: number) => {
  const file = openSync(path, 'r+');
  for (let from = behind * PAGE; from < statSync(path).size; from += PAGE)
    writeSync(file, Buffer.alloc(256, 7), 0, 256, from);
  closeSync(file);
};
const unreadable = (what: string) => ({
  code: 'view_unreadable',
  message: `Something of the ${what} at ${path} cannot be read: database disk image is malformed.`,
});

it.each([1, 3, 9])('views of which everything behind page %i is damaged say which file it is', async (behind) => {
  const rows: ViewDefinition<{ text: string }> = { view: 'rows', revision: 1, pinned: false, index: {} };
  const opened = async () => {
    const store = sqliteViewStore({ path, clock: virtualClock() });
    return { store, group: await store.open('c', [rows]) };
  };
  const { store, group } = await opened();
  const writes = Array.from({ length: MANY }, (_, i) => ({ view: 'rows', key: `k${i}`, row: { text } }));
  await commitAlone(group, 's', 1, writes);
  await store.close();
  damage(behind);
  const read = async () => (await opened()).group.view<{ text: string }>('rows').find({ limit: MANY });
  await expect(read()).rejects.toMatchObject(unreadable('views'));
});

it.each([1, 3, 9])('a journal of which everything behind page %i is damaged says which file it is', async (behind) => {
  const type = eventType('power', 'audit-credential-seen');
  const event = (): CloudEvent =>
    toCloudEvent(
      { type, subject: 'audit/power', partitionkey: 'power', data: { route: text } },
      { service: 'power', stream: StreamId.of('audit', 'power'), id: FactId.create(), sequence: 1, actor, at },
    );
  const journal = sqliteJournal({ path });
  await journal.begin();
  await journal.append({ service: 'power', events: Array.from({ length: MANY }, event), upTo: 1 });
  await journal.close();
  damage(behind);
  const read = async () => {
    const again = sqliteJournal({ path });
    await again.state();
    return again.read(0, MANY);
  };
  // Found when it is opened, which writes, or when it is read.
  await expect(read()).rejects.toThrow(/journal at \/.+ cannot be (opened|read).+database disk image is malformed/);
});

it('facts of which something is damaged are not opened', async () => {
  const store = sqliteEventStore({ path });
  const [stream, metadata] = [StreamId.of('vm', 'a'), { at, actor, requestId: 'r' }];
  for (let version = 0; version < 100; version++) {
    const facts = [{ id: FactId.create(), fact: { type: 'Said', text } }];
    await store.append({ stream, version, commitId: CommitId.create(), facts, metadata });
  }
  await store.close();
  damage(5);
  expect(() => sqliteEventStore({ path })).toThrow(
    `The store at ${path} cannot be opened (database disk image is malformed). Restore a backup.`,
  );
});

/** A store of some streams, 600 commits in all; its anchor and the slow check go by this clock. */
const filled = async () => {
  const clock = virtualClock();
  const anchor = { path: `${path}.anchor`, clock };
  const store = sqliteEventStore({ path, anchor });
  const append = (version: number, name: string, to = store) =>
    to.append({
      ...{ stream: StreamId.of('vm', name), version, commitId: CommitId.create() },
      facts: [{ id: FactId.create(), fact: { type: 'Said', text: `${name} ${version} ${'x'.repeat(40)}` } }],
      metadata: { at, actor, requestId: 'r' },
    });
  const versions = Array.from({ length: 300 }, (_, version) => version);
  await Promise.all(versions.flatMap((version) => ['a', 'b'].map((name) => append(version, name))));
  await store.close();
  const open = () => sqliteEventStore({ path, anchor });
  return { clock, open, append };
};
/** Where some bytes stand in the file: SQLite leaves copies behind when it moves a row. */
const placesOf = (bytes: Buffer, text: string) => {
  const places: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) places.push(at);
  expect(places).not.toEqual([]);
  return places;
};
const change = (from: string, to: string) => {
  const bytes = readFileSync(path);
  for (const place of placesOf(bytes, from)) bytes.write(to, place);
  writeFileSync(path, bytes);
};

it('K40: a commit that cannot be read closes its stream, by name; everything else goes on', async () => {
  const { open, append } = await filled();
  change('"text":"a 3 ', '"text":{a 3 ');
  const store = open();
  const named = {
    code: 'stream_unreadable',
    message: `In the store at ${path} the commit at position 7 (vm-a, version 3) cannot be read: it is no JSON.`,
  };
  expect((await store.readAll(5, 3)).map(({ position }) => position)).toEqual([6, 8, 9]);
  await expect(store.read(StreamId.of('vm', 'a'))).rejects.toMatchObject(named);
  await expect(append(300, 'a', store)).rejects.toMatchObject(named);
  expect(await append(300, 'b', store)).toMatchObject({ position: 601 });
  expect(await store.read(StreamId.of('vm', 'b'))).toHaveLength(301);
  expect([store.refusal(), store.lack()]).toEqual([null, null]);
  await store.close();
});

it.each<[string, () => void, RegExp]>([
  ['a changed fact', () => change('"text":"a 3 ', '"text":"b 3 '), /position 7 \(vm-a, version 3\) was changed/],
  ['a commit that is gone', () => alter('DELETE FROM commits WHERE position = 7'), /position 7 is missing/],
  [
    'another number of facts',
    () => alter('UPDATE commits SET size = 9 WHERE position = 7'),
    /position 7 \(vm-a, version 3\) cannot be read: its events make no sense/,
  ],
  [
    'a hash that was changed',
    () => alter("UPDATE commits SET prev_hash = 'x' WHERE position = 7"),
    /position 7 \(vm-a, version 3\) was changed/,
  ],
])('K40: damage in the middle is named by the slow check: %s', async (_, spoil, sentence) => {
  const { clock, open, append } = await filled();
  spoil();
  const store = open();
  expect(store.refusal()).toBeNull();
  for (let turns = 0; turns < 8; turns++) await clock.advance(100);
  expect(store.checked()).toEqual({ upTo: 600, faults: [expect.stringMatching(sentence)] });
  expect(await append(300, 'b', store)).toMatchObject({ position: 601 });
  await store.close();
});

/** Changes the file as nobody should. */
const alter = (sql: string) => {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
};

it('K40: a page that makes no sense hides what stood on it, and nothing else', async () => {
  const { clock, open, append } = await filled();
  const bytes = readFileSync(path);
  const LEAF = 0x0d;
  const pages = placesOf(bytes, '"text":"a 40 ').map((place) => place - (place % PAGE));
  for (const page of pages) if (bytes[page] === LEAF) bytes.fill(0xff, page, page + 200);
  writeFileSync(path, bytes);
  const store = open();
  for (let turns = 0; turns < 8; turns++) await clock.advance(100);
  const { upTo, faults } = store.checked();
  expect(upTo).toBe(600);
  expect(faults.join('\n')).toMatch(/the commit at position \d+ \(vm-a, version \d+\) cannot be read: database disk/);
  const all = await store.readAll(0, 1000);
  expect(all.length).toBeGreaterThan(500);
  expect(all.at(-1)?.position).toBe(600);
  await expect(append(300, 'a', store)).rejects.toMatchObject({ code: 'stream_unreadable' });
  await store.close();
});

it.each([
  ['what cannot be read', '"text":{b 299 ', /position 600 \(vm-b, version 299\) cannot be read: it is no JSON/],
  ['what was changed', '"text":"c 299 ', /position 600 \(vm-b, version 299\) was changed/],
])(
  'K40: of the last 500 commits %s is named when the store is opened, which takes nothing then',
  async (_, to, says) => {
    const { open, append } = await filled();
    change('"text":"b 299 ', to);
    const store = open();
    expect(store.refusal()).toMatchObject({ code: 'store_shorter_than_anchor', message: expect.stringMatching(says) });
    await expect(append(300, 'a', store)).rejects.toMatchObject({ code: 'store_shorter_than_anchor' });
    expect((await store.readAll(0, 10)).length).toBe(10);
    await store.close();
  },
);

it('K29: a store is compared with what others know of it', async () => {
  const { open, append, clock } = await filled();
  const first = open();
  const { name } = first;
  await first.close();
  const anchor = { path: `${path}.anchor`, clock };
  const lackOf = async (known: Partial<KnownStore>) => {
    const store = sqliteEventStore({ path, anchor, known: { service: 'power', name, reached: [], ...known } });
    const lack = store.lack();
    if (lack) await expect(append(300, 'a', store)).rejects.toEqual(lack);
    await store.close();
    return lack?.message ?? null;
  };
  expect(await lackOf({ reached: [{ by: 'the journal', position: 600 }] })).toBeNull();
  expect(await lackOf({ reached: [{ by: 'the journal', position: 620 }] })).toBe(
    'The power store lacks what it had: it ends at position 600, but positions 601 to 620 are known to have been stored ' +
      '(by the journal). Restore a backup that reaches position 620, or accept the loss: npm run store -- accept-loss power.',
  );
  expect(await lackOf({ name: { ...name, id: StoreId.parse('another') } })).toBe(
    `The file at ${path} is not the store that format.json names: put back the right one.`,
  );
  const foreign = sqliteEventStore({
    path,
    known: { service: 'power', name: { ...name, id: StoreId.parse('another') }, reached: [] },
  });
  expect(await foreign.readAll(0, 9)).toEqual([]); // or its facts would be taken for those of the right one
  await expect(foreign.read(StreamId.of('vm', 'a'))).rejects.toEqual(foreign.lack());
  await foreign.close();
  expect(await lackOf({ name: { ...name, run: 2 } })).toMatch(/a copy from before the last loss that was accepted/);
  expect(await lackOf({ name: null })).toBeNull(); // nobody noted it: an older release wrote format.json
  rmSync(path);
  rmSync(anchor.path);
  expect(await lackOf({ reached: [{ by: 'the journal', position: 1 }] })).toMatch(
    /: it holds nothing, but position 1 is/,
  );
  expect(await lackOf({})).toBeNull(); // nothing was ever stored
});
