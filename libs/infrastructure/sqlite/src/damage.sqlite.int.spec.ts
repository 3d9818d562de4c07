import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from '@jest/globals';
import { eventType, toCloudEvent, type CloudEvent } from '@drover/contracts';
import { CommitId, FactId, Instant, StreamId } from '@drover/kernel';
import { virtualClock, type ViewDefinition } from '@drover/ports';
import { sqliteEventStore } from './event-store.sqlite.js';
import { sqliteJournal } from './journal.sqlite.js';
import { sqliteViewStore } from './view-store.sqlite.js';

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
  await group.commit({ source: 's', upTo: 1, writes });
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
  await journal.append({ service: 'power', events: Array.from({ length: MANY }, event), upTo: 1 });
  await journal.close();
  damage(behind);
  const read = async () => {
    const again = sqliteJournal({ path });
    again.state();
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
    `The facts at ${path} cannot be opened (database disk image is malformed). Restore a backup.`,
  );
});
