// Writes small files so that a kill or a power cut leaves the old one or the new one. Never: a write in place, or a name
// that is not on the disk when the call returns.
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Brings the names in a folder to the disk. */
const settle = (path: string) => {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};

/**
 * Writes a file as a whole or not at all, through to the disk with its name. What a killed write leaves beside it the
 * next one overwrites, so one process at a time writes a file.
 */
export const writeWhole = (path: string, text: string) => {
  const draft = `${path}.new`;
  try {
    writeFileSync(draft, text, { mode: 0o600, flush: true });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  settle(dirname(path));
};

/** Makes a file as a whole, unless there is one: of several that make it at once, that of the first stays. */
export const createWhole = (path: string, text: string) => {
  const draft = `${path}.${process.pid}.new`;
  try {
    writeFileSync(draft, text, { mode: 0o600, flush: true });
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  settle(dirname(path));
};
