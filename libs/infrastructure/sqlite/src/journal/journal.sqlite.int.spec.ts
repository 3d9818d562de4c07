import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it, jest } from '@jest/globals';
import { eventType, toCloudEvent, type CloudEvent, type Service } from '@drover/contracts';
import { FactId, Instant, StoreId, StreamId } from '@drover/kernel';
import { virtualClock } from '@drover/ports';
import { journalContract } from '@drover/ports/testing';
import { sqliteJournal, type SqliteJournal } from './journal.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-journal-'));
let files = 0;
const newPath = () => join(root, `${++files}`, 'journal.db');
const opened = new Set<SqliteJournal>();
const open = (path = newPath()) => {
  const journal = sqliteJournal({ path });
  opened.add(journal);
  return journal;
};
const close = async (journal: SqliteJournal) => {
  opened.delete(journal);
  await journal.close();
};
afterAll(async () => {
  for (const journal of opened) await close(journal);
  rmSync(root, { recursive: true });
});

journalContract('T-CON-1: sqlite', async () => {
  const path = newPath();
  const clock = virtualClock();
  const handle = () => {
    const journal = sqliteJournal({ path, shared: clock });
    opened.add(journal);
    return journal;
  };
  const journal = handle();
  await journal.begin();
  // The suite still asks the first one.
  const older = async () => {
    asOlder(path, ...['batch', 'trimmed', 'unremembered'].map((table) => `DELETE FROM ${table}`));
    return handle();
  };
  return { journal, reopen: async () => handle(), older, pass: clock.advance };
});

/** A journal whose writer has begun. */
const begun = async (path = newPath()) => {
  const journal = open(path);
  await journal.begin();
  return journal;
};

const at = Instant.parse('2026-11-20T12:00:00Z');
const type = eventType('power', 'audit-credential-seen');
const event = (service: Service, id = FactId.create()): CloudEvent =>
  toCloudEvent(
    { type, subject: 'audit/power', partitionkey: 'power', data: { route: '/' } },
    { service, stream: StreamId.of('audit', 'power'), id, sequence: 1, actor: 'ana', at },
  );

it('knows an event by its source and its id together', async () => {
  const journal = await begun();
  const id = FactId.create();
  await journal.append({ service: 'power', events: [event('power', id)], upTo: 1 });
  expect(await journal.append({ service: 'inventory', events: [event('inventory', id)], upTo: 1 })).toHaveLength(1);
  expect(await journal.append({ service: 'power', events: [event('power', id)], upTo: 2 })).toEqual([]);
});

it('gives dense places to what several services bring at once', async () => {
  const journal = await begun();
  const told: number[] = [];
  journal.subscribe((entries) => told.push(...entries.map(({ position }) => position)));
  const batches = Array.from({ length: 100 }, (_, i) => (i % 2 ? 'power' : 'inventory') as Service);
  const batch = (service: Service, upTo: number) => ({ service, events: [event(service), event(service)], upTo });
  await Promise.all(batches.map((service, i) => journal.append(batch(service, i))));
  const dense = Array.from({ length: 200 }, (_, i) => i + 1);
  expect(told).toEqual(dense);
  expect((await journal.read(0, 1000)).map(({ position }) => position)).toEqual(dense);
  expect([await journal.checkpoint('power'), await journal.checkpoint('inventory')]).toEqual([99, 98]);
});

it('keeps its places when everything is trimmed, and goes on behind them after it was opened again', async () => {
  const path = newPath();
  const first = await begun(path);
  await first.append({ service: 'power', events: Array.from({ length: 12_000 }, () => event('power')), upTo: 9 });
  await first.trim(Instant.plusSeconds(at, 1), 0);
  expect(await first.state()).toMatchObject({ head: 12_000, floor: 12_000 });
  await close(first);
  const again = await begun(path);
  const [next] = await again.append({ service: 'power', events: [event('power')], upTo: 10 });
  expect(next?.position).toBe(12_001);
});

it('is another run each time it is opened, and so is a copy that is put back', async () => {
  const path = newPath();
  const batch = () => ({ service: 'power' as const, events: [event('power')], upTo: 1 });
  const first = await begun(path);
  await first.append(batch());
  await close(first);
  const copy = newPath();
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(path, copy);
  const second = await begun(path);
  await second.append(batch());
  const [one, two] = (await second.state()).runs;
  expect((await second.state()).runs).toEqual([
    { name: expect.stringMatching(/^r[0-9a-z]+$/), since: 0 },
    { name: expect.any(String), since: 1 },
  ]);
  const restored = await (await begun(copy)).state();
  expect(restored.runs).toEqual([one, { name: expect.any(String), since: 1 }]);
  expect(restored.runs[1]?.name).not.toBe(two?.name);
  await second.trim(Instant.plusSeconds(at, 1), 0);
  expect((await second.state()).runs).toEqual([two]); // no place of the first can be resumed
  await second.restart();
  expect((await second.state()).runs).toMatchObject([{ since: 0 }]);
});

