// Whose request begins next. Connections that ask one thing at a time and those that send many stand in a line each; the lines
// are served by turns, a slice of the event loop at a time. Never: a queue without an end, or a line that waits for ever.
import { yieldToEventLoop } from '@drover/kernel';

/** How many requests of one connection wait at most, besides those that are worked on. */
const LONGEST_QUEUE = 64;
/** How many requests begin within one turn of the event loop at most, and for how long they may hold it together. */
const MOST_AT_ONCE = 16;
const SLICE_MS = 5;

/** The requests of one connection. */
export interface Queue {
  /** Begins the work at once or in its turn; false when too many of this connection wait already. */
  take(begin: () => void): boolean;
  /** One of the begun ones is answered, or held for something to come. */
  release(): void;
  /** Something was read that had piled up. */
  again(): void;
  /** The connection is gone: what waits is forgotten. */
  drop(): void;
}

/** What turns are made with. */
export interface TurnOptions {
  /** How many requests of one connection are worked on at once. */
  readonly inFlight: number;
  /** Calls once, in the next turn of the event loop; calls made together run together. */
  readonly soon?: (call: () => void) => void;
  /** Calls once, when everybody else has had a turn of the event loop, those too who wait to be connected. */
  readonly later?: (call: () => void) => void;
  /** Milliseconds that only grow. */
  readonly monotonic?: () => number;
}

interface Line {
  /** Whether the connection leaves too much of what it was answered unread. */
  readonly clogged: () => boolean;
  readonly waiting: (() => void)[];
  begun: number;
  queued: boolean;
}

/**
 * Connections are served in turn. Whoever asks one thing at a time stands in a line of its own kind, and one request
 * from there begins for each that begins of those who send many at once: a pipeline delays itself, hardly anybody else.
 */
export const turnsOf = ({
  inFlight,
  soon = setImmediate,
  later = (call) => void yieldToEventLoop().then(call),
  monotonic = () => performance.now(),
}: TurnOptions) => {
  const lines: readonly [single: Line[], many: Line[]] = [[], []];
  let preferred: 0 | 1 = 0;
  let busy = false;
  let sliceEnd = 0;

  const isMany = ({ begun, waiting }: Line) => begun + waiting.length > 1;
  const enqueue = (line: Line) => {
    if (line.queued || line.waiting.length === 0 || line.begun >= inFlight || line.clogged()) return;
    line.queued = true;
    lines[isMany(line) ? 1 : 0].push(line);
  };
  const begin = (line: Line, work: () => void) => {
    line.begun += 1;
    work();
  };

  /** One request of whoever is next. */
  const next = () => {
    // Of a pipeline the first request stood alone for a moment.
    for (let first = lines[0][0]; first && isMany(first); first = lines[0][0]) lines[1].push(...lines[0].splice(0, 1));
    const line = lines[preferred].shift() ?? lines[preferred === 0 ? 1 : 0].shift();
    preferred = preferred === 0 ? 1 : 0;
    if (!line) return;
    line.queued = false;
    const work = line.waiting.shift();
    if (work) begin(line, work);
    enqueue(line);
  };

  const turn = () => {
    const ready = lines[0].length + lines[1].length;
    busy = ready > 0;
    if (!busy) return;
    sliceEnd = 0; // it begins with the first
    for (let n = 0; n < MOST_AT_ONCE; n++)
      soon(() => {
        // Asked anew each time: what one request took is known when the next one is to begin.
        if (sliceEnd === 0) sliceEnd = monotonic() + SLICE_MS;
        else if (monotonic() >= sliceEnd) return;
        next();
      });
    later(turn);
  };

  const wake = () => {
    if (busy || lines[0].length + lines[1].length === 0) return;
    busy = true;
    later(turn);
  };

  /** A connection enters. */
  const queueOf = (clogged: () => boolean): Queue => {
    const line: Line = { clogged, waiting: [], begun: 0, queued: false };
    const again = () => {
      enqueue(line);
      wake();
    };
    return {
      take: (work) => {
        if (!busy && line.waiting.length === 0 && line.begun < inFlight && !clogged()) {
          busy = true;
          later(turn);
          begin(line, work);
          return true;
        }
        if (line.begun + line.waiting.length >= inFlight + LONGEST_QUEUE) return false;
        line.waiting.push(work);
        again();
        return true;
      },
      release: () => {
        line.begun -= 1;
        again();
      },
      again,
      drop: () => {
        line.waiting.length = 0;
      },
    };
  };
  return { queueOf };
};

/** The turns of a server, for signatures. */
export type Turns = ReturnType<typeof turnsOf>;
