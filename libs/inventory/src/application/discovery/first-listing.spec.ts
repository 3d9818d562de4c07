import { afterEach, expect, it } from '@jest/globals';
import { memoryEventStore, virtualClock, type EventStore } from '@drover/ports';
import { idOf, machine, openHouse, siteA } from '../../testing.js';

let house: Awaited<ReturnType<typeof openHouse>>;
afterEach(() => house.close());

const FLEET = Array.from({ length: 300 }, (_, n) => n);

/** Opens a house again on what another one stored, and counts how often it reads the stream of a machine. */
const again = async (change: (machines: (typeof house)['machines']) => void = () => {}) => {
  const { clock, eventStore, machines } = house;
  await house.close();
  change(machines);
  const read: string[] = [];
  const counting: EventStore = {
    ...eventStore,
    read: (stream, ...more) => {
      if (stream.startsWith('vm-')) read.push(stream);
      return eventStore.read(stream, ...more);
    },
  };
  house = await openHouse({ clock, eventStore: counting, catalog: machines });
  const written = (await house.facts()).length;
  await house.start();
  const news = (await house.facts()).slice(written).filter(({ stream }) => stream.startsWith('vm-'));
  return { read: new Set(read), news };
};
const start = async () => {
  house = await openHouse({ clock: virtualClock(), eventStore: memoryEventStore() });
  for (const n of FLEET) house.machines.put(machine(n, house.clock.now()));
  await house.start();
};

it('K45: at a start no machine is read again from the store that is as it was', async () => {
  await start();
  expect(await again()).toEqual({ read: new Set(), news: [] });
});

it('K45: whatever changed while nobody watched is found, and only that is read', async () => {
  await start();
  const now = house.clock.now();
  const changed = [
    ...[machine(0, now, { power: 'poweredOff' }), machine(1, now, { name: 'renamed' })],
    ...[machine(2, now, { template: true }), machine(3, now, { connectionState: 'disconnected' })],
    machine(4, now, { aliases: [...machine(4, now).aliases, { source: siteA.id, kind: 'moref', value: 'vm-4' }] }),
    machine(5, now, { hardware: { ...machine(5, now).hardware, cpus: 16 } as never }),
  ];
  const { read, news } = await again((machines) => changed.forEach(machines.put));
  const streams = changed.map((_, n) => `vm-${idOf(n)}`);
  expect([...new Set(news.map(({ stream }) => String(stream)))].sort()).toEqual([...streams].sort());
  expect([...read].sort()).toEqual([...streams].sort());
});

it('K45: gives way to others while it looks at a large fleet', async () => {
  await start();
  let turns = 0;
  let over = false;
  const others = (async () => {
    for (; !over; turns++) await new Promise((done) => setImmediate(done));
  })();
  await again();
  over = true;
  await others;
  expect(turns).toBeGreaterThanOrEqual(Math.floor(FLEET.length / 64));
});