it('K29: a journal that begins anew is of the same stores as before', async () => {
  const journal = await begun(newPath());
  journal.setOrigin('power', { id: StoreId.parse('a'), run: 2 });
  await journal.restart();
  expect(journal.origin('power')).toEqual({ id: 'a', run: 2 });
});

it('takes a file of before, which knew no runs', async () => {
  const path = newPath();
  const journal = await begun(path);
  await journal.append({ service: 'power', events: [event('power')], upTo: 1 });
  await close(journal);
  const file = new DatabaseSync(path);
  file.exec('DROP TABLE run');
  file.close();
  expect(await (await begun(path)).state()).toMatchObject({ head: 1, runs: [{ since: 1 }] });
});

it('K36: parses no event, whether a choice takes it or not', async () => {
  const journal = await begun();
  await journal.append({ service: 'power', events: Array.from({ length: 300 }, () => event('power')), upTo: 1 });
  const parse = jest.spyOn(JSON, 'parse');
  const choice = { types: null, subject: null, key: ['nobody'], operation: null, severity: null };
  expect(await journal.select(0, 300, choice)).toEqual([]);
  expect(await journal.select(0, 300, { ...choice, key: ['power'] })).toHaveLength(300);
  expect(parse).not.toHaveBeenCalled();
  parse.mockRestore();
});

it('selects from a file of before, which kept nothing beside its events, and from one that an older Drover wrote on', async () => {
  const path = newPath();
  const journal = await begun(path);
  const about = (key: string): CloudEvent => ({ ...event('power'), partitionkey: key, subject: `vm/${key}` });
  await journal.append({ service: 'power', events: ['a', 'b', 'a'].map(about), upTo: 3 });
  await close(journal);
  const file = new DatabaseSync(path);
  file.exec('DROP TABLE routing');
  file.close();
  const second = await begun(path);
  const choice = { types: null, subject: ['vm/a'], key: ['a'], operation: null, severity: null };
  const places = async (of: SqliteJournal) => (await of.select(0, 9, choice))?.map(({ position }) => position);
  await second.append({ service: 'power', events: ['b', 'a'].map(about), upTo: 5 });
  expect(await places(second)).toEqual([1, 3, 5]);
  await close(second);
  const older = new DatabaseSync(path);
  older.exec(`INSERT INTO entry SELECT 6, time, source, x'00', event FROM entry WHERE position = 1`);
  older.exec(`UPDATE entry SET event = (SELECT event FROM entry WHERE position = 2) WHERE position = 5`);
  older.close();
  expect(await places(open(path))).toEqual([1, 3, 6]);
});

/** What an older Drover leaves, which noted no batches and remembered nothing of what it trimmed. */
const asOlder = (path: string, ...work: readonly string[]) => {
  const file = new DatabaseSync(path);
  for (const each of work) file.exec(each);
  file.close();
};
const later = Instant.plusSeconds(at, 1);
const remembered = async (journal: SqliteJournal) => {
  const { unremembered, floor } = await journal.state();
  const slices = [];
  for (let slice = await journal.trimmed(unremembered); slice; slice = await journal.trimmed(slice.upTo))
    slices.push(...slice.entries.map(({ position }) => position));
  return { unremembered, floor, slices };
};

it('says how far nothing is remembered of a file of before, and remembers from there on', async () => {
  const path = newPath();
  const journal = await begun(path);
  await journal.append({ service: 'power', events: [event('power'), event('power'), event('power')], upTo: 3 });
  await close(journal);
  asOlder(path, ...['batch', 'trimmed', 'unremembered'].map((table) => `DROP TABLE ${table}`));
  asOlder(path, 'DELETE FROM entry WHERE position = 1', 'UPDATE state SET floor = 1');
  const second = await begun(path);
  await second.append({ service: 'power', events: [event('power'), event('power')], upTo: 5 });
  await second.trim(later, 1);
  expect(await remembered(second)).toEqual({ unremembered: 3, floor: 4, slices: [4] });
  expect(await second.trimmed(0)).toBeNull();
});

