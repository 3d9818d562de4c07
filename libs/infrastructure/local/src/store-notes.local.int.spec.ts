import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { StoreId } from '@drover/kernel';
import { storeNotes } from './store-notes.local.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-notes-'));
  writeFileSync(join(dir, 'format.json'), '{"format":1,"later":"kept"}');
});
afterEach(() => rmSync(dir, { recursive: true }));

it('knows nothing of a store that nobody noted, as in a directory of an older release', () =>
  expect(storeNotes(dir).of('power')).toBeNull());

it('notes which store it is, its run and how far it had got, and keeps what else is there', () => {
  const notes = storeNotes(dir);
  notes.write({
    power: { id: StoreId.parse('p'), run: 0, head: 5 },
    gateway: { id: StoreId.parse('g'), run: 0, head: 0 },
  });
  notes.write({ power: { id: StoreId.parse('p'), run: 1, head: 3 } });
  expect([notes.of('power'), notes.of('gateway')]).toEqual([
    { id: 'p', run: 1, head: 3 },
    { id: 'g', run: 0, head: 0 },
  ]);
  expect(JSON.parse(readFileSync(join(dir, 'format.json'), 'utf8'))).toMatchObject({ format: 1, later: 'kept' });
});

it('writes nothing when nothing changed', () => {
  const notes = storeNotes(dir);
  notes.write({ power: { id: StoreId.parse('p'), run: 0, head: 5 } });
  const { ino } = statSync(join(dir, 'format.json'));
  notes.write({ power: { id: StoreId.parse('p'), run: 0, head: 5 } });
  expect(statSync(join(dir, 'format.json')).ino).toBe(ino);
});
