import { expect, it } from '@jest/globals';
import type { CloudEvent } from '@drover/contracts';
import { Instant } from '@drover/kernel';
import type { Sink } from './outlet.js';
import type { Stream } from './stream.js';
import { liveStreams } from './streams.js';

/** A source of numbers, a clock that is moved by hand, and readers who want what is odd, what is even, or all. */
const open = () => {
  let now = 0;
  const due = new Set<{ readonly at: number; readonly call: () => void }>();
  const clock = {
    now: () => Instant.ofMs(now),
    after: (ms: number, call: () => void) => {
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

  const reports: string[] = [];
  const report = (where: string, error: unknown) => void reports.push(`${where}: ${String(error)}`);
  const topicsOf = (n: number) => [n % 2 === 0 ? 'even' : 'odd'];
  const streams = liveStreams({ clock, report, topicsOf, random: () => 0.5, server: 'numbers' });
  const cursorAt = (position: number) => `n.${position}`;
  let head = 0;
  const told = (position: number) => ({
    position,
    cursor: cursorAt(position),
    traits: position,
    event: { id: `${position}` } as CloudEvent,
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
  const enter = (given: Partial<Stream<number>> = {}) => {
    const pieces: Buffer[] = [];
    let [full, ended, drained] = [false, false, () => {}];
    const sink: Sink = {
      write: (bytes) => pieces.push(bytes) > 0 && !full,
      end: () => void (ended = true),
      destroy: () => void (ended = true),
      onDrain: (call) => void (drained = call),
      onClose: () => {},
    };
    streams.open(
      {
        interest: wants('odd'),
        session: null,
        snapshot: null,
        cursorAt,
        begin: () => ({ at: null, gap: null }),
        end: () => ({ position: head, cursor: cursorAt(head) }),
        pageAfter: async (after) => Array.from({ length: Math.min(3, head - after) }, (_, i) => told(after + i + 1)),
        ...given,
      },
      sink,
    );
    const text = () => Buffer.concat(pieces).toString();
    return {
      pieces,
      text,
      ended: () => ended,
      stall: () => void (full = true),
      read: () => {
        full = false;
        drained();
      },
      ids: () => [...text().matchAll(/^event: (?:odd|even)\ndata: .*\nid: n\.(\d+)$/gm)].map(([, id]) => Number(id)),
    };
  };
  return { streams, tell, enter, wants, pass, reports };
};
const turn = () => new Promise((done) => setImmediate(done));
const settle = async () => {
  for (let i = 0; i < 20; i++) await turn();
};
const at = (position: number) => () => ({ at: { position, cursor: `n.${position}` }, gap: null });

it('joins what was missed to what happens, without a gap or a repeat', async () => {
  const { enter, tell } = open();
  tell(10);
  const me = enter({ begin: at(2) });
  tell(4); // while it catches up
  await settle();
  tell(4);
  await settle();
  expect(me.ids()).toEqual([3, 5, 7, 9, 11, 13, 15, 17]);
  expect(me.text()).toContain('"server":"numbers","resumedFrom":"n.2","gap":false');
});

it('reads history that its reader does not want page by page, and lets others have their turn in between', async () => {
  const { enter, tell, wants } = open();
  tell(30);
  let pages = 0;
  const pageAfter = async (after: number) => {
    pages += 1;
    const event = { id: `${after}` } as CloudEvent;
    return [1, 2, 3].map((n) => ({ position: after + n, cursor: `n.${after + n}`, traits: 1, event }));
  };
  const me = enter({ interest: wants('even'), begin: at(0), pageAfter });
  for (const soFar of [1, 2, 3]) {
    await turn();
    expect(pages).toBeLessThanOrEqual(soFar + 1);
  }
  await settle();
  expect([pages, me.text()]).toEqual([10, expect.stringContaining('id: n.30')]);
});

it('says a gap once, and gives present state before the place it stands at', async () => {
  const { enter, tell } = open();
  tell(5);
  const pages = async function* () {
    yield [{ n: 1 }, { n: 2 }];
  };
  const snapshot = () => ({ position: 5, pages: pages() });
  const me = enter({ begin: () => ({ at: null, gap: 'foreign' }), snapshot });
  await settle();
  expect([...me.text().matchAll(/^event: (\w+)$/gm)].map(([, name]) => name)).toEqual([
    ...['hello', 'reset', 'state', 'state', 'bookmark'],
  ]);
  expect(me.text()).toContain('"resumedFrom":"n.5","gap":true');
});

it('writes one piece of bytes for all who want the same, and nothing for who wants something else', async () => {
  const { enter, tell, wants } = open();
  const [one, two, other] = [enter(), enter(), enter({ interest: wants('even') })];
  await settle();
  const before = other.pieces.length;
  tell(1);
  await settle();
  expect(one.ids()).toEqual([1]);
  expect(two.pieces.at(-1)).toBe(one.pieces.at(-1));
  expect(other.pieces).toHaveLength(before);
});

it('moves the cursor of who was skipped, and never ahead of what a full reader still waits for', async () => {
  const { enter, tell, wants, pass } = open();
  const [skipped, full] = [enter({ interest: wants('even') }), enter()];
  await settle();
  full.stall();
  tell(1);
  await settle();
  tell(2);
  pass(15_000);
  pass(15_000);
  await settle();
  expect(skipped.text()).toMatch(
    /event: even\ndata: .*\nid: n\.2\n[^]*: hb\n\nevent: bookmark\ndata: \{\}\nid: n\.3\n/,
  );
  expect(full.text()).not.toContain('id: n.3');
  full.read();
  await settle();
  expect(full.ids()).toEqual([1, 3]);
});

it('cuts off who does not read at a thousand frames, and forgets it', async () => {
  const { enter, tell } = open();
  const me = enter();
  await settle();
  me.stall();
  tell(2);
  await settle();
  tell(2000);
  expect(me.ended()).toBe(false);
  tell(2);
  expect([me.ended(), me.text()]).toEqual([true, expect.stringContaining('"reason":"slow"')]);
  const written = me.pieces.length;
  tell(2);
  await settle();
  expect(me.pieces).toHaveLength(written);
});

it('ends the streams of a session, and all of them, and opens none after the last', async () => {
  const { enter, streams } = open();
  const session = { ref: 's', expiresAt: Instant.ofMs(60_000) };
  const [mine, theirs] = [enter({ session }), enter()];
  await settle();
  streams.endSession('s', 'signed_out');
  expect([mine.ended(), theirs.ended()]).toEqual([true, false]);
  streams.drain('rebuilt', false);
  expect([theirs.ended(), streams.refusal()]).toEqual([true, null]);
  streams.drain('shutdown', true);
  expect(streams.refusal()).toMatchObject({ rejected: 'not_ready' });
});

it('ends when the session does, and when its time is over', async () => {
  const { enter, pass } = open();
  const session = { ref: 's', expiresAt: Instant.ofMs(60_000) };
  const [short, long] = [enter({ session }), enter()];
  pass(59_999);
  expect(short.ended()).toBe(false);
  pass(1);
  expect([short.ended(), long.ended()]).toEqual([true, false]);
  pass(14 * 60_000);
  await settle();
  expect(long.text()).toContain('"reason":"lifetime"');
});

it('has room for five hundred', () => {
  const { enter, streams } = open();
  for (let i = 0; i < 500; i++) enter();
  expect(streams.refusal()).toMatchObject({ rejected: 'too_many_streams', retryAfterSeconds: 5 });
});

it('says good-bye when its source cannot be read', async () => {
  const { enter, tell, reports } = open();
  tell(3);
  const pageAfter = async () => Promise.reject(new Error('disk'));
  const me = enter({ begin: at(1), pageAfter });
  await settle();
  expect([me.text(), reports]).toEqual([expect.stringContaining('"reason":"failed"'), ['stream: Error: disk']]);
});
