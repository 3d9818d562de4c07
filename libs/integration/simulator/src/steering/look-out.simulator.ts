// Notices changes of the simulator's files: by a watch of the directory where the system has one, and twice a second in any
// case. Never: rely on the watch alone, which may be missing or drop an event; and never report the same trouble twice in a
// row.
import { watch } from 'node:fs';
import type { Clock } from '@drover/ports';
import { LedgerUnwritable } from '../sites/world.simulator.js';

/** Tells somebody of what went wrong where nobody waits for an answer. */
export type Report = (where: string, error: unknown) => void;

/** Looks at something, and answers `true` when there is more of it to be seen. */
export type Poll = () => boolean | void;

const POLL_MS = 500;

/** Sees a change of the files sooner than the next poll. Where the system has no watches left, the poll is enough. */
const watched = (dir: string, look: () => void): (() => void) => {
  try {
    const watcher = watch(dir, { persistent: false }, (_event, name) => {
      if (name !== 'ledger.ndjson') look();
    });
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => {};
  }
};

/** One look. What stops it is reported once, and again when it is another thing or comes back. */
const reporting = (look: Poll, report: Report) => {
  let told: string | null = null;
  return () => {
    try {
      const more = look();
      told = null;
      return more === true;
    } catch (error) {
      if (error instanceof LedgerUnwritable) return false; // nobody waits for an answer, and the next look tries it again
      const said = String(error);
      const known = said === told;
      told = said;
      if (!known) report('the files of the simulated sites', error);
      return false;
    }
  };
};

/**
 * Looks at a directory: now, when something in it changes, and twice a second in any case; where there is more to be seen,
 * again as soon as others had their turn. One look that fails holds up neither the others nor the next. Returns how to stop.
 */
export const lookOut = (clock: Clock, dir: string, looks: readonly Poll[], report: Report): (() => void) => {
  const each = looks.map((look) => reporting(look, report));
  let stopAgain = () => {};
  const look = () => {
    const more = each.map((one) => one());
    stopAgain();
    if (more.includes(true)) stopAgain = clock.after(0, look);
  };
  look();
  let stopPoll = () => {};
  const poll = () => {
    stopPoll = clock.after(POLL_MS, () => {
      poll(); // first, so that it goes on when whoever is told throws
      look();
    });
  };
  poll();
  const stopWatching = watched(dir, look);
  return () => {
    stopAgain();
    stopPoll();
    stopWatching();
  };
};
