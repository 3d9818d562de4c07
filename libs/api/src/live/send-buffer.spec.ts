import { expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { sendBuffer } from './send-buffer.js';

/** A reader who takes what comes until it is full, turns that end by hand, and a clock of one timer. */
const open = (random = () => 0.5) => {
  const [pieces, events]: [Buffer[], string[]] = [[], []];
  const ends: (() => void)[] = [];
  const timers: [number, () => void][] = [];
  const sent = { frames: 0, bytes: 0 };
  let [room, drained, left] = [true, () => {}, () => {}];
  const buffer = sendBuffer(
    {
      write: (bytes) => pieces.push(bytes) > 0 && room,
      end: () => void events.push('end'),
      destroy: () => void events.push('destroy'),
      onDrain: (call) => void (drained = call),
      onClose: (call) => void (left = call),
    },
    {
      clock: { now: () => Instant.ofMs(0), after: (ms, call) => (timers.push([ms, call]), () => {}) },
      random,
      soon: (flush) => void ends.push(flush),
      sent: ({ frames, bytes }) => {
        sent.frames += frames;
        sent.bytes += bytes;
      },
      onClosed: (reason) => void events.push('closed', ...(reason === 'shutdown' ? [] : [reason])),
    },
  );
  return {
    ...{ buffer, pieces, events, timers, ends, sent },
    push: (text: string, frames = 1) => buffer.push(Buffer.from(text), frames),
    texts: () => pieces.map(String),
    /** The end of a turn of the event loop. */
    turn: () => {
      for (const end of ends.splice(0)) end();
    },
    stall: () => void (room = false),
    read: () => {
      room = true;
      drained();
    },
    drain: () => drained(),
    leave: () => left(),
  };
};
const settled = async (promise: Promise<void>) => {
  let done = false;
  void promise.then(() => (done = true));
  await new Promise((next) => setImmediate(next));
  return done;
};

it('writes what was pushed in one turn in one piece at its end', () => {
  const { push, texts, turn, ends } = open();
  push('a');
  push('b');
  expect([texts(), ends.length]).toEqual([[], 1]);
  turn();
  push('c');
  expect([texts(), ends.length]).toEqual([['ab'], 1]);
  turn();
  expect(texts()).toEqual(['ab', 'c']);
});

it('keeps what comes while the reader is full, and writes it in one piece when there is room', () => {
  const { buffer, push, texts, turn, stall, read, ends } = open();
  stall();
  push('a');
  turn();
  expect(buffer.blocked).toBe(true);
  push('b');
  push('c');
  expect([texts(), ends.length]).toEqual([['a'], 0]); // no turn is asked for: only the reader can help
  read();
  expect([texts(), buffer.blocked, buffer.open]).toEqual([['a', 'bc'], false, true]);
  read();
  expect(texts()).toEqual(['a', 'bc']);
});

it('writes nothing at the end of a turn to a reader that became full within it', () => {
  const { push, texts, turn, stall, drain } = open();
  push('a');
  stall();
  drain(); // there is room again, and what waits fills it
  push('b');
  turn();
  expect(texts()).toEqual(['a']);
});

it('hands on a single piece as it is, for other readers share it', () => {
  const { buffer, pieces, turn } = open();
  const piece = Buffer.from('a');
  buffer.push(piece, 1);
  turn();
  expect(pieces[0]).toBe(piece);
});

it.each([
  ['a thousand frames', 'x', 500],
  ['256 KiB', 'x'.repeat(128 * 1024), 1],
])('a full reader may be behind by %s, and is cut off by more', (_much, text, frames) => {
  const { buffer, push, texts, turn, stall, read } = open();
  for (let n = 0; n < 2; n++) {
    stall();
    push('a');
    turn();
    push(text, frames);
    push(text, frames);
    expect(buffer.open).toBe(true);
    if (n === 0) read(); // what it took is not held against it
  }
  expect(texts().slice(0, 2)).toEqual(['a', text + text]);
  push('', 1);
  push('x', 0);
  expect([buffer.open, texts().at(-1)]).toEqual([false, expect.stringContaining('"reason":"slow"')]);
});

it('a reader with room is told any number of frames in a turn', () => {
  const { buffer, push, turn, pieces } = open();
  push('x'.repeat(300 * 1024), 1001);
  turn();
  expect([buffer.open, pieces.length]).toEqual([true, 1]);
});

it('says good-bye behind what waits, ends, and destroys after a second what did not end', () => {
  const { buffer, push, texts, events, timers } = open();
  push('a');
  push('b');
  buffer.bye('shutdown');
  expect(texts()).toEqual([expect.stringMatching(/^abevent: bye\ndata: .*"reason":"shutdown"/)]);
  expect([buffer.open, events, timers.map(([ms]) => ms)]).toEqual([false, ['end', 'closed'], [1000]]);
  timers[0]?.[1]();
  expect(events).toEqual(['end', 'closed', 'destroy']);
});

it('says good-bye to a full reader without what waits', () => {
  const { buffer, push, texts, turn, stall } = open();
  stall();
  push('a');
  turn();
  push('b');
  buffer.bye('shutdown');
  expect(texts()).toEqual(['a', expect.stringMatching(/^event: bye/)]);
});

it.each([
  [0, 500],
  [1, 3000],
])('asks a client to come back after half a second to three, spread at random (%d)', (chance, ms) => {
  const { buffer, texts } = open(() => chance);
  buffer.bye('shutdown');
  expect(texts()[0]).toContain(`"reconnectAfterMs":${ms}}`);
});

it('ends once, and writes nothing after', () => {
  const { buffer, push, texts, turn, events, timers, leave, read } = open();
  push('a');
  buffer.bye('shutdown');
  buffer.bye('lifetime');
  leave();
  push('b');
  turn();
  read();
  expect(texts()).toHaveLength(1);
  expect([events, timers.length]).toEqual([['end', 'closed'], 1]);
});

it('writes nothing to a reader that is gone, though the turn has not ended', () => {
  const { buffer, push, texts, turn, events, leave, ends } = open();
  push('a');
  leave();
  turn();
  push('b');
  expect([texts(), buffer.open, events, ends.length]).toEqual([[], false, ['closed', 'client'], 0]);
});

it('is empty when all has left: nothing waits, and the reader has room', async () => {
  const { buffer, push, turn, stall, read } = open();
  expect(await settled(buffer.emptied())).toBe(true);
  push('a');
  const first = buffer.emptied();
  expect(await settled(first)).toBe(false);
  turn();
  expect(await settled(first)).toBe(true);
  stall();
  push('b');
  const second = buffer.emptied();
  turn();
  expect([await settled(second), await settled(buffer.emptied())]).toEqual([false, false]);
  read();
  expect(await settled(second)).toBe(true);
});

it('keeps nobody waiting for a reader that is gone', async () => {
  const { buffer, push, turn, stall, leave } = open();
  stall();
  push('a');
  turn();
  push('b');
  const waits = buffer.emptied();
  leave();
  expect([await settled(waits), await settled(buffer.emptied())]).toEqual([true, true]);
});

it('tells how much of it was handed to the network, and of a reader that left that it was the client', () => {
  const { push, turn, sent, leave, events } = open();
  push('abc');
  push('de', 2);
  turn();
  expect(sent).toEqual({ frames: 3, bytes: 5 });
  push('never sent');
  leave();
  turn();
  expect([sent, events]).toEqual([{ frames: 3, bytes: 5 }, ['closed', 'client']]);
});
