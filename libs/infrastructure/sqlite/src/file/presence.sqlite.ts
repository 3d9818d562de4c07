// A file that is removed, or replaced, under an open connection goes on taking writes, and all of them are gone with the
// process. So the path is asked before each commit. Never: by a descriptor of our own; closing one drops SQLite's locks.
import { statSync } from 'node:fs';
import { StoreRefused } from '@drover/ports';

const there = (path: string) => {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : null;
};

/** Asks whether the files that are open are still those at their path; null when they are. To be made when they are. */
export const presenceOf = (path: string, what: string) => {
  const opened = [path, `${path}-wal`].map((file) => ({ file, is: there(file) }));
  return (): StoreRefused | null => {
    const gone = opened.find(({ file, is }) => is !== null && there(file) !== is);
    if (!gone) return null;
    return new StoreRefused(
      'store_shorter_than_anchor',
      `Nothing is written to ${what}: ${gone.file} was removed or replaced while Drover runs. Put it back, or stop Drover and restore a backup.`,
    );
  };
};
