// Two releases whose views differ in shape share one data directory, as in a roll-out, over a journal that was trimmed before.
// Clients ask without a pause all through it: each request is answered, each cursor stays good. The other shape is made by a
// setting for tests. Never: a phase that ends before each client was answered by each process that serves in it.
import { expect, it } from '@jest/globals';
import type { PublicFact, Page, Vm } from '@drover/contracts';
import { faketimeLibrary, wallClock } from '../../../tools/infra/faketime.js';
import { until, type Api } from './api.js';
import { openHouse, within, type House } from './house.js';
import { keptStream } from './live.js';
import { rollOutClients, type Serving } from './roll-out-clients.js';
import { sharedSites } from './shared-sites.js';

const library = await faketimeLibrary();
const story = library ? it : it.skip;

const LEASE_SECONDS = 3;
const FLEET = 200;
/** So many of the newest events stay in the journal. */
const KEEP = 60;
/** How often the stream moves to the next process. */
const MOVES_MS = 1_500;
/** A request that waits for nothing is answered long before, and one that waits was asked to for five seconds. */
const LONGEST_MS = 15_000;
const clients = ['reads', 'lists', 'switches', 'waits'] as const;

const settled = (api: Api) =>
  until(
    () => api.fleet(),
    ({ status, body }) => status === 200 && body.total === FLEET && body.complete,
    60_000,
  );
const idsOf = ({ items }: Page<Vm>) => items.map(({ id }) => id);
const after = (api: Api, cursor: string) => api.get<Page<PublicFact>>(`/api/v1/events?after=${cursor}&limit=200`);
const eventIds = (items: readonly PublicFact[]) => items.map(({ source, id }) => `${source} ${id}`);

/** A release with a history, whose journal was trimmed two days later; how to start another process beside it. */
const trimmedRelease = async (left: AsyncDisposableStack) => {
  const clock = left.use(wallClock(library ?? ''));
  const { settings } = await sharedSites(left, LEASE_SECONDS);
  const given = { ...settings, ...clock.env, DROVER_JOURNAL_DAYS: '1', DROVER_JOURNAL_KEEP: String(KEEP) };
  const process = async (shape: string) => {
    const house = left.use(await openHouse({ ...given, DROVER_VIEWS_SHAPE: shape }));
    await house.start();
    await settled(house.api());
    return house;
  };
  const older = await process('older');
  const machines = (await older.api().vms('?power=poweredOn&limit=10&sort=name')).body.items;
  for (const { id } of machines) await older.api().done(`/api/v1/vms/${id}/actions/power-off`, { mode: 'hard' });
  const told = await older.api().events();
  await older.stop();
  clock.jump(48);
  await older.start();
  await settled(older.api());
  const kept = await until(
    () => older.api().events(),
    ({ length }) => length < told.length,
  );
  expect(kept.length).toBeLessThan(told.length); // trimmed
  // What is two days old may be trimmed at any time; what happens now is kept for a day.
  for (const { id } of machines.slice(0, 5)) await older.api().done(`/api/v1/vms/${id}/actions/power-on`);
  const all = await older.api().events();
  const recent = all.slice(all.findIndex(({ id }) => id === kept.at(-1)?.id) + 1);
  expect(recent.length).toBeGreaterThan(10);
  return { process, older, machines, told, recent };
};

/** Both show the same, from the first event on, and know each other's places. */
const expectSame = async (apis: readonly [Api, Api], machines: readonly Vm[], cursors: readonly string[]) => {
  for (const { id } of machines) {
    const [one, other] = await until(
      () => Promise.all(apis.map(async (api) => (await api.history(id)).body.items)),
      ([here, there]) => here?.length === there?.length,
    );
    expect(other).toEqual(one);
    expect(one?.length).toBeGreaterThan(3);
  }
  const [here, there] = await Promise.all(apis.map((api) => api.vms('?limit=50&sort=name')));
  expect(idsOf(there!.body)).toEqual(idsOf(here!.body));
  for (const cursor of cursors) {
    const [one, other] = await Promise.all(apis.map((api) => after(api, cursor)));
    expect([one?.status, other?.status]).toEqual([200, 200]);
    const [those, these] = [eventIds(one!.body.items), eventIds(other!.body.items)];
    const both = Math.min(those.length, these.length); // more comes all the time
    expect(those.slice(0, both)).toEqual(these.slice(0, both));
  }
};

