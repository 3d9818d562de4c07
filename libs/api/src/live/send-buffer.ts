// One client's bounded way out. The frames of one turn leave in one piece; what a client does not read piles up to a bound, then
// it is sent `bye` and cut off. Never: a wait of whoever publishes for a client that is slow.
import type { Instant } from '@drover/kernel';
import { byeFrame } from './frames.js';
import type { SentBytes } from './stream-log.js';

/** What streams need of a clock. */
export interface LiveClock {
  now(): Instant;
  /** Calls once, later. Returns how to call it off. */
  after(ms: number, call: () => void): () => void;
}

/**
 * Where the bytes of a stream go. `write` answers whether there is room for more; `onDrain` calls when there is again.
 */
export interface Sink {
  write(bytes: Buffer): boolean;
  end(): void;
  destroy(): void;
  onDrain(call: () => void): void;
  onClose(call: () => void): void;
}

/** One reader's bounded way out. */
export interface SendBuffer {
  readonly open: boolean;
  readonly blocked: boolean;
  /** Puts frames in line; they leave with the end of this turn. A reader that lets them pile up is cut off. */
  push(bytes: Buffer, frames: number): void;
  /** Resolves when everything has left, or the reader is gone. */
  emptied(): Promise<void>;
  /** Says good-bye and closes. */
  bye(reason: string): void;
}

/** What a send buffer takes: a clock, and when its bytes are written. */
export interface SendBufferOptions {
  readonly clock: LiveClock;
  readonly random: () => number;
  /** Calls back once, at the end of this turn: all buffers write then, each in one piece. */
  readonly soon: (flush: () => void) => void;
  /** Called with every piece that is handed to the sink. */
  readonly sent: (sent: SentBytes) => void;
  /** Called once. `reason`: that of its good-bye; `client` when the reader left. */
  readonly onClosed: (reason: string) => void;
}

const MAX_FRAMES = 1000;
const MAX_BYTES = 256 * 1024;
const LINGER_MS = 1000;

/** Several pieces in one; a single one as it is, for it may be shared. */
export const inOne = (pieces: readonly Buffer[]): Buffer => {
  const [only, ...more] = pieces;
  return only && more.length === 0 ? only : Buffer.concat(pieces);
};

/** Clients spread their return. */
const backWithin = (random: () => number) => 500 + random() * 2500;

/**
 * Writes while the reader takes it, and keeps little while it does not: 1,000 frames or 256 KiB. What is kept is shared
 * with other readers, so a slow one costs its own list and delays nobody. Its source has it all when it comes back.
 */
export const sendBuffer = (sink: Sink, { clock, random, soon, sent, onClosed }: SendBufferOptions): SendBuffer => {
  let waiting: Buffer[] = [];
  let [frames, bytes] = [0, 0];
  let [open, blocked, due] = [true, false, false];
  const emptied: (() => void)[] = [];

  const settle = () => {
    for (const done of emptied.splice(0)) done();
  };
  const write = (piece: Buffer, count: number) => {
    sent({ frames: count, bytes: piece.length });
    return sink.write(piece);
  };
  const close = (reason: string) => {
    if (!open) return;
    open = false;
    waiting = [];
    settle();
    onClosed(reason);
  };
  const flush = () => {
    due = false;
    if (blocked) return;
    if (waiting.length > 0) {
      const [piece, count] = [inOne(waiting), frames];
      [waiting, frames, bytes] = [[], 0, 0];
      blocked = !write(piece, count);
    }
    if (!blocked) settle();
  };
  const bye = (reason: string) => {
    if (!open) return;
    // What waits is in order and whole: it goes first, unless the reader does not take it anyway.
    const last = byeFrame(reason, backWithin(random));
    write(blocked ? last : Buffer.concat([...waiting, last]), blocked ? 1 : frames + 1);
    sink.end();
    clock.after(LINGER_MS, () => sink.destroy()); // its buffers are full: it would never end by itself
    close(reason);
  };

  sink.onClose(() => close('client'));
  sink.onDrain(() => {
    blocked = false;
    flush();
  });
  return {
    get open() {
      return open;
    },
    get blocked() {
      return blocked;
    },
    push: (piece, count) => {
      if (!open) return;
      waiting.push(piece);
      frames += count;
      bytes += piece.length;
      if (blocked && (frames > MAX_FRAMES || bytes > MAX_BYTES)) bye('slow');
      else if (!due && !blocked) {
        due = true;
        soon(flush);
      }
    },
    emptied: () =>
      open && (blocked || waiting.length > 0) ? new Promise((done) => emptied.push(done)) : Promise.resolve(),
    bye,
  };
};
