import { expect, it } from '@jest/globals';
import type { ProviderFault } from '@drover/ports';
import { lab, machineOf, open, targetOf, token } from './testing.js';

const { signal } = new AbortController();

it('K13: a hundred operations at a provider that is down call it once a second at most, and are told when it is tried next', async () => {
  const { clock, operation, now, since, keep } = open(Math.random);
  const stop = new AbortController();
  keep(lab, stop.signal);
  await clock.advance(1_000);
  now('lab', 'refusing');
  const faults: string[] = [];
  const ends = Array.from({ length: 100 }, () => operation(machineOf(), faults));
  await clock.advance(2_000);
  const begun = clock.monotonic();
  await clock.advance(20_000);
  expect(since(begun).length).toBeLessThanOrEqual(21);
  expect(since(begun).length).toBeGreaterThan(8); // somebody waits, so it is tried soon again
  expect(faults.at(-1)).toMatch(
    /^The provider is not reached \(ECONNREFUSED\); it is tried again at 2026-\S+Z\. Nothing was sent\.$/,
  );
  now('lab', 'well');
  const back = clock.monotonic();
  await clock.advance(60_000);
  const took = (await Promise.all(ends)).map((at) => at - back);
  expect(Math.max(...took)).toBeLessThan(6_000); // a try within 2 s, the next look of each within 2 s, five at once
  stop.abort();
});

it('K13: no more than one question is open at a provider that hangs, however many wait', async () => {
  const { clock, operation, now, since } = open();
  now('lab', 'hanging');
  for (let i = 0; i < 100; i++) void operation(machineOf());
  await clock.advance(15_000); // five looks end by their own limit
  const begun = clock.monotonic();
  await clock.advance(60_000);
  expect(since(begun).length).toBeLessThanOrEqual(60 / 6 + 1); // each is given five seconds, then a second passes
  expect(new Set(since(begun).map(({ what }) => what))).toEqual(new Set(['ping']));
});

it('K13: what a provider says itself opens nothing, however often', async () => {
  const { guard, clock, calls, now, contact } = open();
  now('lab', 'busy');
  for (let i = 0; i < 20; i++) {
    const read = expect(guard.control.read(machineOf(), signal)).rejects.toMatchObject({ code: 'busy' });
    await clock.advance(1_000);
    await read;
  }
  expect(calls).toHaveLength(20);
  expect(contact.of(lab.id)).toEqual({ is: 'answering', nextTryAt: null, detail: null });
});

it('K13: one connection that hangs takes no place of another, and only five calls go out at once', async () => {
  const { guard, clock, since, now } = open();
  now('lab', 'hanging');
  for (let i = 0; i < 50; i++) void guard.control.read(machineOf(), signal).catch(() => undefined);
  await clock.advance(100);
  expect(since(-1)).toHaveLength(5);
  const other = guard.control.read(machineOf(targetOf('attic')), signal);
  await clock.advance(20);
  expect(await other).toMatchObject({ power: 'poweredOn' });
});

it('K13: what is sent goes before looks that wait: its own look was before it', async () => {
  const { guard, clock, calls } = open();
  for (let i = 0; i < 20; i++) void guard.control.read(machineOf(), signal);
  void guard.control.send(machineOf(), 'power-off', token, signal);
  await clock.advance(21);
  expect(calls.map(({ what }) => what).slice(5, 10)).toEqual(['send', 'read', 'read', 'read', 'read']);
});

it('K13: whoever waits for a turn is told as soon as the provider is known not to answer', async () => {
  const { guard, clock, now } = open();
  now('lab', 'hanging');
  const told: number[] = [];
  for (let i = 0; i < 50; i++) void guard.control.read(machineOf(), signal).catch(() => told.push(clock.monotonic()));
  await clock.advance(5_100);
  expect(told).toHaveLength(45);
});

it('K13: nothing is sent while it is open, and that is known', async () => {
  const { guard, clock, now, calls } = open();
  now('lab', 'refusing');
  for (let i = 0; i < 3; i++) await guard.control.read(machineOf(), signal).catch(() => undefined);
  const before = calls.length;
  const send = guard.control.send(machineOf(), 'power-off', token, signal);
  await expect(send).rejects.toMatchObject({ code: 'provider_unreachable', sent: 'no' });
  expect(calls).toHaveLength(before);
  await clock.advance(1);
});

it('a call that is given up before its turn was not sent; one that has its turn is told so first', async () => {
  const { guard, clock, calls, now } = open();
  now('lab', 'hanging');
  const turns: number[] = [];
  const stop = new AbortController();
  const sends = [1, 2, 3, 4, 5, 6].map((n) =>
    guard.control
      .send(machineOf(), 'reset', token, stop.signal, () => turns.push(n))
      .catch(({ sent }: ProviderFault) => sent),
  );
  await clock.advance(1_000);
  expect([turns, calls.length]).toEqual([[1, 2, 3, 4, 5], 5]);
  stop.abort();
  expect(await Promise.all(sends)).toEqual(['maybe', 'maybe', 'maybe', 'maybe', 'maybe', 'no']);
});

