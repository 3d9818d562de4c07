import { afterEach, expect, it, jest } from '@jest/globals';
import { PublicFact, pageOf } from '@drover/contracts';
import { Instant, isRejection, type Rejection } from '@drover/kernel';
import { admin, disks, house, NOON, turnsDuring, viewer, vmId, type GatewayHouse } from '../../testing.js';

let here: GatewayHouse;
afterEach(() => here.stopAll());
const granted = <Answer>(answer: Answer): Exclude<Answer, Rejection> => {
  if (isRejection(answer)) throw new Error(answer.rejected);
  return answer as Exclude<Answer, Rejection>;
};
const begin = async () => {
  here = await house();
  for (const n of [1, 2, 3, 4, 5]) await here.tell.discovered(n);
  await here.settled();
};
const list = (asked: object = {}) => here.gateway.listEvents({ wait: 0, limit: 2, ...asked }, viewer);

it('reads the journal on, page by page, from the oldest kept', async () => {
  await begin();
  const first = granted(await list());
  expect(pageOf(PublicFact).parse(first)).toEqual(first);
  expect(first).toMatchObject({ position: 'c1.k1-r1.2', next: 'c1.k1-r1.2' });
  const second = granted(await list({ after: first.next }));
  const last = granted(await list({ after: second.next }));
  expect(last).toMatchObject({
    items: [{ subject: `vm/${vmId(5)}`, position: 'c1.k1-r1.5' }],
    next: null,
    position: 'c1.k1-r1.5',
  });
  expect(granted(await list({ after: last.position }))).toMatchObject({
    items: [],
    next: null,
    position: 'c1.k1-r1.5',
  });
});

it('goes past what does not fit, so that a filter need not be looked through twice', async () => {
  await begin();
  const found = granted(await list({ vm: [vmId(2)] }));
  expect(found).toMatchObject({ items: [{ position: 'c1.k1-r1.2' }], position: 'c1.k1-r1.5', next: null });
  expect(granted(await list({ event_types: ['io.drover.power.*'] }))).toMatchObject({
    items: [],
    position: 'c1.k1-r1.5',
  });
  expect(await list({ event_types: ['error'] })).toMatchObject({ rejected: 'filter_invalid' });
});

it('waits for something to come, and no longer than it was told to', async () => {
  await begin();
  const waiting = list({ after: 'c1.k1-r1.5', wait: 25, event_types: ['io.drover.power.*'] });
  await here.clock.advance(5000);
  await here.tell.discovered(6);
  await here.settled();
  await here.tell.off(1);
  await here.settled();
  expect(granted(await waiting)).toMatchObject({
    items: [{ type: 'io.drover.power.power-off-requested.v1' }],
    position: 'c1.k1-r1.7',
  });

  let told: unknown = null;
  void list({ after: 'c1.k1-r1.7', wait: 25 }).then((answer) => (told = answer));
  await here.clock.advance(24_999);
  expect(told).toBeNull();
  await here.clock.advance(1);
  expect(told).toMatchObject({ items: [], position: 'c1.k1-r1.7' });
});

it('K36: takes its turns with all who read the journal, and parses nothing that does not fit', async () => {
  const on = disks();
  let spent = 0;
  here = await house({ clock: { ...on.clock, monotonic: () => on.clock.monotonic() + spent } }, on);
  for (let n = 0; n < 1200; n++) await here.tell.observed(n % 7, 'poweredOn');
  await here.settled();
  const { select } = here.journal;
  const given: number[] = [];
  here.journal.select = async (...asked) => {
    spent += 10;
    const kept = await select(...asked);
    given.push(kept?.length ?? -1);
    return kept;
  };
  expect(await turnsDuring(() => list({ event_types: ['io.drover.power.*'] }))).toBeGreaterThanOrEqual(2);
  expect(given).toEqual([0, 0, 0]);
});

it.each([0, 25])('looks for a second at most, and says how far it came (wait %d)', async (wait) => {
  const on = disks();
  let spent = 0;
  here = await house({ clock: { ...on.clock, monotonic: () => on.clock.monotonic() + spent } }, on);
  for (let n = 0; n < 1200; n++) await here.tell.observed(n % 7, 'poweredOn');
  await here.settled();
  const { select } = here.journal;
  here.journal.select = (...asked) => {
    spent += 600;
    return select(...asked);
  };
  const none = { event_types: ['io.drover.power.*'], wait };
  expect(granted(await list(none))).toMatchObject({ items: [], position: 'c1.k1-r1.1000', next: 'c1.k1-r1.1000' });
});

it('does not go on over what was cut off while it looked', async () => {
  here = await house();
  for (let n = 0; n < 1200; n++) await here.tell.observed(n % 7, 'poweredOn');
  await here.settled();
  const { select } = here.journal;
  here.journal.select = async (after, ...more) => {
    const page = await select(after, ...more);
    if (after === 0) await here.journal.trim(Instant.plusSeconds(NOON, 60), 100);
    return page;
  };
  const first = granted(await list({ limit: 1000 }));
  expect([first.items.length, first.next]).toEqual([500, 'c1.k1-r1.500']);
  expect(await list({ after: first.next })).toMatchObject({ rejected: 'cursor_expired' });
});

it('tells who waits nothing of a journal that began anew meanwhile', async () => {
  await begin();
  const waiting = list({ after: 'c1.k1-r1.5', wait: 25 });
  await here.rebuild();
  await here.tell.discovered(6);
  await here.settled();
  const told = granted(await waiting);
  expect(told).toMatchObject({ items: [], position: 'c1.k1-r1.5' });
  expect(await list({ after: told.position })).toMatchObject({ rejected: 'cursor_expired' });
});

it('answers who waits when the process stops', async () => {
  await begin();
  const waiting = list({ after: 'c1.k1-r1.5', wait: 55 });
  here.stop.abort();
  expect(granted(await waiting).items).toEqual([]);
});

it('K38: who waits when the process stops reads the journal no more: it is closed soon', async () => {
  await begin();
  const asked = Array.from({ length: 20 }, () => list({ after: 'c1.k1-r1.5', wait: 55 }));
  await here.settled();
  here.stop.abort();
  const read = jest.spyOn(here.journal, 'state');
  const answers = await Promise.all(asked);
  expect(answers.map((answer) => granted(answer).items)).toEqual(asked.map(() => []));
  expect(read).not.toHaveBeenCalled();
});

it('tells a cursor that is none from one that is too old', async () => {
  await begin();
  for (const after of ['1', 'nonsense', 'c1.k1-r1.99'])
    expect(await list({ after })).toMatchObject({ rejected: 'cursor_invalid', pointer: '?/after' });
  expect(await list({ after: 'c1.k9.1' })).toMatchObject({ rejected: 'cursor_expired' });
  await here.journal.trim(Instant.plusSeconds(NOON, 60), 1);
  expect(await list({ after: 'c1.k1-r1.1' })).toMatchObject({ rejected: 'cursor_expired' });
  expect(granted(await list()).items).toMatchObject([{ position: 'c1.k1-r1.5' }]);
});

it('T54: keeps who was let in from those who may not know', async () => {
  await begin();
  await here.gateway.signInByLink({ code: 'first' }, { sub: 'anonymous', rights: [], requestId: 'r' });
  await here.settled();
  expect(granted(await list({ after: 'c1.k1-r1.5' })).items).toEqual([]);
  expect(granted(await here.gateway.listEvents({ wait: 0, limit: 9, after: 'c1.k1-r1.5' }, admin)).items).toHaveLength(
    1,
  );
});
