import type { Clock } from '@drover/ports';
import { audiences } from '../../domain/audiences.js';
import { cursorOf } from '../../domain/cursor.js';
import { bookmarkFrame, HEARTBEAT } from '../../domain/frames.js';
import type { Filter } from '../../domain/stream-filter.js';
import type { Shown } from '../views.use-cases.js';
import type { Outlet } from './outlet.use-cases.js';
import type { Placed } from './placed.use-cases.js';

/** A reader at the live end: how it is reached, and the last place that a frame to it has named. */
export interface Reader {
  readonly outlet: Outlet;
  readonly session: string | null;
  sent: number;
}

/** All readers of this process. */
export interface Hub {
  readonly open: boolean;
  readonly size: number;
  /** Counts a reader from its first frame to its last; `leave` is for its outlet to call. */
  enter(reader: Reader): void;
  leave(reader: Reader): void;
  /** From here on the reader is told of what happens. It must have been sent everything up to the present end. */
  join(reader: Reader, filter: Filter): void;
  /** Tells of what the views have taken. */
  publish(entries: readonly Placed[]): void;
  /** Calls once, at the end of this turn of the event loop. */
  soon(flush: () => void): void;
  /** Ends the streams of one session. */
  endSession(session: string, reason: string): void;
  /** Ends all streams, and takes no more if `last`. */
  drain(reason: string, last: boolean): void;
}

interface Audience {
  readonly filter: Filter;
  readonly readers: Set<Reader>;
}

const HEARTBEAT_MS = 15_000;

/**
 * Readers who ask for the same form an audience: an event is looked up, serialised and put together once for each of
 * them, not once for each reader. Nothing is kept for a reader that is not there; the journal serves it on its return.
 */
export const liveHub = (clock: Clock, shown: () => Shown): Hub => {
  const readers = new Set<Reader>();
  const byFilter = new Map<string, Audience>();
  const of = new Map<Reader, string>();
  const index = audiences<Audience>();
  let flushes: (() => void)[] = [];
  let beats = 0;
  let quiet: (() => void) | null = null;
  let open = true;

  const tick = () => {
    quiet = clock.after(HEARTBEAT_MS, tick);
    beats += 1;
    const { generation, position } = shown();
    const bookmark = beats % 2 === 0 ? bookmarkFrame(cursorOf(generation, position)) : null;
    for (const reader of readers) {
      if (reader.outlet.blocked) continue;
      // Everything up to `position` was published before this, so nothing that the reader wants is behind the bookmark.
      if (bookmark && of.has(reader) && reader.sent < position) {
        reader.sent = position;
        reader.outlet.push(bookmark, 1);
      } else reader.outlet.push(HEARTBEAT, 1);
    }
  };

  const part = (reader: Reader) => {
    const key = of.get(reader);
    const audience = key === undefined ? undefined : byFilter.get(key);
    of.delete(reader);
    audience?.readers.delete(reader);
    if (key === undefined || audience?.readers.size !== 0) return;
    byFilter.delete(key);
    index.remove(audience);
  };

  return {
    get open() {
      return open;
    },
    get size() {
      return readers.size;
    },
    enter: (reader) => {
      readers.add(reader);
      quiet ??= clock.after(HEARTBEAT_MS, tick);
    },
    leave: (reader) => {
      part(reader);
      readers.delete(reader);
      if (readers.size > 0) return;
      quiet?.();
      quiet = null;
    },
    join: (reader, filter) => {
      const key = JSON.stringify(filter);
      const audience = byFilter.get(key) ?? { filter, readers: new Set<Reader>() };
      if (audience.readers.size === 0) index.add(audience);
      byFilter.set(key, audience);
      audience.readers.add(reader);
      of.set(reader, key);
    },
    publish: (entries) => {
      const told = new Map<Audience, { readonly frames: Buffer[]; position: number }>();
      for (const entry of entries)
        for (const [audience, name] of index.of(entry.traits)) {
          const batch = told.get(audience) ?? { frames: [], position: 0 };
          batch.frames.push(entry.frame(name));
          batch.position = entry.position;
          told.set(audience, batch);
        }
      for (const [{ readers: all }, { frames, position }] of told) {
        const [only, ...more] = frames;
        const piece = only && more.length === 0 ? only : Buffer.concat(frames);
        for (const reader of [...all]) {
          reader.sent = position;
          reader.outlet.push(piece, frames.length);
        }
      }
    },
    soon: (flush) => {
      if (flushes.length === 0)
        setImmediate(() => {
          const now = flushes;
          flushes = [];
          for (const each of now) each();
        });
      flushes.push(flush);
    },
    endSession: (session, reason) => {
      for (const reader of [...readers]) if (reader.session === session) reader.outlet.bye(reason);
    },
    drain: (reason, last) => {
      if (last) open = false;
      for (const reader of [...readers]) reader.outlet.bye(reason);
    },
  };
};
