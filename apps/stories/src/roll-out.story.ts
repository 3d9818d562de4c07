// Two releases whose views differ in shape share one data directory, as in a roll-out: each request is answered, each cursor
// stays good. The other shape is made by a setting for tests.
import { expect, it } from '@jest/globals';
import { hasEnded, type PublicFact, type Page, type Vm } from '@drover/contracts';
import { faketimeLibrary, wallClock } from '../../../tools/infra/faketime.js';
import { until, type Api } from './api.js';
import { openHouse, within, type House } from './house.js';
import { keptStream } from './live.js';
import { sharedSites } from './shared-sites.js';

// A release whose views have another shape takes over from the one before, on one directory, and nobody is turned away.

const library = await faketimeLibrary();
const story = library ? it : it.skip;

const LEASE_SECONDS = 3;
/** So many of the newest events stay in the journal. */
const KEEP = 60;
const settled = (api: Api) =>
  until(
    () => api.fleet(),
    ({ status, body }) => status === 200 && body.total === 200 && body.complete,
    60_000,
  );
const pageOf = async (api: Api, cursor?: string) =>
  (await api.vms(`?limit=50&sort=name${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)).body;
const idsOf = ({ items }: Page<Vm>) => items.map(({ id }) => id);
const after = (api: Api, cursor: string) => api.get<Page<PublicFact>>(`/api/v1/events?after=${cursor}&limit=200`);
const eventIds = ({ items }: Page<PublicFact>) => items.map(({ source, id }) => `${source} ${id}`);

story(
  'T-SSE-1: a roll-out with views of another shape, over a trimmed journal: every request is answered, every cursor stays good',
  async () => {
    await using left = new AsyncDisposableStack();
    const clock = left.use(wallClock(library ?? ''));
    const { settings } = await sharedSites(left, LEASE_SECONDS);
    const given = { ...settings, ...clock.env, DROVER_JOURNAL_DAYS: '1', DROVER_JOURNAL_KEEP: String(KEEP) };
    const suite = async (shape: string): Promise<House> =>
      left.use(await openHouse({ ...given, DROVER_VIEWS_SHAPE: shape }));

    // The release before, with a history; two days later its journal is trimmed.
    const older = await suite('older');
    await older.start();
    await settled(older.api());
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
    const cursors = kept.slice(0, -1).map(({ position }) => position ?? '');
    const foreign = told[0]?.position ?? '';

    // The next one starts beside it, while clients go on.
    const next = await suite('next');
    const answers: number[] = [];
    const over = new AbortController();
    const asking = (async () => {
      for (let i = 0; !over.signal.aborted; i++) {
        const { id } = machines[i % machines.length] as Vm;
        answers.push((await older.api().vms('?limit=5')).status, (await older.api().vm(id)).status);
        answers.push(
          (await older.api().history(id)).status,
          (await older.api().get('/api/v1/operations?limit=5')).status,
        );
      }
    })();
    left.defer(async () => {
      over.abort();
      await asking.catch(() => undefined);
    });
    const stream = keptStream([older.url, next.url], older.api().authorization);
    left.defer(() => stream.end());
    await until(async () => stream.last(), Boolean);
    await next.start();
    await settled(next.api());

    // Both show the same, from the first event on, and know each other's places.
    const apis = [older.api(), next.api()] as const;
    for (const { id } of machines) {
      const [one, other] = await Promise.all(apis.map((api) => api.history(id)));
      expect(other?.body.items).toEqual(one?.body.items);
      expect(one?.body.items.length).toBeGreaterThan(3);
    }
    expect(idsOf(await pageOf(apis[1]))).toEqual(idsOf(await pageOf(apis[0])));
    for (const cursor of cursors.filter((_, i) => i % 10 === 0)) {
      const [one, other] = await Promise.all(apis.map((api) => after(api, cursor)));
      expect([one?.status, other?.status]).toEqual([200, 200]);
      expect(eventIds(other!.body)).toEqual(eventIds(one!.body));
    }
    expect(await Promise.all(apis.map(async (api) => (await after(api, foreign)).status))).toEqual([410, 410]);

    // A list that one process began is read on at another one of its shape.
    const third = await suite('older');
    await third.start();
    await settled(third.api());
    const first = await pageOf(apis[0]);
    const [here, there] = [await pageOf(apis[0], first.next ?? ''), await pageOf(third.api(), first.next ?? '')];
    expect(idsOf(there)).toEqual(idsOf(here));
    expect(idsOf(here)).toHaveLength(50);

    // The older ones go; what is asked for now is done by the next one, and the stream that moved has all of it.
    stream.cut();
    over.abort();
    await asking;
    await third.stop();
    await older.stop();
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(answers.length).toBeGreaterThan(20);
    const { id } = machines[0] as Vm;
    const begun = await until(
      () => next.api().post(`/api/v1/vms/${id}/actions/power-on`),
      ({ status }) => status === 202,
    );
    const ended = await until(
      () => next.api().operation(begun.body.id),
      ({ body }) => hasEnded(body),
      60_000,
    );
    expect(ended.body.state).toBe('succeeded');
    const journal = await until(
      () => next.api().events(),
      (events) => stream.last() === events.at(-1)?.position,
    );
    expect(stream.resets).toEqual([]);
    const heard = stream.facts.map(({ event }) => `${event.source} ${event.id}`);
    const all = journal.map(({ source, id: event }) => `${source} ${event}`);
    expect(heard.length).toBeGreaterThan(0);
    expect(heard).toEqual(all.slice(all.indexOf(heard[0] ?? '')));
  },
  6 * within,
);
