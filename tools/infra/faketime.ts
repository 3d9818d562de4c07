// The time of day of a process, set while it runs. Where libfaketime cannot be installed, tests that need it are skipped
// by name; with CI set that is a failure.
import { execFile } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ci = !['', 'false'].includes(process.env['CI'] ?? '');

/** Where the library is, installed when it can be; null where it is missing. Throws with CI set. */
export const faketimeLibrary = async (): Promise<string | null> => {
  try {
    return (await run(join(import.meta.dirname, 'faketime.sh'), ['install'])).stdout.trim();
  } catch (error) {
    if (ci) throw error;
    return null;
  }
};

/** A clock on the wall: `env` is for the processes that look at it. */
export const wallClock = (library: string) => {
  const dir = mkdtempSync(join(tmpdir(), 'drover-clock-'));
  const path = join(dir, 'offset');
  let seconds = 0;
  const set = () => {
    writeFileSync(`${path}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${path}.new`, path); // in one go, so that nobody reads half of it
  };
  set();
  return {
    env: {
      ...{ LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: path, FAKETIME_NO_CACHE: '1' },
      ...{ FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' },
    },
    /** Sets it so many hours later, or earlier. */
    jump: (hours: number) => {
      seconds += hours * 3600;
      set();
    },
    /** What it shows, in milliseconds. */
    now: () => Date.now() + seconds * 1000,
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
};
