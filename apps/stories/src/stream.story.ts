// The event stream: a client that was cut goes on exactly where it was, a foreign cursor gets one `reset`, a slow reader is
// cut off. The same journal as JSON.
import { connect } from 'node:net';
import { expect, it } from '@jest/globals';
import { until } from './api.js';
import { sharedHouse, within } from './house.js';
import { openStream } from './live.js';

const house = sharedHouse({ DROVER_SIMULATOR_LATENCY: '0' });
const api = () => house().api();

const stream = (query = '', last?: string) => openStream(house().url, api().authorization, query, last);
const edit = (id: string, displayName: string) => api().send('PATCH', `/api/v1/vms/${id}`, { displayName });
const facts = ({ frames }: { frames: readonly { event?: string; data?: string; id?: string }[] }) =>
  frames.filter(({ event }) => event?.startsWith('io.drover.'));

it(
  'T51, T53: a client that was cut off gets what it missed, exactly, also after a restart',
  async () => {
    const vm = (await api().vms('?limit=1')).body.items[0];
    const first = await stream(`?vm=${vm?.id}`);
    const { id: cursor } = await first.find(({ event }) => event === 'bookmark');
    first.close();
    for (let i = 0; i < 5; i++) await edit(vm?.id ?? '', `name ${i}`);
    await house().stop();
    await house().start();
    const back = await stream(`?vm=${vm?.id}`, cursor);
    await until(
      async () => facts(back).length,
      (count) => count >= 5,
    );
    const names = facts(back).map(
      ({ data }) => (JSON.parse(data ?? '{}') as { data: { displayName: string } }).data.displayName,
    );
    expect(names).toEqual([0, 1, 2, 3, 4].map((i) => `name ${i}`));
    expect(back.frames.some(({ event }) => event === 'reset')).toBe(false);
    const byQuery = await stream(`?vm=${vm?.id}&last_event_id=${cursor}`);
    await until(
      async () => facts(byQuery).length,
      (count) => count >= 5,
    );
    expect(facts(byQuery).map(({ id }) => id)).toEqual(facts(back).map(({ id }) => id));
    back.close();
    byQuery.close();
  },
  within,
);

it(
  'T52, T53: says so once when a cursor is not ours, and gives control frames no id',
  async () => {
    const lost = await stream('', 'c1.k999.17');
    await lost.find(({ event }) => event === 'bookmark');
    expect(lost.frames.filter(({ event }) => event === 'reset')).toHaveLength(1);
    for (const { event, id } of lost.frames)
      if (event !== 'bookmark' && !event?.startsWith('io.drover.')) expect(id).toBeUndefined();
    lost.close();
    const strict = await openStream(house().url, api().authorization, '?on_gap=410', '1');
    expect(strict.status).toBe(410);
  },
  within,
);

it(
  'T56: only a new client gets the present state',
  async () => {
    const old = await stream();
    await old.find(({ event }) => event === 'bookmark');
    const fresh = await stream('?snapshot=1');
    await fresh.find(({ event }) => event === 'state');
    await fresh.find(({ event }) => event === 'bookmark');
    expect(old.frames.some(({ event }) => event === 'state')).toBe(false);
    old.close();
    fresh.close();
  },
  within,
);

it('T57: a reader that does not read is cut off, others are not delayed, and it can come back', async () => {
  const { hostname, port } = new URL(house().url);
  const stalled = connect(Number(port), hostname);
  stalled.write(
    `GET /api/events/stream HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: ${api().authorization}\r\n\r\n`,
  );
  await new Promise((done) => stalled.once('data', done));
  stalled.pause();
  let cut = false;
  stalled.on('close', () => (cut = true));
  stalled.on('error', () => (cut = true));

  const good = await stream();
  await good.find(({ event }) => event === 'bookmark');
  const vm = (await api().vms('?limit=1')).body.items[0];
  // The kernels at both ends keep tens of megabytes before anybody notices that nobody reads: so facts of 60 KiB.
  const labels = Object.fromEntries(Array.from({ length: 240 }, (_, n) => [`l${n}`, 'x'.repeat(250)]));
  for (let i = 0; i < 800; i += 10)
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        api().send('PATCH', `/api/v1/vms/${vm?.id}`, { labels: { ...labels, n: String(i + n) } }),
      ),
    );
  stalled.resume();
  await until(async () => cut, Boolean);
  expect(cut).toBe(true);
  await edit(vm?.id ?? '', 'after');
  await good.find(({ data }) => data?.includes('"after"') ?? false, 5_000);
  good.close();
  stalled.destroy();
}, 120_000);

it(
  'has the same journal for those who cannot stream, and waits for news',
  async () => {
    const page = (await api().get<{ position: string }>('/api/v1/events?limit=1')).body;
    const head = (await api().fleet()).body.position;
    expect(page.position).toMatch(/^c1\./);
    const waiting = api().get<{ items: { type: string }[] }>(`/api/v1/events?after=${head}&wait=20`);
    const vm = (await api().vms('?limit=1')).body.items[0];
    await edit(vm?.id ?? '', 'awaited');
    expect((await waiting).body.items.map(({ type }) => type)).toContain('io.drover.inventory.vm-edited.v1');
  },
  within,
);
