import { afterEach, expect, it } from '@jest/globals';
import { Connection, pageOf, type Page } from '@drover/contracts';
import { ConnectionId, Instant, isRejection } from '@drover/kernel';
import { encodePageCursor, queryHash } from '@drover/ports';
import { ana, openHouse, siteA } from '../../testing.js';
import { toldUpTo } from '../machines/told-up-to.js';

let house: Awaited<ReturnType<typeof openHouse>>;
afterEach(() => house.close());

const named = (name: string) => ({ ...siteA, id: ConnectionId.parse(name), name });
const open = async (...names: string[]) => {
  house = await openHouse({ configured: names.map(named) });
  await house.start();
};
const list = async (cursor?: string): Promise<Page<Connection>> => {
  const page = await house.inventory.listConnections({ limit: 2, ...(cursor !== undefined && { cursor }) }, ana());
  if (isRejection(page)) throw new Error(page.rejected);
  return page;
};

it('lists all of them, page by page, in the shape of the contract', async () => {
  await open('e', 'd', 'c', 'b', 'a');
  const pages = [await list()];
  for (let next = pages[0]?.next; next; next = pages.at(-1)?.next) pages.push(await list(next));
  expect(pages.map(({ items }) => items.map(({ id }) => id))).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  for (const page of pages) expect(pageOf(Connection).parse(page)).toEqual(page);
  expect(pages.map(({ total, complete }) => [total, complete])).toEqual(pages.map(() => [5, true]));
});
it('reads a list on as it was, for ten minutes', async () => {
  await open('a', 'b', 'c');
  const { next } = await list();
  await house.inventory.refreshConnection({ id: ConnectionId.parse('c') }, ana());
  await house.clock.advance(1000);
  const [{ version: then = 0 } = {}] = (await list(next ?? '')).items;
  const now = await house.inventory.getConnection({ id: ConnectionId.parse('c') }, ana());
  expect('version' in now && now.version).toBeGreaterThan(then);
  await house.clock.advance(11 * 60_000);
  await house.inventory.refreshConnection({ id: ConnectionId.parse('c') }, ana());
  await house.clock.advance(1000);
  await expect(list(next ?? '')).rejects.toThrow('page_expired');
});
it('K43: says up to when its view has been told, and every page says that of the first', async () => {
  await open('a', 'b', 'c');
  const { asOf, next } = await list();
  expect(asOf).toBe(house.clock.now());
  await house.clock.advance(5_000);
  const later = await list(next ?? '');
  expect([later.asOf, later.next]).toEqual([asOf, null]);
});
it('K43: where the view is behind, that is just before the first event that it lacks', async () => {
  await open('a');
  const { clock, eventStore } = house;
  const told = clock.now();
  await clock.advance(5_000);
  await house.inventory.refreshConnection({ id: ConnectionId.parse('a') }, ana());
  const { length } = await eventStore.readAll(0, 1_000);
  const at = async (checkpoint: number) =>
    toldUpTo({ group: { checkpoint: async () => checkpoint }, eventStore, clock });
  expect(await at(length)).toBe(clock.now());
  expect(await at(0)).toBe(Instant.plusSeconds((await eventStore.readAll(0, 1))[0]?.metadata.at ?? told, -0.001));
  clock.jump(-3_600_000);
  expect(await at(0)).toBe(clock.now()); // never of a time to come
});
const at = Instant.ofMs(0);
const ofAnotherList = {
  generation: 'k1',
  revision: 1,
  begun: at,
  position: 1,
  asOf: at,
  asked: queryHash('all'),
  key: 'a',
};
it.each(['nonsense', 'p2.connections', encodePageCursor(ofAnotherList)])(
  'does not take %s for a cursor',
  async (cursor) => {
    await open('a');
    await expect(list(cursor)).rejects.toThrow('cursor_invalid');
  },
);
it('does not read on for somebody a list that others were shown', async () => {
  await open('a', 'b', 'c');
  const { next } = await list();
  const limited = { ...ana(), limits: { 'vm:read': ['test'] } };
  expect(await house.inventory.listConnections({ limit: 2, cursor: next ?? '' }, limited)).toMatchObject({
    rejected: 'cursor_invalid',
  });
});
it('says that a discovery is under way', async () => {
  house = await openHouse({
    catalog: {
      ...(await openHouse()).machines,
      watch: async function* (_, signal) {
        await new Promise((done) => signal.addEventListener('abort', done));
        yield* [];
      },
    },
  });
  await house.start();
  expect(await list()).toMatchObject({
    complete: false,
    items: [{ state: 'unknown', discovery: { state: 'running' } }],
  });
});
it('knows no other connection', async () => {
  await open('a');
  expect(await house.inventory.getConnection({ id: siteA.id }, ana())).toMatchObject({ rejected: 'not_found' });
});
