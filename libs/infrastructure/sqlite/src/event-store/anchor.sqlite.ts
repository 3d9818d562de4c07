// The tail anchor: a side file that says how far the log had got. SQLite answers a damaged write-ahead log by dropping its
// end in silence, and a restored backup looks healthy; whoever compares the store with the anchor finds out. Written away
// from the appends, five times a second at most, whole or not at all. Never: an anchor for a store that was found short.
import { readFileSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommitId } from '@drover/kernel';
import type { Clock } from '@drover/ports';
import * as z from 'zod';
import type { Tail } from './commits.sqlite.js';

const EVERY_MS = 200;

const Anchor = z.object({ position: z.int().positive(), id: CommitId.schema, hash: z.string() });

/** Where the anchor is kept, and the clock it is written by. */
export interface AnchorOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Whether this process writes it; without it, it does. Of several on one store one does. */
  readonly keeps?: () => boolean;
}

/** The anchor as text; null when there is none yet. */
const textOf = (path: string) => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
};

/** What an anchor says; null when there is none. Throws when it cannot be read. */
export const anchorAt = (path: string) => {
  const text = textOf(path);
  return text === null ? null : Anchor.parse(JSON.parse(text));
};

/** Content first, then the name, each through to the disk; a write that fails leaves nothing beside the older file. */
export const writeAnchor = async (path: string, { position, id, hash }: Tail) => {
  const text = JSON.stringify({ position, id, hash });
  const draft = `${path}.new`;
  try {
    await writeFile(draft, text, { mode: 0o600, flush: true });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/** Keeps the anchor behind a store that grows. A write that fails leaves the older anchor, which is true as well. */
export const keepAnchor = ({ path, clock, keeps = () => true }: AnchorOptions, tail: () => Tail) => {
  let cancel: (() => void) | null = null;
  let writing = Promise.resolve();
  const writeTail = async () => {
    if (!keeps()) return;
    await writeAnchor(path, tail()); // a read of the store, which can fail like the write
  };
  const write = () => {
    cancel = null;
    writing = writing.then(writeTail).catch(() => undefined);
  };
  return {
    /** The store has grown. */
    moved: () => {
      cancel ??= clock.after(EVERY_MS, write);
    },
    /** The last word, when the store is closed. */
    close: async () => {
      if (cancel) {
        cancel();
        write();
      }
      await writing;
    },
  };
};
