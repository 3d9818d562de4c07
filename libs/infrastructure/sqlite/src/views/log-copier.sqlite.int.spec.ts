import { mkdtempSync, rmSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { yieldToEventLoop } from '@drover/kernel';
import { openFile } from '../file/database.sqlite.js';
import { logCopier } from './log-copier.sqlite.js';
import { viewsFile } from './views-file.sqlite.js';

let dir = '';
let db: DatabaseSync;
const path = () => join(dir, 'views.db');
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-log-'));
  db = openFile(path(), viewsFile);
});
afterEach(() => {
  if (db.isOpen) db.close();
  rmSync(dir, { recursive: true });
});

/** Writes so many times 100 rows of 4 kB, each time in a commit of its own. */
const write = (from: number, commits: number, committed: () => void) => {
  const insert = db.prepare('INSERT INTO row VALUES (1, ?, ?, 1, ?)');
  for (let n = from; n < from + commits; n++) {
    db.exec('BEGIN IMMEDIATE');
    for (let i = 0; i < 100; i++) insert.run(`${i}`, n, 'x'.repeat(4000));
    db.exec('COMMIT');
    committed();
  }
};
const setting = () => Number(Object.values(db.prepare('PRAGMA wal_autocheckpoint').get() ?? {})[0]);
const left = () => {
  const { log = 0, checkpointed = 0 } = db.prepare('PRAGMA wal_checkpoint(NOOP)').get() ?? {};
  return Number(log) - Number(checkpointed);
};
const until = async (holds: () => boolean) => {
  for (const end = performance.now() + 20_000; !holds() && performance.now() < end;) await yieldToEventLoop();
  expect(holds()).toBe(true);
};

it('K45: the log of a file that is written much is copied on another thread, and no commit does it', async () => {
  const copier = logCopier(db, path());
  for (let n = 0; n < 100; n++) {
    write(n * 5, 5, copier.committed);
    await yieldToEventLoop();
  }
  expect(setting()).toBeGreaterThan(10_000); // no commit comes to that
  await until(() => left() < 1000);
  expect(statSync(`${path()}-wal`).size).toBeLessThan(100 * 1024 * 1024); // half of what was written: it began anew
  await copier.close();
  db.close();
  db = openFile(path(), viewsFile);
  expect(db.prepare('SELECT count(*) AS n FROM row').get()).toEqual({ n: 50_000 });
});

it('a file that is written little has no thread, and its commits copy the log as ever', async () => {
  const copier = logCopier(db, path());
  write(0, 2, copier.committed);
  expect(setting()).toBe(1000);
  await copier.close();
});

it('K45: where no thread can be had, the commits go on to copy the log themselves', async () => {
  const copier = logCopier(db, join(dir, 'nowhere', 'views.db'));
  write(0, 20, copier.committed);
  await until(() => setting() === 1000);
  write(20, 20, copier.committed);
  expect(left()).toBeLessThan(1500);
  await copier.close();
});

it('a log that is being copied when the file is closed loses nothing', async () => {
  const copier = logCopier(db, path());
  write(0, 40, copier.committed);
  await copier.close();
  db.close();
  db = openFile(path(), viewsFile);
  expect(db.prepare('SELECT count(*) AS n FROM row').get()).toEqual({ n: 4_000 });
});
