// Decides one append inside the transaction of its group: whether the stream is where the caller saw it, and which position
// and hash the commit gets. A commit that is known is answered as the first time.
// Never: a decision on a head that was read outside the transaction.
import type { DatabaseSync } from 'node:sqlite';
import { StreamMoved, type Commit } from '@drover/ports';
import { hashOfWritten, idBytes, type CommitReader, type Written } from './commits.sqlite.js';
import type { Staged } from '../file/group-commit.sqlite.js';
import type { headsOf } from './heads.sqlite.js';

/** A commit that was staged, with the text that goes to the disk. */
export interface Appended {
  readonly written: Written;
  readonly commit: Commit;
}

/** Appends to a file; `took`: told of what is new. */
export const appender = (
  db: DatabaseSync,
  stored: CommitReader,
  heads: ReturnType<typeof headsOf>,
  took: (appended: Appended) => void,
) => {
  const insert = db.prepare('INSERT INTO commits VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
  return (written: Written): Staged<Commit> => {
    const { draft, size, facts, metadata } = written;
    const { stream, version, commitId } = draft;
    const head = heads.of(stream);
    const repeated = (): Staged<Commit> => {
      const first = stored.byId(commitId);
      return first ? { answer: first } : { error: new StreamMoved(stream, version, head.version) };
    };
    if (head.version !== version) return repeated();
    const tail = heads.tail();
    const position = tail.position + 1;
    const { changes } = insert.run(position, head.id, version, size, idBytes(commitId), facts, metadata, tail.hash);
    if (changes === 0) return repeated(); // another stream has a commit of this id
    const commit: Commit = { position, ...draft, prevHash: tail.hash };
    heads.moveTail({ position, id: commitId, hash: hashOfWritten(written, tail) });
    head.version += size;
    took({ written, commit });
    return { answer: commit };
  };
};
