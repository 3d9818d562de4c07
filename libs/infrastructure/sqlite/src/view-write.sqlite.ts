// Writes rows of a group at its next revision, and keeps what they were as long as somebody may read a list as it was. The
// counts that are remembered are carried on once the transaction is through. Never: a write outside a transaction.
import type { Json } from '@drover/kernel';
import type { pinsOf } from './pins.sqlite.js';
import type { Statements } from './statements.sqlite.js';
import type { Change } from './tally.sqlite.js';
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
    const changed = targets.map(({ view, key, row }): readonly [StoredView, readonly Change[]] => [
      view,
      writeRow(sql, view, { key, row }, { revision, newest: kept?.newest ?? -1 }),
    ]);
    sql('UPDATE consumer SET revision = ? WHERE id = ?').run(revision, consumer);
    return { kept, changed };
  };
  return {
    write,
    /** To be called once what was written is on the disk. */
    carry: ({ kept, changed }: ReturnType<typeof write>) => {
      past = kept !== null;
      for (const [view, changes] of changed) view.tally.carry(changes);
    },
    /** Something of the past may be kept from now on: somebody was shown the present, or another process wrote. */
    notePast: () => void (past = true),
  };
};
