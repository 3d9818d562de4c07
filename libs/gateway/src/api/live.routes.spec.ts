import { afterEach, expect, it } from '@jest/globals';
import { Instant, type Actor } from '@drover/kernel';
import { admin, granted, houses, NOON, turn, viewer, vmId, type GatewayHouse } from '../testing.js';
import { eventOf, type reader } from './testing.js';

const { started: built, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));
const started = async (...given: Parameters<typeof built>) => {
  const here = await built(...given);
  await here.tell.connected();
  await here.settled();
  return here;
};

type Asking = Parameters<GatewayHouse['connect']>;
const ask = (here: GatewayHouse, ...asked: Asking) => here.openStream(...asked);
const connect = (here: GatewayHouse, ...asked: Asking) => here.connect(...asked);
const shape = (me: ReturnType<typeof reader>) => me.frames().map(({ event, comment }) => event ?? comment);

it('greets at once, then gives its place, then tells what happens', async () => {
  const here = await started();
  const me = granted(await ask(here));
  await turn();
  expect(me.text().split('\n\n').slice(0, 3)).toEqual([
    'retry: 2000',
    ': ok',
    'event: hello\ndata: {"server":"gateway","resumedFrom":null,"gap":false}',
  ]);
  expect(me.frames().at(-1)).toMatchObject({ event: 'bookmark', id: 'c1.k1-r1.2' });
  await here.tell.discovered(1);
  await here.settled();
  await turn();
  expect(me.frames().at(-1)).toMatchObject({ event: 'io.drover.inventory.vm-discovered.v1', id: 'c1.k1-r1.3' });
  expect(eventOf(me.frames().at(-1) ?? { event: null, id: null, data: null, comment: null })).toMatchObject({
    specversion: '1.0',
    subject: `vm/${vmId(1)}`,
  });
});

it('T51: gives who was cut off exactly what happened meanwhile, in order, once', async () => {
  const here = await started();
  const me = await connect(here);
  for (const n of [1, 2, 3]) await here.tell.discovered(n);
  await here.settled();
  await turn();
  me.cut();
  const seen = me.ids();
  for (const n of [4, 5, 6, 7, 8]) await here.tell.discovered(n);
  await here.settled();
  await turn();
  expect(me.ids()).toEqual(seen);
  const last = me.lastId() ?? '';
  for (const asked of [{ lastEventId: last }, { last_event_id: last }, { lastEventId: last, last_event_id: '1' }]) {
    const back = await connect(here, asked);
    expect(back.frames()[1]).toMatchObject({ event: 'hello', data: { resumedFrom: me.lastId(), gap: false } });
    expect(back.ids()).toEqual(['c1.k1-r1.6', 'c1.k1-r1.7', 'c1.k1-r1.8', 'c1.k1-r1.9', 'c1.k1-r1.10']);
    expect(shape(back).slice(0, 4)).toEqual([': ok', 'hello', 'bookmark', 'io.drover.inventory.vm-discovered.v1']);
  }
});

it('joins history to what happens meanwhile without a gap or a repeat', async () => {
  const here = await started();
  const first = await connect(here);
  for (let n = 0; n < 1200; n++) await here.tell.discovered(n);
  await here.settled();
  expect(first.facts()).toHaveLength(1200);
  const me = granted(await ask(here, { lastEventId: 'c1.k1-r1.2' }));
  for (let n = 1200; n < 1300; n++) await here.tell.discovered(n);
  await here.settled();
  for (let i = 0; i < 50; i++) await turn();
  expect(me.ids()).toEqual(Array.from({ length: 1300 }, (_, i) => `c1.k1-r1.${i + 3}`));
});

it('K36: twenty streams that resume with a filter that fits nothing have no event parsed, and end up live', async () => {
  const here = await started();
  for (let n = 0; n < 1200; n++) await here.tell.discovered(n);
  await here.settled();
  const { select, read } = here.journal;
  const given: unknown[] = [];
  here.journal.read = async (...asked) => (given.push('read'), read(...asked));
  here.journal.select = async (...asked) => {
    const kept = await select(...asked);
    given.push(kept?.length);
    return kept;
  };
  const asked = { lastEventId: 'c1.k1-r1.0', vm: [vmId(5000)] };
  const all = await Promise.all(Array.from({ length: 20 }, () => connect(here, asked)));
  for (let i = 0; i < 60; i++) await turn();
  expect(new Set(given)).toEqual(new Set([0]));
  for (const each of all) expect([each.ids(), each.lastId()]).toEqual([[], 'c1.k1-r1.1202']);
  await here.tell.discovered(5000);
  await here.settled();
  await turn();
  for (const each of all) expect(each.ids()).toEqual(['c1.k1-r1.1203']);
});

