// Copies a write-ahead log into its file on a thread of its own. SQLite does that inside the commit that finds the log long
// enough, and with synchronous = NORMAL that is when the disk is waited for: 50 to 300 ms that nobody is answered. Only for
// files that are written much; the thread begins with the first log that is long. Never: a commit that waits for the thread.
import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

/** From how many pages on the log is copied. */
const PAGES = 1000;
/** From how many on what is left is copied here, too: a log that is copied as a whole begins anew. */
const LONG = 4096;
/** From how many on each commit copies it, whatever the thread does: 48 MiB. */
const LONGEST = 12_288;

// Plain text, because the same file runs compiled and uncompiled.
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  const db = new DatabaseSync(workerData, { timeout: 0 });
  db.exec('PRAGMA synchronous = NORMAL');
  const copy = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  const state = db.prepare('PRAGMA wal_checkpoint(NOOP)');
  const left = () => (({ log, checkpointed }) => log - checkpointed)(state.get());
  parentPort.on('message', (word) => {
    if (word !== 'copy') {
      db.close();
      return parentPort.close();
    }
    try {
      for (let n = 0; n < 5 && left() > 100; n++) copy.get(); // each time less has come meanwhile
    } catch {} // a later commit asks again
    parentPort.postMessage('copied');
  });`;

/** Copies the log of one file. */
interface LogCopier {
  /** To be called after a commit. */
  committed(): void;
  /** Ends the thread: before the file is closed. */
  close(): Promise<void>;
}

/** A copier for the file of a connection that writes. Where no thread can be had, the commits go on to copy it themselves. */
export const logCopier = (db: DatabaseSync, path: string): LogCopier => {
  const state = db.prepare('PRAGMA wal_checkpoint(NOOP)');
  const copy = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  /** How many pages the log has, and how many of them are not copied. */
  const pages = () => {
    const { log, checkpointed } = state.get() ?? {};
    return { log: Number(log), left: Number(log) - Number(checkpointed) };
  };
  let thread: Worker | null = null;
  let [busy, failed] = [false, false];
  let ended = Promise.resolve();

  const begin = () => {
    const begun = new Worker(THREAD, { eval: true, workerData: path });
    begun.unref();
    begun.on('message', () => {
      busy = false;
      if (db.isOpen && pages().log > LONG) copy.get();
    });
    ended = new Promise((done) => {
      begun.on('error', () => {
        failed = true;
        db.exec(`PRAGMA wal_autocheckpoint = ${PAGES}`);
      });
      begun.on('exit', () => done());
    });
    db.exec(`PRAGMA wal_autocheckpoint = ${LONGEST}`);
    return begun;
  };
  return {
    committed: () => {
      if (busy || failed) return;
      if (pages().left < (thread ? PAGES : PAGES / 2)) return;
      busy = true;
      thread ??= begin();
      thread.postMessage('copy');
    },
    close: async () => {
      thread?.postMessage('end');
      await ended;
    },
  };
};
