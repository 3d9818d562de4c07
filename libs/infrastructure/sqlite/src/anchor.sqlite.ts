// The tail anchor: a side file that says how far the log had got. SQLite answers a damaged write-ahead log by dropping
// its end in silence, and a restored backup looks healthy; whoever compares the store with the anchor finds out.
// Written away from the appends, five times a second at most, whole or not at all. It is never written for a store that
// was found short.
import { readFileSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommitId } from '@drover/kernel';
import { chainHash, GENESIS, type Clock } from '@drover/ports';
import * as z from 'zod';
import type { commitReader, Tail } from './commits.sqlite.js';

const EVERY_MS = 200;
const CHECKED = 500;

const Anchor = z.object({ position: z.int().positive(), id: CommitId.schema, hash: z.string() });

/** Where the anchor is kept, and the clock it is written by. */
export interface AnchorOptions {
  readonly path: string;
  readonly clock: Clock;
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

const range = (from: number, to: number) => (from === to ? `position ${from} is` : `positions ${from} to ${to} are`);

type Reader = ReturnType<typeof commitReader>;

/** The chain over the last commits: a hash that does not fit says that one before it was changed. */
const brokenChain = (reader: Reader, last: number) => {
  const from = Math.max(0, last - CHECKED);
  const [before] = from === 0 ? [] : reader.after(from - 1, 1);
  let expected = before ? chainHash(before) : GENESIS;
  let position = from;
  for (const commit of reader.after(from, CHECKED)) {
    if (commit.position !== position + 1) return `${range(position + 1, commit.position - 1)} missing`;
    if (commit.prevHash !== expected) return `the chain is broken at position ${commit.position}`;
    expected = chainHash(commit);
    position = commit.position;
  }
  return null;
};

/** In one sentence, what a store lacks of what it had; null when nothing is known to be missing. */
export const damageOf = (reader: Reader, path: string | undefined): string | null => {
  const tail = reader.tail();
  const broken = brokenChain(reader, tail.position);
  if (broken) return `The store is damaged: ${broken}. Restore a backup.`;
  const text = path === undefined ? null : textOf(path);
  if (text === null) return null;
  let anchor;
  try {
    anchor = Anchor.parse(JSON.parse(text));
  } catch {
    return `The anchor at ${path} cannot be read, so nobody knows whether the store is whole. Restore a backup.`;
  }
  const { position, id, hash } = anchor;
  if (tail.position < position)
    return (
      `The store ends at position ${tail.position}, but ${range(tail.position + 1, position)} ` +
      'known to have been stored. Restore a backup.'
    );
  const [commit] = reader.after(position - 1, 1);
  const same = commit?.commitId === id && chainHash(commit) === hash;
  return same ? null : `The commit at position ${position} is not the one that was stored there. Restore a backup.`;
};

/** Content first, then the name, each through to the disk; a write that fails leaves nothing beside the older file. */
const writeWhole = async (path: string, text: string) => {
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
export const keepAnchor = ({ path, clock }: AnchorOptions, tail: () => Tail) => {
  let cancel: (() => void) | null = null;
  let writing = Promise.resolve();
  const writeTail = async () => {
    const { position, id, hash } = tail(); // a read of the store, which can fail like the write
    await writeWhole(path, JSON.stringify({ position, id, hash }));
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
