// One stream: what its greeting says, what it is sent before it is live, and when it ends.
import { expect, it } from '@jest/globals';
import { Instant, SessionId } from '@drover/kernel';
import { at, open, settle } from './testing.js';

const names = (text: string) => [...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);

it('greets at once, before what it missed is read', async () => {
  const { enter, tell } = open();
  tell(3);
  const me = enter({ begin: at(0), pageAfter: () => new Promise(() => {}) });
  await settle();
  expect(names(me.text())).toEqual(['hello', 'bookmark']);
});

it.each([
  [0, 1000],
  [1, 3000],
])('asks the browser to come back after one second to three, spread at random (%d)', async (chance, ms) => {
  const { enter } = open(() => chance);
  const me = enter();
  await settle();
  expect(me.text().startsWith(`retry: ${ms}\n\n: ok\n\nevent: hello\n`)).toBe(true);
  expect(me.text()).toContain('"resumedFrom":null,"gap":false');
});

it('begins at the end where no place was asked for, and says which that is', async () => {
  const { enter, tell } = open();
  tell(4);
  const me = enter();
  await settle();
  expect([names(me.text()), me.ids()]).toEqual([['hello', 'bookmark'], []]);
  expect(me.text()).toMatch(/event: bookmark\ndata: \{\}\nid: n\.4\n/);
});

it('starts anew at the present end where history is no longer kept, and says so', async () => {
  const { enter, tell } = open();
  tell(6);
  const me = enter({ begin: at(1), pageAfter: async () => null });
  await settle();
  expect(names(me.text())).toEqual(['hello', 'bookmark', 'reset', 'bookmark']);
  expect(me.text()).toMatch(/"reason":"too_old"[^]*id: n\.6\n/);
  tell(1);
  await settle();
  expect(me.ids()).toEqual([7]);
});

it('sends of history what is wanted, and one bookmark for what is skipped at its end', async () => {
  const { enter, tell } = open();
  tell(4);
  const me = enter({ begin: at(0) });
  await settle();
  expect(me.ids()).toEqual([1, 3]);
  expect(me.text()).toMatch(/id: n\.3\n\nevent: bookmark\ndata: \{\}\nid: n\.4\n\n$/);
});

it('moves no cursor where the last of history was told', async () => {
  const { enter, tell } = open();
  tell(3);
  const me = enter({ begin: at(0) });
  await settle();
  expect(me.text()).toMatch(/event: odd\ndata: .*\nid: n\.3\n\n$/);
});

it('goes on with what happened while present state was read', async () => {
  const { enter, tell } = open();
  tell(5);
  const pages = async function* () {
    yield [{ n: 1 }];
    tell(2);
    yield [{ n: 2 }];
  };
  const me = enter({ snapshot: () => ({ position: 5, pages: pages() }) });
  await settle();
  expect(names(me.text())).toEqual(['hello', 'state', 'state', 'bookmark', 'odd']);
  expect(me.ids()).toEqual([7]);
});

it('gives no present state to who goes on without a gap: the events say it', async () => {
  const { enter, tell } = open();
  tell(5);
  const snapshot = () => {
    throw new Error('not asked for');
  };
  const me = enter({ begin: at(2), snapshot });
  await settle();
  expect([me.ids(), me.ended()]).toEqual([[3, 5], false]);
});

it.each(['before', 'while'])('reads nothing for a reader that left %s its history was read', async (when) => {
  const { enter, tell, pages, reports } = open();
  tell(9);
  const me = enter({ begin: at(0) });
  if (when === 'before') me.leave();
  else {
    me.stall();
    await settle();
    me.leave();
  }
  const read = pages();
  await settle();
  expect([pages() - read, reports]).toEqual([0, []]);
});

it('reads no more of present state for a reader that has left', async () => {
  const { enter } = open();
  let read = 0;
  const pages = async function* () {
    for (; ; read++) yield [{ n: read }];
  };
  const me = enter({ snapshot: () => ({ position: 0, pages: pages() }) });
  me.stall();
  await settle();
  me.leave();
  await settle();
  expect(read).toBeLessThan(5);
});

it.each([
  [0, 13.5],
  [1, 16.5],
])('lives for a quarter of an hour, more or less by a tenth (%d)', async (chance, minutes) => {
  const { enter, pass } = open(() => chance);
  const me = enter();
  await settle();
  pass(minutes * 60_000 - 1);
  expect(me.ended()).toBe(false);
  pass(1);
  expect([me.ended(), me.text()]).toEqual([true, expect.stringContaining('"reason":"lifetime"')]);
});

it('says why it ends with its session', async () => {
  const { enter, pass } = open();
  const me = enter({ session: { ref: SessionId.parse('s'), expiresAt: Instant.ofMs(1000) } });
  await settle();
  pass(1000);
  expect(me.text()).toContain('"reason":"session_expired"');
});

it('lets the next of its principal replay when its reader leaves', async () => {
  const { enter, tell } = open();
  tell(3);
  const never = { begin: at(0), pageAfter: () => new Promise<never>(() => {}) };
  const stuck = [enter(never), enter(never)];
  const next = enter({ begin: at(0) });
  await settle();
  expect(next.ids()).toEqual([]);
  stuck[0]?.leave();
  await settle();
  expect(next.ids()).toEqual([1, 3]);
});

it('waits for nothing but its end and the next heartbeat once it is live', async () => {
  const { enter, tell, timers } = open();
  tell(9);
  enter({ begin: at(0) });
  await settle();
  expect(timers()).toBe(2);
});

it('keeps no timer of a stream that is over', async () => {
  const { enter, timers } = open();
  const me = enter({ session: { ref: SessionId.parse('s'), expiresAt: Instant.ofMs(60_000) } });
  await settle();
  me.leave();
  expect(timers()).toBe(0);
});
