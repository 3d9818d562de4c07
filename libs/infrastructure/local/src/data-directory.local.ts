// The data directory: made, locked for this process, checked for its format, with the admin token in it. The lock is
// SQLite's, which ends with the process. Never: write to a directory before it is locked, or open one of a newer format; an
// older release would damage it.
import { randomBytes } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readSmallFile } from './small-file.local.js';
import { storeNotes } from './store-notes.local.js';
import { createWhole, writeWhole } from './whole-file.local.js';

/** The format of everything below the directory; released formats load for ever, newer ones are refused. */
const FORMAT = 1;

/** What SQLite says of a lock that another process holds. */
const BUSY = 5;
/** What it says of a disk without space. */
const FULL = 13;

/** How long a start waits for whoever only looks whether the directory is in use. */
const LOOK_MS = 200;

/** The directory cannot be used. One sentence: which, why, and what to do. */
export class DirectoryRefused extends Error {
  override readonly name = 'DirectoryRefused';
}

/** A directory that this process uses until it ends, alone unless it is shared. */
export interface DataDirectory {
  readonly path: string;
  /** The bearer token of the admin, made at the first start, readable by its owner alone. */
  readonly adminToken: string;
  /** A folder in it, made if it is not there. */
  folder(name: string): string;
  /** Lets go of it. A killed process lets go, too. */
  close(): void;
}

const refuse = (sentence: string, cause?: unknown) => new DirectoryRefused(sentence, { cause });

/** What the file system's words mean to whoever set the directory. */
const meanings: Readonly<Record<string, string>> = {
  EACCES: 'the permission is missing',
  EEXIST: 'something else is in its place',
  ELOOP: 'its links lead nowhere',
  ENAMETOOLONG: 'its name is too long',
  ENOENT: 'it cannot be made there, or is a link that leads nowhere',
  ENOTDIR: 'a part of it is no directory',
  EPERM: 'that is not permitted',
  EROFS: 'the file system is read-only',
};

const isFull = (error: unknown) => {
  const { code, errcode = 0 } = error as NodeJS.ErrnoException & { errcode?: number };
  return code === 'ENOSPC' || code === 'EDQUOT' || (errcode & 0xff) === FULL;
};

const unusable = (path: string, error: unknown) => {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  if (isFull(error))
    return refuse(
      `DROVER_DATA_DIR cannot be used now: the disk of ${path} is full. Nothing that was stored is lost: free space on it, then start.`,
      error,
    );
  const why = Object.hasOwn(meanings, code) ? `${code}: ${meanings[code]}` : code;
  return refuse(
    `DROVER_DATA_DIR cannot be used: ${path} is not a directory that can be written to (${why}). Set it to one.`,
    error,
  );
};

/**
 * Makes a folder, and one by one those above it that are missing. Node's own way to make them together never comes back
 * where one that is there takes none, as /proc. Throws DirectoryRefused.
 */
export const makeFolder = (path: string) => {
  try {
    const missing: string[] = [];
    for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
    for (const each of missing)
      try {
        mkdirSync(each, { mode: 0o700 });
      } catch (error) {
        if (!existsSync(each)) throw error; // else another process has made it meanwhile
      }
    if (!statSync(path).isDirectory()) throw Object.assign(new Error(`${path} is a file`), { code: 'ENOTDIR' });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(path, error);
  }
};

/**
 * An exclusive transaction on a tiny database: the operating system ends it with the process, however that dies. Who holds
 * it stands beside it, for the sentence that the next one prints.
 */
const lock = (path: string) => {
  const holder = join(path, 'lock.holder');
  const db = new DatabaseSync(join(path, 'lock'), { timeout: LOOK_MS, open: false });
  try {
    db.open();
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (error) {
    if (db.isOpen) db.close();
    if (isFull(error)) throw unusable(path, error);
    const { errcode = 0, message } = error as { errcode?: number; message: string };
    if ((errcode & 0xff) !== BUSY)
      throw refuse(`DROVER_DATA_DIR cannot be used: ${path}/lock is not a file to write to (${message}).`, error);
    const pid = existsSync(holder) ? readSmallFile(holder).trim() : 'unknown';
    throw refuse(
      `${path} is used by the process ${pid}: stop that one or set DROVER_DATA_DIR to another directory.`,
      error,
    );
  }
  try {
    writeWhole(holder, `${process.pid}\n`);
  } catch (error) {
    db.close();
    throw unusable(path, error);
  }
  return db;
};

const checkFormat = (path: string) => {
  const file = join(path, 'format.json');
  if (!existsSync(file)) return createWhole(file, JSON.stringify({ format: FORMAT }));
  let format: unknown;
  try {
    ({ format } = JSON.parse(readSmallFile(file)) as { format?: unknown });
    storeNotes(path).of('any'); // what it says of the stores must make sense, too
  } catch (error) {
    throw refuse(`${file} cannot be read: restore it, or begin with another DROVER_DATA_DIR.`, error);
  }
  if (typeof format !== 'number')
    throw refuse(`${file} names no format: restore it, or begin with another DROVER_DATA_DIR.`);
  if (format > FORMAT)
    throw refuse(
      `${path} was written by a newer Drover (format ${format}, this one knows ${FORMAT}): start the newer one.`,
    );
};

const adminToken = (path: string) => {
  const file = join(path, 'admin.token');
  if (!existsSync(file)) createWhole(file, `${randomBytes(32).toString('base64url')}\n`);
  const mode = statSync(file).mode & 0o777;
  if (mode & 0o077)
    throw refuse(
      `${file} can be read by others (mode ${mode.toString(8)}): run chmod 600 on it, or delete it for a new one.`,
    );
  const token = readSmallFile(file).trim();
  // What a header cannot carry nobody could send.
  if (!/^[\x21-\x7e]{32,}$/.test(token))
    throw refuse(`${file} holds no token of at least 32 characters: delete it for a new one.`);
  return token;
};

/** For what needs data that are there: a mistyped directory is not made. Throws DirectoryRefused. */
export const requireDataDirectory = (path: string) => {
  if (!existsSync(join(path, 'format.json')))
    throw refuse(`${path} holds no data of Drover: set DROVER_DATA_DIR to the directory that npm start uses.`);
};

/** Whether a process uses the directory. What cannot be looked at is taken for in use. */
export const isInUse = (path: string) => {
  const file = join(path, 'lock');
  if (!existsSync(file)) return false;
  const db = new DatabaseSync(file, { timeout: 0, readOnly: true, open: false });
  try {
    db.open();
    db.prepare('SELECT 1 FROM sqlite_schema').all();
    return false;
  } catch {
    return true;
  } finally {
    if (db.isOpen) db.close();
  }
};

/** Takes the directory for this process, or joins those that share it. Throws DirectoryRefused. */
export const openDataDirectory = (path: string, shared = false): DataDirectory => {
  makeFolder(path);
  const held = shared ? null : lock(path);
  try {
    checkFormat(path);
    return {
      path,
      adminToken: adminToken(path),
      folder: (name) => {
        const folder = join(path, name);
        makeFolder(folder);
        chmodSync(folder, 0o700);
        return folder;
      },
      close: () => held?.close(),
    };
  } catch (error) {
    held?.close();
    throw error instanceof DirectoryRefused ? error : unusable(path, error); // a full disk, a file that is a directory
  }
};
