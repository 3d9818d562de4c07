// Commits as rows: one for each commit, lean, because the rate of appends is that of the bytes. A stream's name is stored once;
// ids in an index are 16 bytes; facts and metadata are the JSON text that the chain is made of. Never: trust in a row; what was
// damaged is answered as unreadable, with the reason.
import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { FactId, Instant, type CommitId, type StreamId } from '@drover/kernel';
import { GENESIS, LOST_FACT, type Commit, type CommitMetadata, type Draft, type Recorded } from '@drover/ports';
import { hasTable, type FileKind } from '../file/database.sqlite.js';
import { isDamage } from '../file/refusal.sqlite.js';
import { numberOf } from '../file/statements.sqlite.js';

/** The file of a service's facts. */
export const factsFile: FileKind = {
  what: 'store',
  mark: 0x44725631,
  version: 1,
  synchronous: 'FULL',
  remedy: 'Restore a backup.',
  schema: `
    CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE commits (
      position INTEGER PRIMARY KEY,
      stream INTEGER NOT NULL REFERENCES stream,
      version INTEGER NOT NULL,
      size INTEGER NOT NULL,
      commit_id BLOB NOT NULL UNIQUE,
      facts TEXT NOT NULL,
      metadata TEXT NOT NULL,
      prev_hash TEXT NOT NULL,
      UNIQUE (stream, version)
    ) STRICT;`,
  // Which store it is, and the commits whose loss was accepted, each with the hash that the next one says it had.
  added: `
    CREATE TABLE IF NOT EXISTS store (
      one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, run INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS lost (position INTEGER PRIMARY KEY, hash TEXT NOT NULL) STRICT;`,
};

/** A draft with its facts and metadata as the text that is stored: what the caller changes later changes nothing. */
export interface Written {
  readonly draft: Draft;
  readonly size: number;
  readonly facts: string;
  readonly metadata: string;
}

/** Where the log ends: its last position and the hash that the next commit carries. */
export interface Tail {
  readonly position: number;
  readonly id: CommitId | null;
  readonly hash: string;
}

/** A commit as it lies in the file, its stream as it was parsed before it was stored; what was damaged may be of any type. */
export type Row = Readonly<Record<'position' | 'version' | 'size', number>> &
  Readonly<Record<'id' | 'facts' | 'metadata' | 'prev', string>> & { readonly stream: StreamId };

/** A place in the log: its row, or why there is none to be read. */
export type Entry =
  | { readonly position: number; readonly row: Row }
  | { readonly position: number; readonly row: null; readonly because: string };

/** Which commit it is. */
export interface CommitName {
  readonly stream: StreamId;
  readonly version: number;
}

/** A commit that cannot be read. `of`: which it is; null when nobody can tell. */
export interface UnreadableRow {
  readonly position: number;
  readonly of: CommitName | null;
  readonly because: string;
}

/** Which commit a row says that it is; null for a damaged one, whose stream is not there. */
export const namedIn = ({ stream, version }: Pick<Row, 'stream' | 'version'>): CommitName | null =>
  typeof stream === 'string' ? { stream, version } : null;

const columns = `position, name AS stream, version, size, lower(hex(commit_id)) AS id, facts, metadata, prev_hash AS prev
  FROM commits LEFT JOIN stream ON stream.id = commits.stream`;

const dashed = (hex: string) =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as CommitId;

/** `chainHash` of a commit, from the texts that are stored: the same bytes. */
export const hashOfRow = ({ position, stream, version, id, facts, metadata, prev }: Row) => {
  const text = `[${position},"${stream}",${version},"${dashed(id)}",${facts},${metadata},"${prev}"]`;
  return hash('sha256', text, 'base64url');
};

/** `chainHash` of what is about to be stored. */
export const hashOfWritten = ({ draft, size, facts, metadata }: Written, { position, hash: prev }: Tail) => {
  const { stream, version, commitId } = draft;
  return hashOfRow({
    position: position + 1,
    stream,
    version,
    size,
    id: commitId.replaceAll('-', ''),
    facts,
    metadata,
    prev,
  });
};

const isRecorded = (each: unknown) => {
  const { id, fact } = (each ?? {}) as { id?: unknown; fact?: { type?: unknown } | null };
  return typeof id === 'string' && typeof fact?.type === 'string';
};

/** The commit that a row holds, or why it holds none. */
export const commitIn = (row: Row): Commit | UnreadableRow => {
  const { position, stream, version, size, id, prev } = row;
  const no = (because: string) => ({ position, of: namedIn(row), because });
  if (typeof stream !== 'string') return no('its stream is not there');
  try {
    const facts = JSON.parse(row.facts) as Recorded[];
    const metadata = JSON.parse(row.metadata) as CommitMetadata;
    if (!Array.isArray(facts) || facts.length !== size || !facts.every(isRecorded))
      return no('its events make no sense');
    if (typeof metadata?.at !== 'string' || id.length !== 32) return no('its metadata make no sense');
    return { position, stream, version, commitId: dashed(id), facts, metadata, prevHash: prev };
  } catch {
    return no('it is no JSON');
  }
};

