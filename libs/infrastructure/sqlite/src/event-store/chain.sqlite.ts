// Whether what is stored is what was stored. Each commit carries the hash of the one before it, so whoever changes one
// breaks the chain behind it; the indexes must find each commit where it stands. Which of two commits was changed, the one
// behind them says. Never: a write.
import type { DatabaseSync } from 'node:sqlite';
import { GENESIS } from '@drover/ports';
import {
  commitIn,
  hashOfRow,
  idBytes,
  isUnreadable,
  namedIn,
  type CommitName,
  type CommitReader,
  type Entry,
  type Row,
} from './commits.sqlite.js';
import { isDamage } from '../file/refusal.sqlite.js';
import { numberOf } from '../file/statements.sqlite.js';

/** Something that is wrong with a place in the log. */
export interface ChainFault {
  readonly position: number;
  /** Which commit stood there; null when nobody can tell. */
  readonly of: CommitName | null;
  /** As in "the commit at position 4 … ". */
  readonly is: string;
  /** The hash that it had, as the next commit says; null when nobody says it. */
  readonly hash: string | null;
}

/** How far the chain was followed. `hash`: of the last commit; null when that is not known. */
export interface Reached {
  readonly position: number;
  readonly hash: string | null;
}

/** The beginning of every chain. */
export const START: Reached = { position: 0, hash: GENESIS };

/** A fault in words. */
export const saysFault = ({ position, of, is }: ChainFault) =>
  `the commit at position ${position}${of === null ? '' : ` (${of.stream}, version ${of.version})`} ${is}`;

/** Follows the chain of one file. */
export const chainOf = (db: DatabaseSync, reader: CommitReader, lost: ReadonlyMap<number, string>) => {
  const byVersion = db.prepare(
    'SELECT position FROM commits WHERE stream = (SELECT id FROM stream WHERE name = ?) AND version = ?',
  );
  const byId = db.prepare('SELECT position FROM commits WHERE commit_id = ?');
  const inIndexes = db.prepare(
    `SELECT name AS stream, version FROM
       (SELECT stream AS id, version FROM commits INDEXED BY sqlite_autoindex_commits_2 WHERE +position = ?)
     LEFT JOIN stream USING (id)`,
  );

  /** Which commit stood there, as far as an index knows that the row does not. */
  const whichOf = (position: number) => {
    try {
      const row = inIndexes.get(position);
      return row ? namedIn(row as Pick<Row, keyof CommitName>) : null;
    } catch {
      return null;
    }
  };

  const isFound = ({ position, stream, version, id }: Row) => {
    try {
      const places = [byVersion.get(stream, version), byId.get(idBytes(id))];
      return places.every((place) => numberOf(place) === position);
    } catch (error) {
      if (isDamage(error)) return false;
      throw error;
    }
  };

  /** What is wrong with a row by itself. */
  const wrongIn = (row: Row) => {
    const commit = commitIn(row);
    if (isUnreadable(commit)) return `cannot be read: ${commit.because}`;
    return isFound(row) ? null : 'is not found by its stream or its id';
  };

  const fault = ({ position, row }: Pick<Entry, 'position' | 'row'>, is: string, hash: string | null): ChainFault => ({
    position,
    of: row ? namedIn(row) : whichOf(position),
    is,
    hash,
  });

  /**
   * Looks at the next places, at most `limit` of them. Says what is wrong with them, how far it got, and whether there
   * are more.
   */
  const look = (from: Reached, limit: number) => {
    const faults = new Map<number, ChainFault>();
    const blame = (each: ChainFault) => {
      if (!faults.has(each.position)) faults.set(each.position, each);
    };
    const entries: Entry[] = [];
    for (const entry of reader.entriesAfter(from.position)) {
      entries.push(entry);
      if (entries.length > limit) break; // one more, as a witness
    }
    let { position, hash } = from;
    let before: Entry | null = null;
    for (const [i, entry] of entries.slice(0, limit).entries()) {
      const { row } = entry;
      for (let gone = position + 1; gone < entry.position; gone++) {
        if (!lost.has(gone))
          blame(
            fault({ position: gone, row: null }, 'is missing', gone === entry.position - 1 && row ? row.prev : null),
          );
        hash = lost.get(gone) ?? null;
      }
      const witness = entries[i + 1];
      const said = witness?.position === entry.position + 1 && witness.row ? witness.row.prev : null;
      const accepted = lost.get(entry.position);
      if (accepted === undefined) {
        const own = row && hashOfRow(row);
        if (hash !== null && row && row.prev !== hash) {
          const mine = said !== null && said !== own;
          if (mine) blame(fault(entry, 'was changed', said));
          else blame(fault(before ?? { position, row: reader.one(position) ?? null }, 'was changed', row.prev));
        }
        const wrong = row ? wrongIn(row) : `cannot be read: ${entry.because}`;
        if (wrong) blame(fault(entry, wrong, said ?? own));
        hash = said !== null && said !== own && faults.has(entry.position) ? said : own;
      } else hash = accepted;
      position = entry.position;
      before = entry;
    }
    return { faults: [...faults.values()], reached: { position, hash } as Reached, more: entries.length > limit };
  };

  return { look };
};

/** Follows a chain, for signatures. */
export type Chain = ReturnType<typeof chainOf>;
