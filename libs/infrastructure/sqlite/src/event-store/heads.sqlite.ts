// What the writer remembers between groups: where the log ends and how many facts its streams hold. SQLite tells by
// `data_version` whether somebody else wrote to the file. Never: believed after that, so that several processes stay right.
import type { DatabaseSync } from 'node:sqlite';
import type { StreamId } from '@drover/kernel';
import { commitReader, type Tail } from './commits.sqlite.js';

const KEPT = 100_000;

interface Head {
  readonly id: number;
  version: number;
}

/** The memory of one writer. */
export const headsOf = (db: DatabaseSync, lost: ReadonlyMap<number, string>) => {
  const reader = commitReader(db, lost);
  const dataVersion = db.prepare('PRAGMA data_version');
  const find = db.prepare(
    `SELECT id, (SELECT version + size FROM commits WHERE stream = stream.id ORDER BY version DESC LIMIT 1) AS version
     FROM stream WHERE name = ?`,
  );
  const create = db.prepare('INSERT INTO stream (name) VALUES (?)');
  const heads = new Map<StreamId, Head>();
  let seen: unknown;
  let tail: Tail | null = null;

  const forget = () => {
    heads.clear();
    tail = null;
  };
  const load = (stream: StreamId): Head => {
    const row = find.get(stream);
    if (!row) return { id: Number(create.run(stream).lastInsertRowid), version: 0 };
    return { id: Number(row['id']), version: Number(row['version'] ?? 0) };
  };

  return {
    /** Nothing of what was remembered holds. */
    forget,
    /** To be called inside the transaction, before anything is believed. */
    refresh: () => {
      const now = dataVersion.get()?.['data_version'];
      if (now !== seen || heads.size > KEPT) forget();
      seen = now;
    },
    of: (stream: StreamId): Head => {
      const head = heads.get(stream) ?? load(stream);
      heads.set(stream, head);
      return head;
    },
    tail: (): Tail => (tail ??= reader.tail()),
    moveTail: (next: Tail) => void (tail = next),
  };
};