it('notices what an older Drover took or trimmed that was put back for a while', async () => {
  const path = newPath();
  const batch = (upTo: number) => ({ service: 'power' as const, events: [event('power'), event('power')], upTo });
  const first = await begun(path);
  await first.append(batch(2));
  await first.trim(later, 1);
  expect(await remembered(first)).toEqual({ unremembered: 0, floor: 1, slices: [1] });
  await close(first);
  asOlder(path, `INSERT INTO entry SELECT 3, time, source, x'00', event FROM entry WHERE position = 2`);
  const second = await begun(path);
  expect(await remembered(second)).toEqual({ unremembered: 3, floor: 1, slices: [] });
  await second.append(batch(4));
  await second.trim(later, 0);
  expect(await remembered(second)).toEqual({ unremembered: 3, floor: 5, slices: [4, 5] });
  await second.append(batch(6));
  await close(second);
  asOlder(path, 'DELETE FROM entry WHERE position = 6', 'UPDATE state SET floor = 6');
  const third = await begun(path);
  expect(await remembered(third)).toEqual({ unremembered: 6, floor: 6, slices: [] });
  await third.trim(later, 0);
  expect(await remembered(third)).toEqual({ unremembered: 6, floor: 7, slices: [7] });
});

it('does not remember what it cannot name: an event of which no batch says whose it is', async () => {
  const path = newPath();
  const journal = await begun(path);
  const batch = (upTo: number) => ({ service: 'power' as const, events: [event('power'), event('power')], upTo });
  await journal.append(batch(2));
  asOlder(path, `UPDATE entry SET source = '/elsewhere' WHERE position = 2`);
  await journal.trim(later, 0);
  expect(await remembered(journal)).toEqual({ unremembered: 2, floor: 2, slices: [] });
  await journal.append(batch(4));
  await journal.trim(later, 0);
  expect(await remembered(journal)).toEqual({ unremembered: 2, floor: 4, slices: [3, 4] });
});

it('remembers slices whose edges lie within batches, and takes no more than ten bytes an event for it', async () => {
  const path = newPath();
  const journal = await begun(path);
  const events = Array.from({ length: 20_000 }, (_, i) => event(i % 3 ? 'power' : 'inventory'));
  for (let n = 0; n < events.length; n += 70) {
    const [some, upTo] = [events.slice(n, n + 70), n + 70];
    await journal.append({ service: 'power', events: some.filter(({ source }) => source.endsWith('power')), upTo });
    await journal.append({
      service: 'inventory',
      events: some.filter(({ source }) => !source.endsWith('power')),
      upTo,
    });
  }
  const order = (await journal.read(0, 20_000)).map(({ position, event: { id, source } }) => ({
    ...{ position, mark: id.replaceAll('-', '').slice(16), service: source.slice('/drover/'.length) },
  }));
  await journal.trim(later, 0);
  const entries = [];
  for (let slice = await journal.trimmed(0); slice; slice = await journal.trimmed(slice.upTo)) {
    for (const { service, from, upTo } of slice.logs) expect([service, upTo - from <= 700]).toEqual([service, true]);
    entries.push(...slice.entries);
  }
  expect(entries).toEqual(order);
  await close(journal);
  const file = new DatabaseSync(path, { readOnly: true });
  const { bytes } = file.prepare('SELECT sum(length(entries) + length(logs)) AS bytes FROM trimmed').get() ?? {};
  expect([Number(bytes) / 20_000 < 10, file.prepare('SELECT count(*) AS n FROM batch').get()]).toEqual([
    true,
    { n: 0 },
  ]);
  file.close();
});

it('is another generation when the file was lost', async () => {
  const generations = new Set(await Promise.all([1, 2, 3].map(async () => (await open().state()).generation)));
  expect(generations.size).toBe(3);
  for (const generation of generations) expect(generation).toMatch(/^k[1-9]\d*$/);
});

it('takes nothing of a batch that cannot be written whole', async () => {
  const path = newPath();
  const journal = await begun(path);
  const other = new DatabaseSync(path);
  other.exec("CREATE TRIGGER refuse BEFORE INSERT ON entry WHEN new.position = 2 BEGIN SELECT raise(FAIL, 'no'); END");
  const events = [event('power'), event('power')];
  const refused = journal.append({ service: 'power', events, upTo: 2 });
  await expect(refused).rejects.toMatchObject({ code: 'store_unavailable' });
  expect([(await journal.state()).head, await journal.checkpoint('power')]).toEqual([0, 0]);
  other.exec('DROP TRIGGER refuse');
  other.close();
  expect(await journal.append({ service: 'power', events, upTo: 2 })).toHaveLength(2);
});

it('answers what is waiting when it is closed, and refuses what comes later', async () => {
  const journal = await begun();
  const waiting = journal.append({ service: 'power', events: [event('power')], upTo: 1 });
  await close(journal);
  expect(await waiting).toHaveLength(1);
  const refused = journal.append({ service: 'power', events: [], upTo: 2 });
  await expect(refused).rejects.toMatchObject({ code: 'store_unavailable' });
});
