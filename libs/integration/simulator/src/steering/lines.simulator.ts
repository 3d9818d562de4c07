// Reads complete lines of a file that may grow, in pieces of a bounded size. Never: a line without its end; it may still be
// written.
import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK = 64 * 1024;

/**
 * The complete lines of a file from a byte on, each with the byte at which it ends. What follows the last line end is torn
 * or still being written. None where there is no file.
 */
export function* fileLines(path: string, from = 0): Generator<{ readonly text: string; readonly end: number }, void> {
  const file = opened(path);
  if (file === null) return;
  try {
    const chunk = Buffer.alloc(CHUNK);
    let [rest, at] = [Buffer.alloc(0), from]; // `at`: where the rest begins
    for (let n = readSync(file, chunk, 0, CHUNK, at); n > 0; n = readSync(file, chunk, 0, CHUNK, at + rest.length)) {
      rest = Buffer.concat([rest, chunk.subarray(0, n)]);
      let begin = 0;
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, begin)) {
        yield { text: rest.toString('utf8', begin, end), end: at + end + 1 };
        begin = end + 1;
      }
      [rest, at] = [rest.subarray(begin), at + begin];
    }
  } finally {
    closeSync(file);
  }
}

const opened = (path: string) => {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};