it('T52: gives no frame but facts and bookmarks an id, and lets no bookmark run ahead of a fact', async () => {
  const here = await started();
  const me = await connect(here, { lastEventId: 'nonsense', snapshot: true });
  for (let n = 0; n < 20; n++) {
    await here.tell.discovered(n);
    await here.clock.advance(7000);
  }
  await here.settled();
  here.stop.abort();
  await turn();
  expect(new Set(shape(me))).toEqual(
    new Set([': ok', ': hb', 'hello', 'reset', 'bookmark', 'io.drover.inventory.vm-discovered.v1', 'bye']),
  );
  const withId = me.frames().filter(({ id }) => id !== null);
  expect(new Set(withId.map(({ event }) => event))).toEqual(
    new Set(['bookmark', 'io.drover.inventory.vm-discovered.v1']),
  );
  const positions = withId.map(({ id }) => Number(/^c1\.k1\.(\d+)$/.exec(id ?? '')?.[1]));
  expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  expect(me.ended()).toBe(true);
});

it('T53: tells a cursor that is too old, and resumes earlier ones after a restart', async () => {
  const here = await started();
  for (const n of [1, 2, 3]) await here.tell.discovered(n);
  await here.settled();
  await here.stopAll();
  const again = await built({}, here.on);
  expect((await connect(again, { lastEventId: 'c1.k1-r1.3' })).ids()).toEqual(['c1.k1-r2.4', 'c1.k1-r2.5']);
  await again.journal.trim(Instant.plusSeconds(NOON, 3600), 1);
  const late = await connect(again, { lastEventId: 'c1.k1-r1.3' });
  expect([late.named('reset')[0]?.data, late.lastId()]).toMatchObject([{ reason: 'too_old' }, 'c1.k1-r2.5']);
});

const signedIn = async (here: GatewayHouse): Promise<Actor> => {
  const { session } = await here.on.sessions.create('admin');
  return { ...admin, session: session.ref };
};

it('T55: ends with the session: at once when it is left, to the second when it expires', async () => {
  const here = await started();
  const [leaving, staying] = [await signedIn(here), await signedIn(here)];
  const [one, two, bearer] = [
    await connect(here, {}, leaving),
    await connect(here, {}, staying),
    await connect(here, {}, admin),
  ];
  await here.gateway.signOut({}, leaving);
  expect([one.ended(), two.ended(), bearer.ended()]).toEqual([true, false, false]);
  expect(one.frames().at(-1)).toMatchObject({ event: 'bye', data: { reason: 'signed_out' } });
  // The lifetime is over first; what comes back within the session ends with it.
  await here.clock.advance(119 * 60_000);
  const back = await connect(here, {}, staying);
  await here.clock.advance(59_999);
  expect(back.ended()).toBe(false);
  await here.clock.advance(1);
  expect(back.frames().at(-1)).toMatchObject({ event: 'bye', data: { reason: 'session_expired' } });
});

it('T55: opens nothing for a session that is over, however its cookie was let in', async () => {
  const here = await started();
  const left = await signedIn(here);
  await here.gateway.signOut({}, left);
  expect(await ask(here, {}, left)).toMatchObject({ rejected: 'unauthenticated' });
  const late = await signedIn(here);
  await here.clock.advance(2 * 3_600_000);
  expect(await ask(here, {}, late)).toMatchObject({ rejected: 'unauthenticated' });
});