story(
  'T-SSE-1: a roll-out with views of another shape, over a trimmed journal: every request is answered, every cursor stays good',
  async () => {
    await using left = new AsyncDisposableStack();
    const { process, older, machines, told, recent } = await trimmedRelease(left);
    const cursors = recent.slice(0, -1).map(({ position }) => position ?? '');
    const foreign = told[0]?.position ?? '';
    const serves = (name: string, house: House): Serving => ({
      name,
      shape: name.split(' ')[0] ?? '',
      api: house.api(),
    });
    const second = await process('older');
    const [one, two] = [serves('older 1', older), serves('older 2', second)];

    // From here on nobody pauses until all processes are of the next release.
    const others = (await older.api().vms('?power=poweredOn&limit=30&sort=name')).body.items.filter(
      ({ id, power }) => power.tools === 'toolsOk' && !machines.some((each) => each.id === id),
    );
    const work = rollOutClients([one, two], { machines: others, cursors, fleet: FLEET });
    left.defer(() => work.end());
    const urls: [string, ...string[]] = [older.url, second.url];
    const stream = keptStream(urls, older.api().authorization);
    left.defer(() => stream.end());
    const moving = setInterval(() => stream.cut(), MOVES_MS);
    left.defer(() => clearInterval(moving));
    await until(async () => stream.last(), Boolean);

    /** Clients are sent to these; it goes on when each of them was answered by each. */
    const phase = async (what: string, who: readonly Serving[]) => {
      work.now(what, who);
      const missing = () =>
        clients.flatMap((client) =>
          who
            .filter(
              ({ name }) =>
                !work.answers.some((each) => each.client === client && each.by === name && each.phase === what),
            )
            .map(({ name }) => `${client} at ${name}, ${what}`),
        );
      expect(
        await until(
          async () => missing(),
          ({ length }) => length === 0,
          60_000,
        ),
      ).toEqual([]);
    };
    /** It is taken out of service, and stops a moment later, with requests under way that wait. */
    const goes = async (what: string, house: House, who: readonly Serving[]) => {
      work.now(what, who);
      await new Promise((done) => setTimeout(done, 300));
      expect((await house.stop()).code).toBe(0);
      await phase(`${what} has gone`, who);
    };

    await phase('the older release', [one, two]);
    work.now('the next one builds', [one, two]);
    const next = await process('next');
    urls.push(next.url);
    const three = serves('next 1', next);
    await phase('both releases', [one, two, three]);
    await expectSame(
      [older.api(), next.api()],
      machines,
      cursors.filter((_, i) => i % 3 === 0),
    );
    expect(await Promise.all([older, next].map(async (each) => (await after(each.api(), foreign)).status))).toEqual([
      410, 410,
    ]);
    await goes('older 1', older, [two, three]);
    const last = await process('next');
    urls.push(last.url);
    const four = serves('next 2', last);
    await phase('one old, two new', [two, three, four]);
    await goes('older 2', second, [three, four]);
    await phase('the next release', [three, four]);

    await work.end();
    clearInterval(moving);
    expect(work.wrong).toEqual([]);
    expect(work.answers.filter(({ status, ms }) => (status !== 200 && status !== 202) || ms > LONGEST_MS)).toEqual([]);
    expect(work.operations.filter(({ state }) => state !== 'succeeded')).toEqual([]);

    // Nothing was lost to whoever waited, nor to the stream that moved: each event came once, in one order.
    const apis = [next.api(), last.api()] as const;
    const [journal, same] = await until(
      () => Promise.all([apis[0].events(), apis[1].events()]),
      ([here, there]) => here.length === there.length && stream.last() === here.at(-1)?.position,
    );
    expect(same).toEqual(journal);
    const all = eventIds(journal);
    const from = (first: string | undefined) => all.slice(all.indexOf(first ?? ''));
    expect(work.waited[0]).toBe(eventIds(recent).at(-1));
    expect(work.waited).toEqual(from(work.waited[0]).slice(0, work.waited.length));
    expect(stream.resets).toEqual([]);
    const heard = stream.facts.map(({ event }) => `${event.source} ${event.id}`);
    expect(heard.length).toBeGreaterThan(work.operations.length);
    expect(heard).toEqual(from(heard[0]));
    for (const cursor of cursors) expect((await after(last.api(), cursor)).status).toBe(200);
  },
  8 * within,
);
