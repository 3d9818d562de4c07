import { expect, it } from '@jest/globals';
import { Instant, SessionId } from '@drover/kernel';
import { at, open, settle, turn } from './testing.js';

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

it('K36: all replays together read three pages of 4 ms in a turn, and others have theirs in between', async () => {
  const { enter, tell, wants, pages, pagesCost } = open();
  tell(30);
  pagesCost(4);
  const readers = ['ana', 'ben', 'cleo'].map((principal) =>
    enter({ principal, interest: wants('even'), begin: at(0) }),
  );
  for (let before = 0, turns = 0; pages() < 30; turns++) {
    await turn();
    expect(pages() - before).toBeLessThanOrEqual(3);
    before = pages();
    expect(turns).toBeLessThan(60);
  }
  await settle();
  for (const each of readers) expect(each.text()).toContain('id: n.30');
});

it('K36: two streams of a principal replay at once, the others wait after their greeting, with heartbeats', async () => {
  const { enter, tell, pass } = open();
  tell(30);
  const never = new Promise<never>(() => {});
  let go = () => {};
  const held = new Promise<void>((done) => (go = done));
  const slow = { principal: 'ana', begin: at(0), pageAfter: () => held.then(() => ({ upTo: 30, told: [] })) };
  const [one, two] = [enter(slow), enter(slow)];
  const [third, gone, theirs, live] = [
    enter({ principal: 'ana', begin: at(0) }),
    enter({ principal: 'ana', begin: at(0), pageAfter: () => never }),
    enter({ principal: 'ben', begin: at(0) }),
    enter({ principal: 'ana' }),
  ];
  await settle();
  pass(15_000);
  await settle();
  const names = (text: string) =>
    [...text.matchAll(/^(?:event: (\w+)|: (\w+))$/gm)].map(([, name, note]) => name ?? note);
  expect(names(third.text())).toEqual(['ok', 'hello', 'bookmark', 'hb']);
  expect(names(live.text())).toEqual(['ok', 'hello', 'bookmark', 'hb']);
  expect(theirs.ids()).toHaveLength(15);
  gone.leave();
  go();
  await settle();
  expect(third.ids()).toHaveLength(15);
  for (const each of [one, two, third]) expect(each.ended()).toBe(false);
});

it('K36: a replay whose reader does not read lets the next one go on after five seconds', async () => {
  const { enter, tell, pass } = open();
  tell(30);
  const stalled = [1, 2].map(() => enter({ begin: at(0) }));
  for (const each of stalled) each.stall();
  await settle();
  const next = enter({ begin: at(0) });
  pass(4999);
  await settle();
  expect(next.ids()).toEqual([]);
  pass(1);
  await settle();
  expect(next.ids()).toHaveLength(15);
  for (const each of stalled) each.read();
  await settle();
  for (const each of stalled) expect(each.ids()).toHaveLength(15);
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
  const session = { ref: SessionId.parse('s'), expiresAt: Instant.ofMs(60_000) };
  const [mine, theirs] = [enter({ session }), enter()];
  await settle();
  streams.endSession(session.ref, 'signed_out');
  expect([mine.ended(), theirs.ended()]).toEqual([true, false]);
  streams.drain('rebuilt', false);
  expect([theirs.ended(), streams.refusal()]).toEqual([true, null]);
  streams.drain('shutdown', true);
  expect(streams.refusal()).toMatchObject({
    ...{ rejected: 'not_ready', retryAfterSeconds: 1 },
    because: expect.stringMatching(/process stops/),
  });
});

it('ends when the session does, and when its time is over', async () => {
  const { enter, pass } = open();
  const session = { ref: SessionId.parse('s'), expiresAt: Instant.ofMs(60_000) };
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
  expect(streams.refusal()).toMatchObject({
    ...{ rejected: 'too_many_streams', retryAfterSeconds: 5 },
    because: expect.stringMatching(/500 streams are open. Nothing was opened/),
  });
});

it('says good-bye when its source cannot be read', async () => {
  const { enter, tell, reports } = open();
  tell(3);
  const pageAfter = async () => Promise.reject(new Error('disk'));
  const me = enter({ begin: at(1), pageAfter });
  await settle();
  expect([me.text(), reports]).toEqual([expect.stringContaining('"reason":"failed"'), ['stream: Error: disk']]);
});
