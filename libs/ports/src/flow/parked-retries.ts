// Takes parked events again: by a timer, later and later, until an event is a dead letter; and when somebody asks. In order,
// so what waits behind an event is taken after it or not at all.
// Never: a try while another process takes what is parked of this reader.
import { yieldToEventLoop } from '@drover/kernel';
import type { ParkedKeys } from './parked-keys.js';
import { isClosedStream, isDead, parkedError, TRIES, waitsForStream, type Parked } from './parked-rows.js';
import type { ParkingOptions, ReadAgain } from './parking.js';
import { isTrouble } from './trouble.js';

/** What retries take. */
interface RetryPorts<Entry> extends Pick<ParkingOptions<Entry>, 'reader' | 'clock' | 'report' | 'turn'> {
  readonly parked: ParkedKeys;
  /** Takes some alone; the error that is its own, null when it was taken. */
  readonly own: (source: string, entries: readonly Entry[]) => Promise<{ readonly error: unknown } | null>;
  readonly again: ReadAgain<Entry>;
  /** Whether this process takes what is parked. */
  readonly isMine: () => boolean;
}

const BASE_MS = 200;
/** How long a stream that takes nothing is left alone. */
const CLOSED_MS = 30_000;
const AT_ONCE = 100;

/** The retries of what a reader has parked. */
export const parkedRetries = <Entry>({
  reader,
  clock,
  report,
  turn,
  parked,
  own,
  again,
  isMine,
}: RetryPorts<Entry>) => {
  const timers = new Map<string, () => void>();
  let stopped = false;

  const schedule = (key: string) => {
    const head = parked.head(key);
    if (!head || isDead(head) || stopped || timers.has(key) || !isMine()) return;
    const retry = () => {
      timers.delete(key);
      if (!isMine()) return; // whoever reads now tries it
      // Where the store is in the way, that does not count.
      void turn(() => retake(key)).catch((error: unknown) => report(`${reader}: ${key}`, error));
    };
    const ms = waitsForStream(head) ? CLOSED_MS : BASE_MS * 2 ** head.attempts;
    timers.set(key, clock.after(ms, retry));
  };

  const entriesOf = async ({ row }: Parked) =>
    row.unreadable ? await again(row.source, row.unreadable.position) : [row.entry as Entry];

  /** Why one parked event still cannot be taken; null when it was. */
  const retry = async (each: Parked) => {
    let entries: readonly Entry[];
    try {
      entries = await entriesOf(each);
    } catch (error) {
      if (isTrouble(error)) throw error;
      return { error };
    }
    return own(each.row.source, entries);
  };

  /** Notes that the head of some parked events failed once more; why, in words. */
  const noteFailed = async (key: string, done: number, head: Parked, failure: unknown) => {
    const { attempts: before, firstAt, error } = head.row;
    const at = clock.now();
    const attempts = before + (isClosedStream(failure) ? 0 : 1); // that is not the event's fault
    const row = { ...head.row, error: parkedError(failure), attempts, lastAt: at };
    await parked.drop(key, done, { ...head, row: { ...row, firstAt: error === null ? at : firstAt } });
    if (attempts > before && attempts === TRIES) report(`${reader}: ${key} is parked`, failure);
    return parkedError(failure).detail;
  };

  /** Takes the parked events of a key again, in order, as far as they go: why no further, null when all were taken. */
  const takenAgain = async (key: string): Promise<string | null> => {
    for (let most = 1; parked.has(key) && !stopped; most = AT_ONCE) {
      const some = await parked.first(key, most); // the first alone before others are read: it may still fail
      let done = 0;
      let failed: { readonly error: unknown } | null = null;
      for (const each of some) {
        failed = await retry(each);
        if (failed) break;
        done += 1;
      }
      const head = some[done];
      if (failed && head) return noteFailed(key, done, head, failed.error);
      await parked.drop(key, done);
      await yieldToEventLoop();
    }
    return parked.has(key) ? 'the process stops' : null;
  };

  /** The same; what is left has a time of its own, also where the store was in the way. */
  const retake = (key: string) => takenAgain(key).finally(() => schedule(key));

  /** Tries nothing by itself until it is scheduled again. */
  const rest = () => {
    for (const cancel of timers.values()) cancel();
    timers.clear();
  };

  return {
    schedule,
    retake,
    rest,
    stop: () => {
      stopped = true;
      rest();
    },
  };
};
