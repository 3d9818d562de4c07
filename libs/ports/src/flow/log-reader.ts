// Reads a log from a checkpoint to its end, and goes on whenever it is told that the log has grown. What fails is tried again,
// later and later. Never: a position moved by the reader itself; who takes a slice moves it together with what he writes.
import { yieldToEventLoop, unshared, type FactId, type Instant, type LoopShare } from '@drover/kernel';
import { sleep, type Clock } from '../clock/clock.js';
import { StoreRefused } from '../event-store/event-store.js';
import { ViewsMoved } from '../view-store/view-store.js';

/** A commit of a log that cannot be parsed: of whom it is, the ids that its events have, its bytes, and why. */
export interface Unreadable {
  readonly position: number;
  readonly key: string;
  readonly ids: readonly FactId[];
  readonly bytes: string;
  readonly error: unknown;
}

/** What a log gives after a position: some of its entries, and how far they reach; the same position when there is no more. */
export type LogSlice<Entry> = {
  readonly upTo: number;
  /** When the first of what was read was recorded; absent where there is nothing, and where nobody can say. */
  readonly since?: Instant;
} & (
  | { readonly entries: readonly Entry[]; readonly unreadable?: never }
  /** Instead of entries: what stands at that place cannot be parsed. */
  | { readonly entries: readonly []; readonly unreadable: Unreadable }
);

/** A slice with the position that it was read from. */
export type ReadSlice<Entry> = LogSlice<Entry> & { readonly from: number };

/** A reader of a log, from a durable checkpoint. */
export interface LogReaderOptions<Entry> {
  readonly name: string;
  readonly clock: Clock;
  /** Where the reader has got to: kept with what it writes, so both move in one step. */
  position(): Promise<number>;
  read(after: number): Promise<LogSlice<Entry>>;
  /**
   * Writes what the slice changes together with `upTo`. A repeat must change nothing. Throws ViewsMoved when the reader is
   * not at `from` any more: its position is read again.
   */
  take(slice: ReadSlice<Entry>): Promise<void>;
  /** Calls when the log has grown, with its last position where that is known. */
  subscribe(grown: (head?: number) => void): () => void;
  /** Called when there was nothing more to read: where the log ended then. */
  atEnd?(position: number): void;
  /** What the readers of a process may take of the event loop together. */
  readonly share?: LoopShare;
  report(name: string, error: unknown): void;
}

/** How a reader does. */
export type ReaderState = {
  readonly name: string;
  /** Why its last try failed; null when it did not. */
  readonly failing: string | null;
} & (
  | {
      /**
       * How far it is behind its log, in positions, as far as it knows: what a read gives, and what it was told of since it
       * began.
       */
      readonly behind: number;
      /** When the oldest event that it has not taken was recorded; null when it has taken everything, or nobody can say. */
      readonly since: Instant | null;
    }
  /** That cannot be read. */
  | { readonly behind: null; readonly since: null }
);

/** A reader at work. */
export interface LogReader {
  /**
   * Resolves when the reader has reached what was in the log when this was called, or when it cannot because of a store
   * that lacks what it had: others are not to wait for that.
   */
  caughtUp(): Promise<void>;
  /** The same, or when its log cannot be read: for whoever can do without what stands there. */
  caughtUpOrAway(): Promise<void>;
  state(): Promise<ReaderState>;
  stop(): Promise<void>;
}

/** Whether nothing comes of waiting: somebody has to put something right first. */
const isLasting = (error: unknown) => error instanceof StoreRefused && error.code === 'store_shorter_than_anchor';

/** Who waits for the end of the log; `orAway`: no longer than it can be read. */
interface Waiter {
  readonly done: () => void;
  readonly orAway: boolean;
}

/** How much is taken before others have their turn. */
const MANY = 100;

/** What went wrong, in words. */
const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Reads a log from a checkpoint to its end, then each time it grows: woken, never polling. What fails is tried again, later and later. */
export const logReader = <Entry>(options: LogReaderOptions<Entry>): LogReader => {
  const { name, clock, position, read, take, subscribe, atEnd, report, share = unshared } = options;
  const stop = new AbortController();
  let grown = true;
  let wake = () => {};
  let waiters: readonly Waiter[] = [];
  let failing: string | null = null;
  let stuck = false;
  let unread = false; // whether its log is being read
  let away = false; // whether its log could not be read when that was tried last
  let reached: number | null = null; // the checkpoint is read once per turn: its owner may take the read for the turn's beginning
  let head = 0;
  const leave = subscribe((position = 0) => {
    head = Math.max(head, position);
    grown = true;
    wake();
  });

  /** Takes what comes after a position; null when nothing does. */
  const some = async (after: number): Promise<LogSlice<Entry> | null> => {
    unread = true;
    const slice = await read(after);
    unread = false;
    if (slice.upTo <= after) return null;
    await take({ ...slice, from: after });
    return slice;
  };

  let taken = 0; // since others had their turn
  const drain = async () => {
    unread = false;
    reached = await position();
    while (!stop.signal.aborted) {
      const slice = await share.run(() => some(reached ?? 0));
      if (!slice) return atEnd?.(reached);
      reached = slice.upTo;
      // Stores of this machine answer at once: without it a long catch-up would hold the whole process.
      taken += slice.entries.length + 1;
      if (taken < MANY) continue;
      taken = 0;
      await yieldToEventLoop();
    }
  };

  /** Lets go of those who wait no longer. */
  const letGo = (of: (waiter: Waiter) => boolean) => {
    const gone = waiters.filter(of);
    waiters = waiters.filter((each) => !gone.includes(each));
    for (const { done } of gone) done();
  };
  const loop = async () => {
    for (let failures = 0; !stop.signal.aborted;) {
      if (grown) {
        grown = false;
        const asked = waiters;
        waiters = [];
        try {
          await drain();
          failures = 0;
          failing = null;
          stuck = away = false;
          for (const { done } of asked) done();
        } catch (error) {
          grown = true;
          waiters = [...asked, ...waiters];
          if (error instanceof ViewsMoved) {
            await yieldToEventLoop(); // another process took it: read on from where it is
            continue;
          }
          stuck = isLasting(error);
          away = unread;
          letGo(({ orAway }) => stuck || (away && orAway));
          failing = wordsOf(error);
          report(name, error);
          failures += 1;
          await sleep(clock, Math.min(30_000, 200 * 2 ** failures), stop.signal).catch(() => undefined);
        }
      } else await new Promise<void>((done) => (wake = done)); // a race with the end would keep each of them until then
    }
    letGo(() => true);
  };
  const ended = loop();

  const wait = (orAway: boolean) =>
    new Promise<void>((done) => {
      if (stop.signal.aborted || stuck || (away && orAway)) return done();
      waiters = [...waiters, { done, orAway }];
      grown = true;
      wake();
    });

  return {
    caughtUp: () => wait(false),
    caughtUpOrAway: () => wait(true),
    state: async () => {
      const from = reached;
      if (from === null) return { name, behind: null, since: null, failing };
      try {
        const { upTo, since = null } = await read(from);
        if (upTo <= from) return { name, behind: 0, since: null, failing };
        return { name, behind: Math.max(upTo, head) - from, since, failing };
      } catch (error) {
        return { name, behind: null, since: null, failing: wordsOf(error) };
      }
    },
    stop: async () => {
      leave();
      stop.abort();
      wake();
      await ended;
    },
  };
};
