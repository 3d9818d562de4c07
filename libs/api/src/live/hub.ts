// The readers of this process, grouped by what they want: an event is looked up and serialised once for each group. A reader is
// entered with its first frame, joins when it has its history, and shares one heartbeat with all others.
// Never: anything kept for a reader that is gone, or a bookmark ahead of an event that its reader still lacks.
import type { SessionId } from '@drover/kernel';
import { topicIndex } from './topic-index.js';
import { bookmarkFrame, factFrame, HEARTBEAT } from './frames.js';
import { inOne, type LiveClock, type SendBuffer } from './send-buffer.js';
import type { Subscription, EventPosition, LiveEvent } from './live-event.js';

/** A reader: how it is reached, and the last place that a frame to it has named. */
export interface Subscriber {
  readonly buffer: SendBuffer;
  readonly session: SessionId | null;
  /** The present end of what it reads: everything up to there was published. */
  readonly end: () => EventPosition;
  sent: number;
}

/** All readers of this process. */
export interface Hub<Traits> {
  readonly size: number;
  /** Counts a reader from its first frame to its last; `leave` is for its buffer to call. */
  enter(reader: Subscriber): void;
  leave(reader: Subscriber): void;
  /** From here on the reader is told of what happens. It must have been sent everything up to the present end. */
  join(reader: Subscriber, interest: Subscription<Traits>): void;
  /** Tells those who want it of what has happened. */
  publish(entries: readonly LiveEvent<Traits>[]): void;
  /** Calls once, at the end of this turn of the event loop. */
  soon(flush: () => void): void;
  /** Ends streams: all, or those of one session. */
  dismiss(reason: string, session?: SessionId): void;
}

/** What a hub takes: a clock, and how an event is found. */
export interface HubOptions<Traits> {
  readonly clock: LiveClock;
  /** What an event is found under. */
  readonly topicsOf: (traits: Traits) => readonly string[];
}

interface Audience<Traits> {
  readonly interest: Subscription<Traits>;
  readonly readers: Set<Subscriber>;
}

const HEARTBEAT_MS = 15_000;

/**
 * Readers who ask for the same form an audience: an event is looked up, serialised and put together once for each of
 * them, not once for each reader. Nothing is kept for a reader that is not there; its source serves it on its return.
 */
export const liveHub = <Traits>({ clock, topicsOf }: HubOptions<Traits>): Hub<Traits> => {
  const readers = new Set<Subscriber>();
  const byKey = new Map<string, Audience<Traits>>();
  const joined = new Map<Subscriber, Audience<Traits>>();
  const index = topicIndex<Audience<Traits>>();
  let flushes: (() => void)[] = [];
  let beats = 0;
  let quiet: (() => void) | null = null;

  const tick = () => {
    quiet = clock.after(HEARTBEAT_MS, tick);
    beats += 1;
    for (const reader of readers) {
      if (reader.buffer.blocked) continue;
      const { position, cursor } = reader.end();
      // Everything up to `position` was published before this, so nothing that the reader wants is behind the bookmark.
      const skipped = beats % 2 === 0 && joined.has(reader) && reader.sent < position;
      if (skipped) reader.sent = position;
      reader.buffer.push(skipped ? bookmarkFrame(cursor) : HEARTBEAT, 1);
    }
  };

  const part = (reader: Subscriber) => {
    const audience = joined.get(reader);
    joined.delete(reader);
    audience?.readers.delete(reader);
    if (audience?.readers.size !== 0) return;
    byKey.delete(audience.interest.key);
    index.remove(audience.interest.topics, audience);
  };

  /** The frames for each audience, in order. */
  const framesOf = (entries: readonly LiveEvent<Traits>[]) => {
    const told = new Map<Audience<Traits>, { readonly frames: Buffer[]; position: number }>();
    for (const { traits, json, cursor, position } of entries) {
      const named = new Map<string, Buffer>(); // one frame for each name, shared by all who know it by that
      for (const audience of index.of(topicsOf(traits))) {
        const name = audience.interest.nameFor(traits);
        if (name === null) continue;
        const frame = named.get(name) ?? factFrame(name, json(), cursor);
        named.set(name, frame);
        const batch = told.get(audience) ?? { frames: [], position };
        batch.frames.push(frame);
        batch.position = position;
        told.set(audience, batch);
      }
    }
    return told;
  };

  return {
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
    join: (reader, interest) => {
      const audience = byKey.get(interest.key) ?? { interest, readers: new Set<Subscriber>() };
      if (audience.readers.size === 0) index.add(interest.topics, audience);
      byKey.set(interest.key, audience);
      audience.readers.add(reader);
      joined.set(reader, audience);
    },
    publish: (entries) => {
      for (const [{ readers: all }, { frames, position }] of framesOf(entries)) {
        const piece = inOne(frames);
        for (const reader of [...all]) {
          reader.sent = position;
          reader.buffer.push(piece, frames.length);
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
    dismiss: (reason, session) => {
      for (const reader of [...readers])
        if (session === undefined || reader.session === session) reader.buffer.bye(reason);
    },
  };
};