/** Whether a commit could not be read. */
export const isUnreadable = (commit: Commit | UnreadableRow): commit is UnreadableRow => 'because' in commit;

const EPOCH = Instant.ofMs(0);

/** What stands for a commit whose loss was accepted: as many facts that say nothing. */
const standIn = ({ position, stream, version, size, id, prev }: Row): Commit => {
  const facts = Array.from({ length: size }, (): Recorded => ({
    id: FactId.parse(dashed(id)),
    fact: { type: LOST_FACT },
  }));
  const metadata = { at: EPOCH, actor: 'unknown', requestId: 'unknown' };
  return { position, stream, version, commitId: dashed(id), facts, metadata, prevHash: prev };
};

/** Of the commits whose loss was accepted: the hashes by position. */
export const acceptedLosses = (db: DatabaseSync): ReadonlyMap<number, string> => {
  const rows = hasTable(db, 'lost') ? db.prepare('SELECT position, hash FROM lost').all() : [];
  return new Map(rows.map(({ position, hash: had }) => [Number(position), String(had)]));
};

/** Reads commits. Those whose loss was accepted are known by their positions. */
export const commitReader = (db: DatabaseSync, lost: ReadonlyMap<number, string> = new Map()) => {
  const ofStream = db.prepare(
    `SELECT ${columns} WHERE commits.stream = (SELECT id FROM stream WHERE name = ?) AND version >= ? ORDER BY version`,
  );
  const after = db.prepare(`SELECT ${columns} WHERE position > ? ORDER BY position`);
  const one = db.prepare(`SELECT ${columns} WHERE position = ?`);
  const byId = db.prepare(`SELECT ${columns} WHERE commit_id = ?`);
  const last = db.prepare(`SELECT ${columns} ORDER BY position DESC LIMIT 1`);
  const head = db.prepare('SELECT max(position) FROM commits');

  const read = (row: Row) => (lost.has(row.position) ? standIn(row) : commitIn(row));

  /** Place by place, where a page of the file makes no sense. */
  function* singly(from: number): Generator<Entry> {
    for (let position = from; position <= numberOf(head.get()); position++)
      try {
        const row = one.get(position);
        if (row) yield { position, row: row as Row };
      } catch (error) {
        if (!isDamage(error)) throw error;
        yield { position, row: null, because: (error as Error).message };
      }
  }

  function* entriesAfter(position: number): Generator<Entry> {
    let at = position;
    try {
      for (const row of after.iterate(position)) {
        at = Number(row['position']);
        yield { position: at, row: row as Row };
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      yield* singly(at + 1);
    }
  }

  return {
    /** Every place after a position, in order, whether it can be read or not. */
    entriesAfter,
    one: (position: number) => one.get(position) as Row | undefined,
    /** The commits of a stream; the first that cannot be read instead of them. */
    ofStream: (stream: StreamId, from: number): readonly Commit[] | UnreadableRow => {
      const commits: Commit[] = [];
      let next: number | null = from === 0 ? 0 : null;
      for (const row of ofStream.iterate(stream, from)) {
        const commit = read(row as Row);
        if (isUnreadable(commit)) return { ...commit, of: { stream, version: (row as Row).version } };
        // Where the loss of whole rows was accepted, nobody knows any more which versions there should be.
        if (next !== null && commit.version !== next && lost.size === 0)
          return { position: commit.position, of: { stream, version: next }, because: 'it is not there' };
        next = commit.version + commit.facts.length;
        commits.push(commit);
      }
      return commits;
    },
    /** Commits after a position; what cannot be read is left out. */
    after: (position: number, limit: number, leftOut: (what: UnreadableRow) => void = () => {}): readonly Commit[] => {
      const commits: Commit[] = [];
      for (const entry of entriesAfter(position)) {
        const commit = entry.row ? read(entry.row) : { ...entry, of: null };
        if (isUnreadable(commit)) leftOut(commit);
        else commits.push(commit);
        if (commits.length >= limit) break;
      }
      return commits;
    },
    byId: (id: CommitId): Commit | null => {
      const row = byId.get(idBytes(id));
      const commit = row ? read(row as Row) : null;
      return commit && !isUnreadable(commit) ? commit : null;
    },
    tail: (): Tail => {
      const row = last.get() as Row | undefined;
      if (!row) return { position: 0, id: null, hash: GENESIS };
      return { position: row.position, id: dashed(row.id), hash: lost.get(row.position) ?? hashOfRow(row) };
    },
  };
};

/** Reads commits, for signatures. */
export type CommitReader = ReturnType<typeof commitReader>;

/** The 16 bytes of an id. */
export const idBytes = (id: CommitId | Row['id']) => Buffer.from(id.replaceAll('-', ''), 'hex');
