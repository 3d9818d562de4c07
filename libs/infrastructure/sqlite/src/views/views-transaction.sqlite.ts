// One transaction of the writer of a file of views: all or nothing, once nobody else has a lock on the file. Never: work
// that must not be done twice; it begins again when another process has the lock.
import type { DatabaseSync } from 'node:sqlite';
import { ViewsMoved, type Clock } from '@drover/ports';
import { patiently } from '../file/patience.sqlite.js';
import { damageIn, isBusy, refusalOf } from '../file/refusal.sqlite.js';
import type { Statements } from '../file/statements.sqlite.js';
import type { Trouble } from '../file/trouble.sqlite.js';

/** What the groups of one file share. */
export interface ViewsHandle {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly clock: Clock;
  /** For the sentence of a refusal. */
  readonly what: string;
  readonly trouble: Pick<Trouble, 'met' | 'passed'>;
  /** Is told of each commit. */
  readonly committed: () => void;
}

const atOnce = <T>({ sql, db, what }: ViewsHandle, work: () => T): T => {
  try {
    sql('BEGIN IMMEDIATE').run();
    const done = work();
    sql('COMMIT').run();
    return done;
  } catch (error) {
    if (db.isTransaction) sql('ROLLBACK').run();
    throw isBusy(error) || error instanceof ViewsMoved ? error : refusalOf(damageIn(error, what), what);
  }
};

/**
 * Does it all or nothing, once nobody else has a lock on the file; `work` may be done more than once until then. `kept`
 * is told of it before anybody else reads.
 */
export const inTransaction = async <T>(handle: ViewsHandle, work: () => T, kept: (done: T) => void = () => {}) => {
  const { what, trouble, committed } = handle;
  try {
    return await patiently(what, () => {
      const done = atOnce(handle, work);
      trouble.passed();
      kept(done);
      committed();
      return done;
    });
  } catch (error) {
    if (!(error instanceof ViewsMoved)) trouble.met(error);
    throw error;
  }
};