it('whoever gives up while a provider is tried is told at once that nothing was sent', async () => {
  const { guard, clock, now, calls } = open();
  now('lab', 'refusing');
  for (let i = 0; i < 3; i++) await guard.control.read(machineOf(), signal).catch(() => undefined);
  now('lab', 'hanging');
  await clock.advance(2_000); // it is tried, and hangs
  const stop = new AbortController();
  const send = guard.control.send(machineOf(), 'reset', token, stop.signal);
  const ended = send.catch((fault: ProviderFault) => [fault.code, fault.sent, clock.monotonic()]);
  await clock.advance(100);
  stop.abort();
  expect(await ended).toEqual(['no_answer', 'no', 2_100]);
  expect(calls.map(({ what }) => what)).not.toContain('send');
  const again = guard.control.send(machineOf(), 'reset', token, stop.signal);
  await expect(again).rejects.toMatchObject({ sent: 'no' });
});

it('K14: a provider that hangs while nothing is asked of it is found out by a ping', async () => {
  const { clock, contact, now, keep } = open();
  const stop = new AbortController();
  keep(lab, stop.signal);
  await clock.advance(30_000);
  expect(contact.of(lab.id).is).toBe('answering');
  const turns: (readonly [string, number])[] = [];
  now('lab', 'hanging');
  const begun = clock.monotonic();
  contact.onChange((id) => turns.push([contact.of(id).is, clock.monotonic() - begun]));
  await clock.advance(40_000);
  expect(turns.map(([is]) => is)).toEqual(['silent', 'lost']);
  expect(turns[0]?.[1]).toBeLessThanOrEqual(11_250); // asked within five seconds and a beat
  now('lab', 'well');
  await clock.advance(6_000);
  expect(turns.at(-1)?.[0]).toBe('answering');
  stop.abort();
});

it('K14: a task that takes long, or a stream that has nothing to tell, is no silence', async () => {
  const { clock, contact, guard, keep, now, calls } = open();
  const stop = new AbortController();
  keep(lab, stop.signal);
  await clock.advance(1_000);
  const turns: string[] = [];
  contact.onChange((id) => turns.push(contact.of(id).is));
  now('lab send', 'hanging');
  void guard.control.send(machineOf(), 'power-off', token, signal).catch(() => undefined);
  calls.length = 0;
  await clock.advance(60_000);
  expect(turns).toEqual([]);
  expect(calls.filter(({ what }) => what === 'ping').length).toBeGreaterThan(8);
  stop.abort();
});

it('K14: nobody pings a provider that refused the sign-in, nor one that was released', async () => {
  const { clock, keep, guard, calls } = open();
  const stop = new AbortController();
  keep(lab, stop.signal);
  await clock.advance(10_000);
  expect(calls.length).toBeGreaterThan(1);
  stop.abort();
  await guard.catalog.release(lab);
  const before = calls.length;
  await clock.advance(60_000);
  expect(calls).toHaveLength(before);
});

it('T-PRV-1: a provider that flaps is found out within five seconds and never taken for lost; others notice nothing', async () => {
  const { clock, contact, keep, now, calls, operation } = open(Math.random);
  const stop = new AbortController();
  const attic = targetOf('attic');
  keep(lab, stop.signal);
  keep(attic, stop.signal);
  await clock.advance(5_000);
  const turns: string[] = [];
  contact.onChange((id) => turns.push(`${id} ${contact.of(id).is}`));
  let latest = 0;
  for (let minute = 0; minute < 10 * 6; minute++) {
    now('lab', 'refusing');
    void operation(machineOf());
    const begun = clock.monotonic();
    while (contact.of(lab.id).nextTryAt === null && clock.monotonic() < begun + 5_000) await clock.advance(100);
    latest = Math.max(latest, clock.monotonic() - begun);
    await clock.advance(begun + 5_000 - clock.monotonic());
    now('lab', 'well');
    const asked = clock.monotonic();
    const other = operation(machineOf(attic));
    await clock.advance(5_000);
    expect((await other) - asked).toBe(20);
  }
  expect(latest).toBeLessThanOrEqual(5_000);
  expect(turns.filter((turn) => turn.endsWith('lost'))).toEqual([]);
  expect(turns.filter((turn) => turn.startsWith('attic'))).toEqual([]);
  expect(calls.filter(({ id, what }) => id === 'lab' && what !== 'read').length).toBeLessThan(600);
  stop.abort();
});

it('what was found out under other settings is forgotten', async () => {
  const { guard, clock, contact, now } = open();
  now('lab', 'refusing');
  for (let i = 0; i < 3; i++) await guard.control.read(machineOf(), signal).catch(() => undefined);
  expect(contact.of(lab.id).nextTryAt).not.toBeNull();
  now('lab', 'well');
  const read = guard.control.read(machineOf(targetOf('lab', 2)), signal);
  await clock.advance(20);
  expect(await read).toMatchObject({ power: 'poweredOn' });
  expect(contact.of(lab.id)).toEqual({ is: 'answering', nextTryAt: null, detail: null });
});

it('says of each connection whether calls go through: they do, they do not, or it is just being tried', async () => {
  const { guard, clock, now } = open();
  const states = () => guard.breakers();
  expect(states()).toEqual([]);
  now('lab', 'refusing');
  for (let i = 0; i < 3; i++) await guard.control.read(machineOf(), signal).catch(() => undefined);
  expect(states()).toEqual([{ id: 'lab', state: 'open' }]);
  now('lab', 'hanging');
  await clock.advance(2_000);
  expect(states()).toEqual([{ id: 'lab', state: 'half-open' }]);
  now('lab', 'well');
  await clock.advance(60_000);
  expect(states()).toEqual([{ id: 'lab', state: 'closed' }]);
});
