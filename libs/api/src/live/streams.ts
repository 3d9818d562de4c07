// The streams of one door, all of one process: how many there may be, and what ends them. Whoever opens one says what is told
// and who may hear it. Never: a stream that is opened after the last drain.
import { reject, type Rejection, type SessionId } from '@drover/kernel';
import { liveHub, type HubOptions } from './hub.js';
import type { Sink } from './send-buffer.js';
import { replaySlots } from './replay-slots.js';
import { openStream, type SseStream, type StreamOptions } from './stream.js';
import { streamLogs, type StreamOpener } from './stream-log.js';
import type { LiveEvent } from './live-event.js';
import { unseen, type Telemetry } from '../telemetry/telemetry.js';

/** The streams of a door, all of one process. */
export interface SseStreams<Traits> {
  /** Why no stream can be opened now; null when one can. Ask in the turn in which it is opened. */
  refusal(): Rejection<'not_ready' | 'too_many_streams'> | null;
  /** Opens a stream to a reader. `opener`: without it the stream leaves no line. */
  open(stream: SseStream<Traits>, sink: Sink, opener?: StreamOpener): void;
  /** Tells those who want it of what has happened; everything that any reader's end shows. */
  publish(entries: readonly LiveEvent<Traits>[]): void;
  /** Ends the streams of one session. */
  endSession(session: SessionId, reason: string): void;
  /** Ends all streams, and takes no more if `last`. */
  drain(reason: string, last: boolean): void;
}

const MAX_STREAMS = 500;
/** So many streams of one principal replay at once; the others wait, greeted and with heartbeats. */
const REPLAYS = 2;

/** What the streams of a door are made with. */
export type SseStreamsOptions<Traits> = HubOptions<Traits> &
  Omit<StreamOptions<Traits>, 'hub' | 'slots' | 'random' | 'seen'> & {
    readonly random?: () => number;
    readonly telemetry?: Telemetry;
  };

/** Streams that know neither what is told nor who may hear it: that is for whoever opens them. */
export const liveStreams = <Traits>({
  random = Math.random,
  topicsOf,
  telemetry = unseen,
  ...given
}: SseStreamsOptions<Traits>): SseStreams<Traits> => {
  const hub = liveHub({ clock: given.clock, topicsOf });
  const slots = replaySlots(REPLAYS);
  const seenOf = streamLogs(telemetry, () => hub.size);
  let stopped = false;
  return {
    refusal: () => {
      if (stopped) return reject('not_ready', 'The process stops.', { retryAfterSeconds: 1 });
      if (hub.size < MAX_STREAMS) return null;
      const because = `${MAX_STREAMS} streams are open. Nothing was opened.`;
      return reject('too_many_streams', because, { retryAfterSeconds: 5 });
    },
    open: (stream, sink, opener) =>
      openStream(stream, sink, { ...given, hub, slots, random, seen: seenOf(opener ?? null) }),
    publish: (entries) => hub.publish(entries),
    endSession: (session, reason) => hub.dismiss(reason, session),
    drain: (reason, last) => {
      stopped ||= last;
      hub.dismiss(reason);
    },
  };
};
