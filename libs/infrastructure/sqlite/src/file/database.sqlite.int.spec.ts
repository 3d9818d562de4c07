import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { openFile, type FileKind } from './database.sqlite.js';

const root = mkdtempSync(join(tmpdir(), 'drover-file-'));
afterAll(() => rmSync(root, { recursive: true }));
const kind: FileKind = {
  ...{ what: 'notes', mark: 42, version: 1, synchronous: 'FULL', remedy: 'Write them again.' },
  schema: 'CREATE TABLE note (text TEXT) STRICT;',
};

it.each(['FULL', 'NORMAL'] as const)('writes ahead, synchronous = %s, after the first write as well', (synchronous) => {
  const db = openFile(join(root, synchronous, 'notes.db'), { ...kind, synchronous });
  db.exec("INSERT INTO note VALUES ('first')");
  expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: synchronous === 'FULL' ? 2 : 1 });
  expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  db.close();
});

it('opens an old file again and leaves what is in it', () => {
  const path = join(root, 'again', 'notes.db');
  const first = openFile(path, kind);
  first.exec("INSERT INTO note VALUES ('kept')");
  first.close();
  const again = openFile(path, kind);
  expect(again.prepare('SELECT text FROM note').all()).toEqual([{ text: 'kept' }]);
  again.close();
});

it('says what to do when the disk does not give the file', () => {
  const path = join(root, 'folder', 'notes.db');
  mkdirSync(path, { recursive: true });
  const sentence = /^The notes at .* cannot be opened \(unable to open database file\)\. Free space on its disk/;
  expect(() => openFile(path, kind)).toThrow(sentence);
});

it('does not open a disk that takes no write-ahead log', () =>
  expect(() => openFile(':memory:', kind)).toThrow(/takes no write-ahead log \(memory\)/));
