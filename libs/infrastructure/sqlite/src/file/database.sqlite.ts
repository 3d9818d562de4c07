// How a file of ours is opened. Everything that durability rests on is set here by name and then asked for again: a build of
// SQLite with other defaults must stop the start, not lose a commit. Never: `mmap_size`, or anything else in this process
// that opens and closes the file or its `-shm`: POSIX drops SQLite's locks with any descriptor of a file that is closed.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BUSY_MS } from './patience.sqlite.js';
import { isBusy, isOfDisk, sqliteFault } from './refusal.sqlite.js';
import { numberOf } from './statements.sqlite.js';

const OLDEST = [3, 51, 3]; // before it, a reset of the WAL can corrupt the file
const OPENING_MS = 2000; // nothing else is to be done before it is open
const WAL_LIMIT = 16 * 1024 * 1024;
const WAL_LARGE = 32 * 1024 * 1024;
const CACHE_KIB = 8 * 1024; // at most, and only where it is needed
const LEVELS = { NORMAL: 1, FULL: 2 } as const;

/** What a kind of file is: its mark, the version of its tables, how surely it is written, and the tables. */
export interface FileKind {
  /** As in "the store at /data/power/facts.db". */
  readonly what: string;
  /** SQLite's application id: a file of another kind is not taken for this one. */
  readonly mark: number;
  readonly version: number;
  readonly synchronous: keyof typeof LEVELS;
  readonly schema: string;
  /** Tables that files of before had not: made when it is opened, ignored by who does not know them. */
  readonly added?: string;
  /** What to do about a file that cannot be read. */
  readonly remedy: string;
}

/** A file cannot be used. One sentence: which, why, and what to do. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';
}

/** A file is none of this kind, or of a newer format: there is nothing to be accepted about it. */
export class ForeignFile extends FileRefused {}

const setting = (db: DatabaseSync, pragma: string) => numberOf(db.prepare(`PRAGMA ${pragma}`).get());

/** Whether a file has a table: one of an older release may not. */
export const hasTable = (db: DatabaseSync, table: string) =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) !== undefined;

const assertVersion = (db: DatabaseSync) => {
  const version = String(db.prepare('SELECT sqlite_version() AS v').get()?.['v']);
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const [a = 0, b = 0, c = 0] = OLDEST;
  if (major * 1e6 + minor * 1e3 + patch < a * 1e6 + b * 1e3 + c)
    throw new FileRefused(
      `This Node has SQLite ${version}; ${OLDEST.join('.')} or newer is needed. Use the packaged Node.`,
    );
};

const assertLevel = (db: DatabaseSync, level: number, where: string) => {
  if (setting(db, 'synchronous') !== level)
    throw new FileRefused(`SQLite does not keep synchronous = ${level} for ${where}: use the packaged Node.`);
};

/** Makes the tables of a new file; touches an old one: some builds show their true `synchronous` only after a write. */
const prepare = (db: DatabaseSync, { mark, version, schema, added = '', what }: FileKind, path: string) => {
  const found = setting(db, 'user_version');
  if (found > version)
    throw new FileRefused(
      `The file of the ${what} at ${path} has format ${found}, this Drover knows ${version}: start the newer one.`,
    );
  const isNew = found === 0 && setting(db, 'schema_version') === 0;
  if (!isNew && setting(db, 'application_id') !== mark)
    throw new ForeignFile(`The file at ${path} holds no ${what} of Drover: put back the right one.`);
  db.exec('BEGIN IMMEDIATE');
  try {
    // Asked again under the lock: another process may have made the tables in the meantime.
    if (setting(db, 'user_version') === 0) db.exec(`PRAGMA application_id = ${mark};\n${schema}`);
    db.exec(`${added}; PRAGMA user_version = ${version}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
};

/** What was wrong with a file, in one sentence; an error that is not SQLite's stays what it is. */
export const fileRefusal = (error: unknown, path: string, kind: FileKind): unknown => {
  const fault = sqliteFault(error);
  if (!fault) return error;
  const remedy = isBusy(error)
    ? 'Another process holds a lock on it: end that one.'
    : isOfDisk(error)
      ? 'Free space on its disk, and see that it can be written.'
      : kind.remedy;
  return new FileRefused(`The ${kind.what} at ${path} cannot be opened (${fault.message}). ${remedy}`, {
    cause: error,
  });
};

/**
 * Opens a file of this kind for writing, makes it when it is not there, and refuses what cannot keep its promises. `first`:
 * what is done before anybody uses it, with the patience of an opening where another process writes at that moment.
 */
export const openFile = (path: string, kind: FileKind, first: (db: DatabaseSync) => void = () => {}): DatabaseSync => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(path, { timeout: OPENING_MS, open: false });
  try {
    db.open();
    assertVersion(db);
    const mode = String(Object.values(db.prepare('PRAGMA journal_mode = WAL').get() ?? {})[0]);
    if (mode !== 'wal')
      throw new FileRefused(`The disk of ${path} takes no write-ahead log (${mode}): use a local disk.`);
    db.exec(`PRAGMA synchronous = ${kind.synchronous}; PRAGMA cache_size = -${CACHE_KIB}`);
    db.exec(`PRAGMA journal_size_limit = ${WAL_LIMIT}`);
    prepare(db, kind, path);
    assertLevel(db, LEVELS[kind.synchronous], path);
    first(db);
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return db;
  } catch (error) {
    if (db.isOpen) db.close();
    throw fileRefusal(error, path, kind);
  }
};

/** Opens a file that is there to look at it, and changes nothing. Throws FileRefused for what is none of this kind. */
export const openToLook = (path: string, kind: FileKind): DatabaseSync => {
  const db = new DatabaseSync(path, { readOnly: true, timeout: OPENING_MS, open: false });
  try {
    db.open();
    if (setting(db, 'application_id') !== kind.mark)
      throw new ForeignFile(`The file at ${path} holds no ${kind.what} of Drover: put back the right one.`);
    const found = setting(db, 'user_version');
    if (found > kind.version)
      throw new ForeignFile(`The file of the ${kind.what} at ${path} has format ${found}: start the newer Drover.`);
    return db;
  } catch (error) {
    if (db.isOpen) db.close();
    throw fileRefusal(error, path, kind);
  }
};

/** A second connection that only reads: it sees what is committed, nothing else. */
export const openReader = (path: string) => new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });

/**
 * Keeps the write-ahead log small; to be called after a commit. SQLite's own checkpoints begin anew only when no reader
 * is under way, so readers of other processes that overlap would let it grow: from 32 MiB on we wait for a moment
 * without them, but no longer than the event loop may stand still.
 */
export const walKeeper = (db: DatabaseSync, path: string) => {
  let tried = WAL_LARGE;
  return () => {
    const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= tried) return;
    try {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The disk does not take it now; what was committed stays in the log, and a later commit tries again.
    }
    const left = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    tried = Math.max(WAL_LARGE, left + 1024 * 1024);
  };
};