it('T57: cuts off a reader that reads nothing once its buffer is full; others do not wait; it resumes', async () => {
  const here = await started();
  const [stalled, healthy] = [await connect(here), await connect(here)];
  stalled.stall();
  for (let n = 0; n < 1100 && !stalled.ended(); n++) {
    await here.tell.discovered(n);
    await here.settled();
    await turn();
    expect(healthy.facts()).toHaveLength(n + 1);
  }
  expect(stalled.ended()).toBe(true);
  expect(stalled.frames().at(-1)).toMatchObject({ event: 'bye', data: { reason: 'slow' } });
  const kept = healthy.facts().length - stalled.facts().length;
  expect(kept).toBeGreaterThan(100);
  expect(kept).toBeLessThanOrEqual(1001);
  expect((await connect(here, { lastEventId: stalled.lastId() ?? '' })).facts()).toHaveLength(kept);
});

it('keeps a reader that pauses and reads on, and sends it what waited', async () => {
  const here = await started();
  const me = await connect(here);
  me.stall();
  for (let n = 0; n < 100; n++) await here.tell.discovered(n);
  await here.settled();
  await turn();
  me.read();
  await turn();
  expect(me.ids()).toEqual(Array.from({ length: 100 }, (_, i) => `c1.k1-r1.${i + 3}`));
  expect(me.ended()).toBe(false);
});

it('keeps the line open, and moves the cursor of a reader that nothing reaches', async () => {
  const here = await started();
  const me = await connect(here, { event_types: ['worker_status'] });
  await here.tell.discovered(1);
  await here.settled();
  await here.clock.advance(15_000);
  expect(shape(me).slice(3)).toEqual([': hb']);
  await here.clock.advance(15_000);
  expect(shape(me).slice(3)).toEqual([': hb', 'bookmark']);
  expect(me.lastId()).toBe('c1.k1-r1.3');
  await here.clock.advance(30_000);
  expect(shape(me).slice(5)).toEqual([': hb', ': hb']);
});

it('says good-bye after a quarter of an hour, spread by a tenth either way, and when to come back', async () => {
  for (const [random, minutes] of [
    [0, 13.5],
    [0.5, 15],
    [1, 16.5],
  ] as const) {
    const here = await started({ random: () => random });
    const me = await connect(here);
    await here.clock.advance(minutes * 60_000 - 1);
    expect(me.ended()).toBe(false);
    await here.clock.advance(1);
    expect(me.frames().at(-1)).toEqual({
      event: 'bye',
      id: null,
      comment: null,
      data: { reason: 'lifetime', reconnectAfterMs: 500 + random * 2500 },
    });
    expect(me.ended()).toBe(true);
  }
});

it('ends every stream when the process stops, and opens none after', async () => {
  const here = await started();
  const me = await connect(here);
  here.stop.abort();
  expect(me.frames().at(-1)).toMatchObject({ event: 'bye', data: { reason: 'shutdown' } });
  expect(await ask(here)).toMatchObject({ rejected: 'not_ready' });
});

it('ends every stream when the journal begins anew: the old cursors are foreign then', async () => {
  const here = await started();
  const me = await connect(here);
  await here.rebuild();
  expect(me.frames().at(-1)).toMatchObject({ event: 'bye', data: { reason: 'rebuilt' } });
  const back = await connect(here, { lastEventId: me.lastId() ?? '' });
  expect(back.named('reset')[0]?.data).toMatchObject({ reason: 'foreign' });
});

it('says good-bye instead of throwing when the journal cannot be read', async () => {
  const here = await started();
  await here.tell.discovered(1);
  await here.settled();
  here.journal.select = async () => {
    throw new Error('disk');
  };
  const me = await connect(here, { lastEventId: 'c1.k1-r1.1' });
  expect(me.frames().at(-1)).toMatchObject({ event: 'bye', data: { reason: 'failed' } });
  expect(here.reports.splice(0)).toEqual(['stream: Error: disk']);
});

it('shows a reader nothing that the views do not show yet', async () => {
  const here = await started();
  const me = await connect(here);
  const seen: unknown[] = [];
  const { write } = me.sink;
  me.sink.write = (bytes) => {
    if (bytes.toString().includes('vm-discovered')) seen.push(here.gateway.getVm({ id: vmId(1) }, viewer));
    return write(bytes);
  };
  await here.tell.discovered(1);
  await here.settled();
  await turn();
  expect(await Promise.all(seen)).toMatchObject([{ id: vmId(1), name: 'vm-1' }]);
});
