// A lock of another process must not stop this one. SQLite may wait for some milliseconds; whoever meets the lock then gives
// way to everybody else and tries again, for five seconds. Never: a longer wait inside of SQLite, which stops the process.
import { isBusy, refusalOf } from './refusal.sqlite.js';

/** How long SQLite itself may wait for a lock, which holds up the event loop. */
export const BUSY_MS = 10;
/** How long a lock is waited for in all. */
export const PATIENCE_MS = 5000;
/** How long a lock of another process is waited for between two tries, in milliseconds. */
export const REST_MS = 20;

/** Does it once nobody has a lock on the file; throws StoreRefused when that takes too long. */
export const patiently = async <Value>(what: string, attempt: () => Value): Promise<Value> => {
  for (const until = performance.now() + PATIENCE_MS; ;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() >= until) throw refusalOf(error, what);
    }
    await new Promise<void>((done) => setTimeout(done, REST_MS));
  }
};
