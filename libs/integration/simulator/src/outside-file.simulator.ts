import { readFileSync, statSync } from 'node:fs';

/** A line that somebody appended, and which one it is. */
export interface OutsideLine {
  readonly line: number;
  readonly text: string;
}

/** Reads what is new in a file that others only append to; the first `done` lines were read in an earlier life. */
export const outsideFile = (path: string, done: number) => {
  let [read, size] = [done, 0];
  return {
    /** Hands over each new line; one that cannot be taken, because `take` throws, is handed over again next time. */
    each: (take: (line: OutsideLine) => void): void => {
      const now = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      if (now === size) return;
      const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1); // the rest is being written
      for (const text of whole.slice(read)) {
        if (text.trim() !== '') take({ line: read + 1, text });
        read += 1;
      }
      size = now;
    },
  };
};
