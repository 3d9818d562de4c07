// Commits as rows: one for each commit, lean, because the rate of appends is that of the bytes. A stream's name is
// stored once; ids in an index are 16 bytes; facts and metadata are the JSON text that the chain is made of.
import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { CommitId, type StreamId } from '@drover/kernel';
import { chainHash, GENESIS, type Commit, type CommitMetadata, type Draft, type Recorded } from '@drover/ports';
import type { FileKind } from './database.sqlite.js';

/** The file of a service's facts. */
export const factsFile: FileKind = {
  what: 'facts',
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

const columns = `position, name AS stream, version, lower(hex(commit_id)) AS id, facts, metadata, prev_hash AS prev
  FROM commits JOIN stream ON stream.id = commits.stream`;

type Row = Record<'position' | 'version', number> & Record<'stream' | 'id' | 'facts' | 'metadata' | 'prev', string>;

const dashed = (hex: string) =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as CommitId;

const commitOf = (row: object): Commit => {
  const { position, stream, version, id, facts, metadata, prev } = row as Row;
  return {
    position,
    stream: stream as StreamId, // as it was parsed before it was stored
    version,
    commitId: dashed(id),
    facts: JSON.parse(facts) as Recorded[],
    metadata: JSON.parse(metadata) as CommitMetadata,
    prevHash: prev,
  };
};

/** `chainHash` of what is about to be stored, from the texts that are there already: the same bytes, made once. */
export const hashOfWritten = ({ draft, facts, metadata }: Written, { position, hash: prevHash }: Tail) => {
  const { stream, version, commitId } = draft;
  const text = `[${position + 1},"${stream}",${version},"${commitId}",${facts},${metadata},"${prevHash}"]`;
  return hash('sha256', text, 'base64url');
};

/** Reads commits. */
export const commitReader = (db: DatabaseSync) => {
  const ofStream = db.prepare(
    `SELECT ${columns} WHERE commits.stream = (SELECT id FROM stream WHERE name = ?) AND version >= ? ORDER BY version`,
  );
  const after = db.prepare(`SELECT ${columns} WHERE position > ? ORDER BY position LIMIT ?`);
  const byId = db.prepare(`SELECT ${columns} WHERE commit_id = ?`);
  const last = db.prepare(`SELECT ${columns} ORDER BY position DESC LIMIT 1`);
  const all = (rows: Iterable<object>) => Array.from(rows, commitOf);
  return {
    ofStream: (stream: StreamId, from: number): readonly Commit[] => all(ofStream.iterate(stream, from)),
    after: (position: number, limit: number): readonly Commit[] => all(after.iterate(position, limit)),
    byId: (id: CommitId): Commit | null => {
      const row = byId.get(idBytes(id));
      return row ? commitOf(row) : null;
    },
    tail: (): Tail => {
      const row = last.get();
      if (!row) return { position: 0, id: null, hash: GENESIS };
      const commit = commitOf(row);
      return { position: commit.position, id: commit.commitId, hash: chainHash(commit) };
    },
  };
};

/** The 16 bytes of an id. */
export const idBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');
