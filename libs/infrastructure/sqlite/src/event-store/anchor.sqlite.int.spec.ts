// T-DSK-2. A copy of an open file and its log, without closing it, is what a killed process leaves behind. It is made
// by another process: whoever opens and closes the file in this one takes SQLite's locks away.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { CommitId, FactId, Instant, StreamId } from '@drover/kernel';
import { virtualClock, type EventStore } from '@drover/ports';
import { keepAnchor } from './anchor.sqlite.js';
import { sqliteEventStore } from './event-store.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-anchor-'));
const stream = StreamId.of('test', 'a');
const append = (store: EventStore, version: number) =>
  store.append({
    ...{ stream, version, commitId: CommitId.create() },
    facts: [{ id: FactId.create(), fact: { type: 'Counted', n: version, text: 'x'.repeat(2000) } }],
    metadata: { at: Instant.parse('2026-11-20T10:00:00Z'), actor: 'ana', requestId: 'r' },
  });
const clock = virtualClock();
const open = (name: string) =>
  sqliteEventStore({ path: join(root, name, 'facts.db'), anchor: { path: join(root, name, 'anchor'), clock } });
/** What a poll waits for; the anchor is written beside the appends. */
const anchored = async (name: string, position: number) => {
  for (let tries = 0; tries < 500; tries++) {
    const path = join(root, name, 'anchor');
    if (existsSync(path) && readFileSync(path, 'utf8').includes(`"position":${position},`)) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error(`no anchor at ${position}`);
};

beforeAll(async () => {
  const store = open('live');
  for (let version = 0; version < 50; version++) await append(store, version);
  mkdirSync(join(root, 'backup'));
  spawnSync('cp', ['-a', `${root}/live/facts.db`, `${root}/live/facts.db-wal`, `${root}/backup`]);
  for (let version = 50; version < 60; version++) await append(store, version);
  await clock.advance(200);
  await anchored('live', 60);
  spawnSync('cp', ['-a', `${root}/live`, `${root}/killed`]);
  rmSync(join(root, 'killed', 'facts.db-shm'));
  await store.close();
});
afterAll(() => rmSync(root, { recursive: true }));

const facts = (name: string) => join(root, name, 'facts.db');
const log = (name: string) => join(root, name, 'facts.db-wal');
const inFile = (path: string, change: (bytes: Buffer) => void) => {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
};
const flip = (bytes: Buffer, at: number) => bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
const flipAt = (at: number) => (bytes: Buffer) => flip(bytes, at);
/** A flipped bit inside a stored fact. */
const flipFact = (n: number) => (bytes: Buffer) => flip(bytes, bytes.indexOf(`"n":${n},`) + 4);

it('goes on after a kill when nothing is missing', async () => {
  cpSync(join(root, 'killed'), join(root, 'whole'), { recursive: true });
  const store = open('whole');
  expect(store.refusal()).toBeNull();
  await append(store, 60);
  await store.close();
  await anchored('whole', 61);
});

it.each<[string, string, (name: string) => void, RegExp]>([
  ['a log that was cut', 'killed', (name) => truncateSync(log(name), 100_000), /positions \d+ to 60 are known/],
  ['a flipped bit in the log', 'killed', (name) => inFile(log(name), flipAt(200_000)), /positions \d+ to 60 are known/],
  [
    'a log that is gone',
    'killed',
    (name) => rmSync(log(name)),
    /holds nothing, but positions 1 to 60 are known to have been stored \(by its anchor\)/,
  ],
  [
    'an older copy',
    'killed',
    (name) => {
      rmSync(log(name));
      cpSync(join(root, 'backup'), join(root, name), { recursive: true });
    },
    /it ends at position 50, but positions 51 to 60 are known/,
  ],
  [
    'a changed fact',
    'live',
    (name) => inFile(facts(name), flipFact(40)),
    /the commit at position 41 \(test-a, version 40\) was changed/,
  ],
  [
    'a changed last fact',
    'live',
    (name) => inFile(facts(name), flipFact(59)),
    /the commit at position 60 \(test-a, version 59\) was changed/,
  ],
  ['an anchor that cannot be read', 'live', (name) => writeFileSync(`${root}/${name}/anchor`, '{'), /cannot be read/],
])('T-DSK-2: refuses to write, and says what is missing: %s', async (_name, from, damage, sentence) => {
  const name = `${expect.getState().currentTestName?.replaceAll(/\W/g, '')}`;
  cpSync(join(root, from), join(root, name), { recursive: true });
  damage(name);
  const before = readFileSync(join(root, name, 'anchor'), 'utf8');
  const store = open(name);
  const refused = await append(store, 60).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'store_shorter_than_anchor', message: expect.stringMatching(sentence) });
  expect(store.refusal()).toEqual(refused);
  expect((await store.readAll(0, 100)).length).toBeLessThanOrEqual(60);
  await clock.advance(1000);
  await store.close();
  expect(readFileSync(join(root, name, 'anchor'), 'utf8')).toBe(before);
});

it('begins without an anchor, and writes it at most five times a second', async () => {
  const store = open('new');
  await append(store, 0);
  await clock.advance(199);
  await append(store, 1);
  expect(existsSync(join(root, 'new', 'anchor'))).toBe(false);
  await clock.advance(1);
  await anchored('new', 2);
  await append(store, 2);
  await store.close();
  await anchored('new', 3);
});

/** An anchor of a store that is not there: it is told when it moved and asks where it ends. */
const keep = (name: string, tail: () => number) => {
  const dir = join(root, name);
  mkdirSync(dir);
  const path = join(dir, 'anchor');
  const id = CommitId.create();
  return { dir, path, anchor: keepAnchor({ path, clock }, () => ({ position: tail(), id, hash: 'h' })) };
};

it('a store whose end cannot be read stops nobody: it keeps the older anchor until it can be', async () => {
  let end: number | null = 1;
  const { path, anchor } = keep('unreadable', () => {
    if (end === null) throw new Error('disk I/O error');
    return end;
  });
  const move = async () => {
    anchor.moved();
    await clock.advance(200); // what a timer throws, ends the process
  };
  await move();
  await anchored('unreadable', 1);
  const before = readFileSync(path, 'utf8');
  end = null;
  await move();
  await move();
  expect(readFileSync(path, 'utf8')).toBe(before);
  end = 2;
  await move();
  await anchored('unreadable', 2);
  await anchor.close();
});

it('leaves nothing beside an anchor that cannot be written', async () => {
  const { dir, path, anchor } = keep('unwritable', () => 1);
  mkdirSync(join(path, 'full'), { recursive: true });
  anchor.moved();
  await anchor.close();
  expect(readdirSync(dir)).toEqual(['anchor']);
});
