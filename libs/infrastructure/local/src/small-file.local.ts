// Reads the files that people write for Drover, such as connections and secrets. Never: a pipe, a device or a file without
// end, which would hold up the start.
import { readFileSync, statSync, type Stats } from 'node:fs';

const MOST = 4 * 1024 * 1024;

/** Throws for what is no file to be read as a whole: a pipe or a device has no end, and whoever reads it may wait for ever. */
export const requireSmallFile = (path: string, stats: Stats) => {
  const code = stats.isFile() ? (stats.size > MOST ? 'EFBIG' : null) : stats.isDirectory() ? 'EISDIR' : 'EINVAL';
  if (code) throw Object.assign(new Error(`${path} is not a small file`), { code });
};

/** Reads a file that is small. Throws what the file system says, or its like. */
export const readSmallFile = (path: string): string => {
  requireSmallFile(path, statSync(path));
  return readFileSync(path, 'utf8');
};
