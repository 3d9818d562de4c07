// What the specs of the streams stand on. Nothing here is for production.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Instant, loopShare } from '@drover/kernel';
import type { LiveClock, Sink } from './send-buffer.js';
import type { SseStream } from './stream.js';
import { liveStreams } from './streams.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** The bytes that are in use once all garbage is collected. */
export const heapUsed = () => {
  collect();
  return process.memoryUsage().heapUsed;
};

/** A clock that is moved by hand. */
export const handClock = () => {
  let now = 0;
  const due = new Set<{ readonly at: number; readonly call: () => void }>();
  const clock: LiveClock = {
    now: () => Instant.ofMs(now),
    after: (ms, call) => {
      const timer = { at: now + ms, call };
      due.add(timer);
      return () => void due.delete(timer);
    },
  };
  const pass = (ms: number) => {
    now += ms;
    for (const timer of [...due])
      if (timer.at <= now) {
        due.delete(timer);
        timer.call();
      }
  };
  return { clock, pass, timers: () => due.size };
};

/** A source of numbers, a clock that is moved by hand, and readers who want what is odd, what is even, or all. */
export const open = (random = () => 0.5) => {
  const { clock, pass, timers } = handClock();
  const reports: string[] = [];
  const report = (where: string, error: unknown) => void reports.push(`${where}: ${String(error)}`);
  const topicsOf = (n: number) => [n % 2 === 0 ? 'even' : 'odd'];
  let [spent, pages, dear] = [0, 0, 0];
  const share = loopShare(() => spent, 10);
  /** A page of history: it takes its time. */
  const cost = () => {
    pages += 1;
    spent += dear;
  };
  const streams = liveStreams({ clock, report, topicsOf, share, random, server: 'numbers' });
  const cursorAt = (position: number) => `n.${position}`;
  let head = 0;
  const told = (position: number) => ({
    position,
    cursor: cursorAt(position),
    traits: position,
    json: () => JSON.stringify({ id: `${position}` }),
  });
  const tell = (count: number) => {
    const entries = Array.from({ length: count }, (_, i) => told(head + i + 1));
    head += count;
    streams.publish(entries);
  };
  const wants = (topic: 'odd' | 'even') => ({
    key: topic,
    topics: [topic],
    nameFor: (n: number) => (topicsOf(n).includes(topic) ? topic : null),
  });
  const enter = (given: Partial<SseStream<number>> = {}) => {
    const pieces: Buffer[] = [];
    let [full, ended, drained, left] = [false, false, () => {}, () => {}];
    const sink: Sink = {
      write: (bytes) => pieces.push(bytes) > 0 && !full,
      end: () => void (ended = true),
      destroy: () => void (ended = true),
      onDrain: (call) => void (drained = call),
      onClose: (call) => void (left = call),
    };
    streams.open(
      {
        interest: wants('odd'),
        session: null,
        snapshot: null,
        cursorAt,
        begin: () => ({ at: null, gap: null }),
        end: () => ({ position: head, cursor: cursorAt(head) }),
        principal: 'ana',
        pageAfter: async (after) => {
          const count = Math.min(3, head - after);
          cost();
          return { upTo: after + count, told: Array.from({ length: count }, (_, i) => told(after + i + 1)) };
        },
        ...given,
      },
      sink,
    );
    const text = () => Buffer.concat(pieces).toString();
    return {
      pieces,
      text,
      ended: () => ended,
      leave: () => left(),
      stall: () => void (full = true),
      read: () => {
        full = false;
        drained();
      },
      ids: () => [...text().matchAll(/^event: (?:odd|even)\ndata: .*\nid: n\.(\d+)$/gm)].map(([, id]) => Number(id)),
    };
  };
  const pagesCost = (ms: number) => void (dear = ms);
  return { streams, tell, told, enter, wants, pass, reports, pagesCost, pages: () => pages, timers };
};
/** The next turn of the event loop. */
export const turn = () => new Promise((done) => setImmediate(done));
/** Some turns: enough for what was begun to end. */
export const settle = async () => {
  for (let i = 0; i < 20; i++) await turn();
};
/** A stream that goes on after a position. */
export const at = (position: number) => () => ({ at: { position, cursor: `n.${position}` }, gap: null });
