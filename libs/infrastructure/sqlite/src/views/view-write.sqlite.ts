// Writes rows of a group at its next revision, with what is counted of them, and keeps what they were as long as somebody may
// read a list as it was. Never: a write outside a transaction.
import type { Json } from '@drover/kernel';
import type { pinsOf } from './pins.sqlite.js';
import type { Statements } from '../file/statements.sqlite.js';
import { areCurrent, forgetTallies, noteTallied } from './tally.sqlite.js';
import { sweep, writeRow, type StoredView } from './view-rows.sqlite.js';

/** A row as it is to be; null removes it. */
interface Target {
  readonly view: StoredView;
  readonly key: string;
  readonly row: Json | null;
}

/** What the writer takes. */
interface RowWriterPorts {
  readonly sql: Statements;
  readonly pins: ReturnType<typeof pinsOf>;
  readonly consumer: number;
  readonly present: () => number;
  readonly views: readonly StoredView[];
}

/** Writes the rows of one group. */
export const rowWriter = ({ sql, pins, consumer, present, views }: RowWriterPorts) => {
  const pinned = views.filter(({ definition }) => definition.pinned);
  let past = true; // whether anything of the past may be kept in the file

  /** Writes rows at the next revision; to be called inside a transaction. */
  const write = (targets: readonly Target[]) => {
    const kept = past ? pins.turn(present()) : null;
    const revision = present() + 1;
    if (past) for (const view of pinned) sweep(sql, view, kept?.oldest ?? revision);
    if (!areCurrent(sql, consumer)) forgetTallies(sql, consumer); // an older release has written
    for (const view of views) {
      const mine = targets.filter((target) => target.view === view);
      const at = { revision, newest: kept?.newest ?? -1 };
      const changes = mine.flatMap(({ key, row }) => writeRow(sql, view, { key, row }, at));
      if (changes.length > 0) view.tally.carry(changes);
    }
    sql('UPDATE consumer SET revision = ? WHERE id = ?').run(revision, consumer);
    noteTallied(sql, consumer);
    return kept;
  };
  return {
    write,
    /** To be called once what was written is on the disk. */
    written: (kept: ReturnType<typeof write>) => void (past = kept !== null),
    /** Something of the past may be kept from now on: somebody was shown the present, or another process wrote. */
    notePast: () => void (past = true),
  };
};
