// Follows the file of orders from outside from where it was read last. Never: a line that is passed over because it could
// not be taken yet.
import { statSync } from 'node:fs';
import { fileLines } from './lines.simulator.js';

/** A line that somebody appended, and which one it is. */
export interface OutsideLine {
  readonly line: number;
  readonly text: string;
}

/** How many lines are carried out in one go: each of them is written through to the disk. */
const MANY = 20;

/** Reads what is new in a file that others only append to. */
export const outsideFile = (path: string) => {
  let [read, at, size] = [0, 0, 0];
  const sizeNow = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return {
    /** Passes over the first lines, step by step: they were read in an earlier life. */
    skip: function* (lines: number): Generator<void, void> {
      if (lines === 0) return;
      for (const { end } of fileLines(path)) {
        [read, at] = [read + 1, end];
        if (read === lines) return;
        yield;
      }
    },
    /**
     * Hands over the next of the new lines; one that cannot be taken, because `take` throws, is handed over again next time.
     * Answers whether there are more.
     */
    each: (take: (line: OutsideLine) => void): boolean => {
      const now = sizeNow();
      if (now === size) return false;
      let left = MANY;
      for (const { text, end } of fileLines(path, at)) {
        if (left-- === 0) return true;
        if (text.trim() !== '') take({ line: read + 1, text });
        [read, at] = [read + 1, end];
      }
      size = now;
      return false;
    },
  };
};
