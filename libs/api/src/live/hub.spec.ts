import { expect, it } from '@jest/globals';
import { SessionId } from '@drover/kernel';
import { liveHub, type Subscriber } from './hub.js';
import { handClock, heapUsed } from './testing.js';
import type { Subscription } from './live-event.js';

/** A hub of words, and readers whose frames are written down. */
const open = () => {
  let head = 0;
  const { clock, pass, timers } = handClock();
  const hub = liveHub<string>({ clock, topicsOf: (word) => [word] });
  const enter = (session: SessionId | null = null) => {
    const [frames, byes, pieces]: [string[], string[], Buffer[]] = [[], [], []];
    const state = { blocked: false };
    const reader: Subscriber = {
      buffer: {
        open: true,
        get blocked() {
          return state.blocked;
        },
        push: (bytes, count) => {
          pieces.push(bytes);
          frames.push(`${count} ${bytes.toString().trim().replaceAll('\n', '|')}`);
        },
        emptied: async () => {},
        bye: (reason) => void byes.push(reason),
      },
      session,
      end: () => ({ position: head, cursor: `c.${head}` }),
      sent: 0,
    };
    hub.enter(reader);
    return { reader, frames, byes, pieces, block: () => void (state.blocked = true) };
  };
  let asked = 0;
  const tell = (...words: string[]) =>
    hub.publish(
      words.map((word) => {
        head += 1;
        const json = () => (asked++, `"${word}"`);
        return { position: head, cursor: `c.${head}`, traits: word, json };
      }),
    );
  return { hub, enter, tell, pass, asked: () => asked, timers };
};
const wants = (word: string, name: string | null = word, key = word): Subscription<string> => ({
  ...{ key, topics: [word], nameFor: () => name },
});

it('sends a heartbeat every fifteen seconds to who has room for it', () => {
  const { enter, pass } = open();
  const [me, full] = [enter(), enter()];
  full.block();
  pass(14_999);
  expect(me.frames).toEqual([]);
  pass(1);
  pass(15_000);
  expect([me.frames, full.frames]).toEqual([['1 : hb', '1 : hb'], []]);
});

it('moves the cursor at every second heartbeat, of who is live and behind only', () => {
  const { hub, enter, tell, pass } = open();
  const [live, replaying, told] = [enter(), enter(), enter()];
  hub.join(live.reader, wants('a'));
  hub.join(told.reader, wants('b'));
  tell('b');
  told.frames.length = 0;
  for (let n = 0; n < 4; n++) pass(15_000);
  expect(live.frames).toEqual(['1 : hb', '1 event: bookmark|data: {}|id: c.1', '1 : hb', '1 : hb']);
  for (const each of [replaying, told]) expect(each.frames).toEqual(Array(4).fill('1 : hb'));
});

it('keeps a timer while there is a reader, and none after', () => {
  const { hub, enter, pass, timers } = open();
  const [one, two] = [enter(), enter()];
  expect([hub.size, timers()]).toEqual([2, 1]);
  hub.leave(one.reader);
  expect([hub.size, timers()]).toEqual([1, 1]);
  hub.leave(two.reader);
  expect([hub.size, timers()]).toEqual([0, 0]);
  const three = enter();
  pass(15_000);
  expect(three.frames).toEqual(['1 : hb']);
});

it('tells who has joined what they want, in order, in one piece, until they leave', () => {
  const { hub, enter, tell } = open();
  const [one, two] = [enter(), enter()];
  tell('a');
  for (const { reader } of [one, two]) hub.join(reader, wants('a'));
  tell('a', 'b', 'a');
  expect(one.frames).toEqual(['2 event: a|data: "a"|id: c.2||event: a|data: "a"|id: c.4']);
  expect(one.reader.sent).toBe(4);
  expect(two.pieces[0]).toBe(one.pieces[0]); // put together once
  hub.leave(one.reader);
  tell('a');
  expect([one.frames.length, two.frames.length]).toEqual([1, 2]);
  hub.leave(two.reader);
  const back = enter();
  hub.join(back.reader, wants('a'));
  tell('a');
  expect(back.frames).toEqual(['1 event: a|data: "a"|id: c.6']);
});

it('writes an event once for each name under which it is wanted, and not for who does not want it after all', () => {
  const { hub, enter, tell, asked } = open();
  const [plain, same, alias, none] = [enter(), enter(), enter(), enter()];
  hub.join(plain.reader, wants('a', 'a', 'one'));
  hub.join(same.reader, wants('a', 'a', 'two'));
  hub.join(alias.reader, wants('a', 'b', 'three'));
  hub.join(none.reader, wants('a', null, 'four'));
  tell('a');
  expect(asked()).toBe(2);
  expect(same.pieces[0]).toBe(plain.pieces[0]);
  expect(alias.frames).toEqual(['1 event: b|data: "a"|id: c.1']);
  expect([none.frames, none.reader.sent]).toEqual([[], 0]);
});

it('writes nothing for nobody, and keeps nothing of readers that left', () => {
  const { hub, enter, tell, asked } = open();
  const come = (count: number) => {
    for (let n = 0; n < count; n++) {
      const { reader } = enter();
      hub.join(reader, wants('a', 'a', `reader ${n}`));
      hub.leave(reader);
    }
    return heapUsed();
  };
  const before = come(100);
  expect(come(20_000) - before).toBeLessThan(2 * 1024 * 1024); // each of them would be three times that
  tell('a');
  expect(asked()).toBe(0);
});

it('tells the others of a turn though one leaves while they are told', () => {
  const { hub, enter, tell } = open();
  const [one, two] = [enter(), enter()];
  for (const { reader } of [one, two]) hub.join(reader, wants('a'));
  const { push } = one.reader.buffer;
  Object.assign(one.reader.buffer, {
    push: (bytes: Buffer, count: number) => (push(bytes, count), hub.leave(one.reader)),
  });
  tell('a');
  expect([one.frames.length, two.frames.length, hub.size]).toEqual([1, 1, 1]);
});

it('calls back once at the end of a turn, and what is asked for meanwhile at the end of the next', async () => {
  const { hub } = open();
  const calls: string[] = [];
  const turn = () => new Promise((done) => setImmediate(done));
  hub.soon(() => {
    calls.push('a');
    hub.soon(() => void calls.push('c'));
  });
  hub.soon(() => void calls.push('b'));
  expect(calls).toEqual([]);
  await turn();
  expect(calls).toEqual(['a', 'b']);
  await turn();
  expect(calls).toEqual(['a', 'b', 'c']);
});

it('ends all streams, or those of one session', () => {
  const { hub, enter } = open();
  const session = SessionId.parse('s');
  const [mine, other, nobody] = [enter(session), enter(SessionId.parse('t')), enter()];
  hub.dismiss('signed_out', session);
  expect([mine.byes, other.byes, nobody.byes]).toEqual([['signed_out'], [], []]);
  hub.dismiss('shutdown');
  expect([mine.byes, other.byes, nobody.byes]).toEqual([['signed_out', 'shutdown'], ['shutdown'], ['shutdown']]);
});
