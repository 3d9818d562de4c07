// What is seen of streams from outside: a line when one opens and ends, and counts. Never: a line for each frame, or an
// event in a line.
import type { RequestId, PrincipalId } from '@drover/kernel';
import type { Telemetry } from '../telemetry/telemetry.js';

/** Whose stream it is, and which request opened it. */
export interface StreamOpener {
  readonly requestId: RequestId;
  readonly actor: PrincipalId;
  readonly traceId?: string;
}

/** What of a stream has been handed to the network. */
export interface SentBytes {
  readonly frames: number;
  readonly bytes: number;
}

/** The log of one stream. */
export interface StreamLog {
  /** Some of it was handed to the network. */
  sent(sent: SentBytes): void;
  ended(reason: string): void;
}

/** How the streams of a door are seen: a line when one opens and one when it ends, and their counts. */
export const streamLogs = ({ log, metrics }: Telemetry, open: () => number) => {
  metrics.gauge({ name: 'drover_streams', help: 'Streams that are open.' }, () => [{ labels: {}, value: open() }]);
  const frames = metrics.counter({
    name: 'drover_stream_frames_total',
    help: 'Frames that were handed to the network, heartbeats among them.',
  });
  const bytes = metrics.counter({ name: 'drover_stream_bytes_total', help: 'Bytes of those frames.' });
  const ends = metrics.counter({
    name: 'drover_streams_ended_total',
    help: 'Streams that ended, by the reason; slow: the client did not read, client: it left.',
    labels: ['reason'],
  });
  return (opener: StreamOpener | null): StreamLog => {
    const begun = performance.now();
    const total = { frames: 0, bytes: 0 };
    if (opener) log.info('stream opened', { ...opener });
    return {
      sent: (sent) => {
        total.frames += sent.frames;
        total.bytes += sent.bytes;
        frames.add({}, sent.frames);
        bytes.add({}, sent.bytes);
      },
      ended: (reason) => {
        ends.add({ reason });
        const seconds = Math.round((performance.now() - begun) / 100) / 10;
        if (opener) log.info('stream ended', { ...opener, reason, seconds, ...total });
      },
    };
  };
};
