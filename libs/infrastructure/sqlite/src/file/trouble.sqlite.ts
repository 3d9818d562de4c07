// Whether a file takes writes at present: what the last one met, until another one passes. A full disk is seen before a
// write meets it: SQLite writes on into the space that its log has already. Never: a doubt of the file because of an error
// that is no refusal of a write.
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreRefused } from '@drover/ports';

const LEAST = 64 * 1024; // bytes free: less is a full disk
const AGAIN_MS = 200;

/** What a file's writes meet. */
export interface Trouble {
  /** A write was refused; anything else that went wrong says nothing of the file. */
  met(error: unknown): void;
  passed(): void;
  /** Why it takes no writes now, by trying again if need be; null when it takes them. */
  now(): StoreRefused | null;
}

const isFull = (path: string) => {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < LEAST;
  } catch {
    return false; // its folder is not there, or not to be seen: that says nothing of space
  }
};

/** Watches over the writes of one file. `touch` writes a little; `gone` says whether the file is still there. */
export const troubleOf = (
  path: string,
  what: string,
  touch: () => void,
  gone: () => StoreRefused | null = () => null,
): Trouble => {
  let last: StoreRefused | null = null;
  let tried = -Infinity;
  return {
    met: (error) => {
      if (error instanceof StoreRefused) last = error;
    },
    passed: () => void (last = null),
    now: () => {
      const no = gone();
      if (no) return no;
      if (isFull(path)) return last ?? new StoreRefused('store_full', `There is no space left for ${what}.`);
      if (!last || performance.now() - tried < AGAIN_MS) return last;
      tried = performance.now();
      try {
        touch();
        last = null;
      } catch {
        // still so
      }
      return last;
    },
  };
};
