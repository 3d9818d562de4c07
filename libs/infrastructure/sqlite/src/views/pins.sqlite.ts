// Which revisions of a group somebody may still be reading a list of. They stand in the file, so a list is read on at any
// process. Only what was shown is kept, for ten minutes after it stopped being the present: views that change all the time
// cost nothing while nobody pages. The minutes are those of the time of day, which others share, or of this process, where
// it saw the revision end: the longer of the two. Never: a page taken away by a clock that was set.
import { PageExpired, type Clock } from '@drover/ports';
import type { Statements } from '../file/statements.sqlite.js';

const KEPT_MS = 600_000;

/** The table of them. `ended`: milliseconds of the time of day; null of the present. */
export const pinTable = `CREATE TABLE IF NOT EXISTS pin (
  consumer INTEGER, revision INTEGER, ended INTEGER,
  PRIMARY KEY (consumer, revision)
) STRICT, WITHOUT ROWID;`;

/** The pins of one group. Each call but `must` is made where the file may be written. */
export const pinsOf = (sql: Statements, clock: Clock, consumer: number) => {
  const ended = new Map<number, number>(); // on this process's monotonic clock
  let lastShown = -1;
  const now = () => Date.parse(clock.now());
  const isKept = (revision: number, at: number | null) => {
    const here = ended.get(revision);
    return at === null || now() - at < KEPT_MS || (here !== undefined && clock.monotonic() - here < KEPT_MS);
  };
  const endOf = (revision: number) => {
    const row = sql('SELECT ended FROM pin WHERE consumer = ? AND revision = ?').get(consumer, revision);
    return row && { at: row['ended'] === null ? null : Number(row['ended']) };
  };
  return {
    /** Somebody was told this present revision. */
    show: (revision: number) => {
      if (revision === lastShown) return;
      sql('INSERT OR IGNORE INTO pin VALUES (?, ?, NULL)').run(consumer, revision);
      lastShown = revision;
    },
    /** The revision to read: the present one, or one that is still kept. */
    must: (at: number | undefined, present: number): number => {
      if (at === undefined || at === present) return present;
      const end = endOf(at);
      if (!end || !isKept(at, end.at)) throw new PageExpired(`revision ${at} is not kept`);
      return at;
    },
    /**
     * The present one is over. Says the oldest and the newest revision that are kept; none: nothing of the past is
     * needed.
     */
    turn: (present: number): { readonly oldest: number; readonly newest: number } | null => {
      const all = sql('SELECT revision, ended FROM pin WHERE consumer = ? ORDER BY revision').all(consumer);
      const kept: number[] = [];
      for (const row of all) {
        const revision = Number(row['revision']);
        const at = row['ended'] === null ? null : Number(row['ended']);
        if (isKept(revision, at)) kept.push(revision);
        else {
          sql('DELETE FROM pin WHERE consumer = ? AND revision = ?').run(consumer, revision);
          ended.delete(revision);
        }
        if (at !== null || revision > present) continue;
        ended.set(revision, clock.monotonic());
        sql('UPDATE pin SET ended = ? WHERE consumer = ? AND revision = ?').run(now(), consumer, revision);
      }
      const [oldest, newest] = [kept[0], kept.at(-1)];
      return oldest === undefined || newest === undefined ? null : { oldest, newest };
    },
    /** What another process shows is not remembered here. */
    forget: () => {
      lastShown = -1;
    },
  };
};

/** Drops the pins of a consumer: none of its revisions can be asked for. */
export const dropPins = (sql: Statements, consumer: number) =>
  void sql('DELETE FROM pin WHERE consumer = ?').run(consumer);
