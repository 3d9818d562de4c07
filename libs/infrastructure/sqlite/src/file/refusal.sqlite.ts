// What errors of SQLite mean: a lock that passes, a full disk, damage, or a fault of our own. Never: a fault of our own as a
// refusal; that would hide it.
import { StoreRefused } from '@drover/ports';

const [BUSY, LOCKED, READ_ONLY, IO_ERROR, CORRUPT, FULL, CANNOT_OPEN, NOT_A_DATABASE] = [5, 6, 8, 10, 11, 13, 14, 26];

/** An error of SQLite, known by its members. */
interface SqliteFault {
  readonly errcode: number;
  readonly message: string;
}

/** The error, when it is SQLite's own. By its members, not its class: a test runner has classes of its own. */
export const sqliteFault = (error: unknown): SqliteFault | null => {
  const fault = error as Partial<SqliteFault> | null;
  return typeof fault?.errcode === 'number' ? { errcode: fault.errcode & 0xff, message: fault.message ?? '' } : null;
};

/** Whether somebody else has a lock on the file. It passes. */
export const isBusy = (error: unknown) => [BUSY, LOCKED].includes(sqliteFault(error)?.errcode ?? 0);

/** Whether a piece of the file makes no sense. */
export const isDamage = (error: unknown) => [CORRUPT, NOT_A_DATABASE].includes(sqliteFault(error)?.errcode ?? 0);

/** Whether it is the disk that does not take it now. */
export const isOfDisk = (error: unknown) =>
  [READ_ONLY, IO_ERROR, FULL, CANNOT_OPEN].includes(sqliteFault(error)?.errcode ?? 0);

/**
 * What a store says to a writer when the disk or the file fails it. An error that is not SQLite's is a fault of ours
 * and stays what it is.
 */
export const refusalOf = (error: unknown, what: string): unknown => {
  const fault = sqliteFault(error);
  if (!fault) return error;
  if (isBusy(error))
    return new StoreRefused('store_unavailable', `Another process holds a lock on ${what}.`, { cause: error });
  return fault.errcode === FULL
    ? new StoreRefused('store_full', `There is no space left for ${what}.`, { cause: error })
    : new StoreRefused('store_unavailable', `Nothing can be written to ${what}: ${fault.message}.`, { cause: error });
};

/** Says of damage which file it is in: one of those that can be grown again. Any other error stays what it is. */
export const damageIn = (error: unknown, what: string): unknown => {
  const fault = sqliteFault(error);
  if (!fault || !isDamage(error)) return error;
  return new StoreRefused('view_unreadable', `Something of ${what} cannot be read: ${fault.message}.`, {
    cause: error,
  });
};

/** Reads; damage is said to be in that file. */
export const legible = <Value>(what: string, read: () => Value): Value => {
  try {
    return read();
  } catch (error) {
    throw damageIn(error, what);
  }
};
