import { expect, it } from '@jest/globals';
import { Instant, policyActor, VmId } from '@drover/kernel';
import { memoryEventStore, streamsOf, virtualClock, wishOf, type EventStore } from '@drover/ports';
import { vmDecider } from '../../domain/vm.decider.js';
import { vmStream } from '../../domain/vm.js';
import { idOf, readAt, siteA } from '../../testing.js';
import { isPublic } from '../inventory.published.js';
import { aliasTurns } from '../queries/alias-turns.query.js';
import { sightingsOf, type Source } from './observe-machines.policy.js';

const source: Source = {
  connectionId: siteA.id,
  groupIds: [],
  keysOf: ({ instanceUuid }) => [instanceUuid],
  identify: async (machines) =>
    machines.map((machine) => ({ machine, vmId: VmId.ofInstance(siteA.id, machine.instanceUuid) })),
  inTurn: aliasTurns(),
};

const open = () => {
  const clock = virtualClock();
  const stored = memoryEventStore();
  const used = { reads: 0, appends: 0 };
  const eventStore: EventStore = {
    ...stored,
    read: (...given) => (used.reads++, stored.read(...given)),
    append: (...given) => (used.appends++, stored.append(...given)),
  };
  const vms = streamsOf(vmDecider, eventStore, { isPublic: isPublic });
  const sightings = sightingsOf({ vms, eventStore, clock });
  const at = (seconds: number) => Instant.plusSeconds(clock.now(), seconds);
  const reading = async (n: number) => {
    const { state } = await vms.load(vmStream(idOf(n)));
    return state.is === 'seen' || state.is === 'missing' ? state.reading.power : state.is;
  };
  return { clock, used, vms, sightings, at, reading };
};

it('observes 10,000 machines in bounded time, and unchanged ones cost no fact, no read and no write', async () => {
  const { sightings, used, at } = open();
  const fleet = (when: Instant) => Array.from({ length: 10_000 }, (_, n) => readAt(n, when));
  const first = await sightings.observe(source, fleet(at(0)));
  expect(first.every(({ found }) => found === 'added')).toBe(true);
  const before = { ...used };
  const again = await sightings.observe(source, fleet(at(60)));
  expect(again.every(({ found }) => found === 'same')).toBe(true);
  expect(used).toEqual(before);
  const off = readAt(0, at(120), { power: 'poweredOff' });
  const third = await sightings.observe(source, [...fleet(at(120)).slice(1), off]);
  expect(third.filter(({ found }) => found !== 'same')).toEqual([{ vmId: idOf(0), found: 'changed' }]);
  expect(used.appends - before.appends).toBe(1);
}, 20_000);

it('unchanged machines cause no facts after a restart either', async () => {
  const { vms, sightings, used, at, clock } = open();
  await sightings.observe(source, [readAt(1, at(0))]);
  const { appends } = used;
  const afresh = sightingsOf({ vms, eventStore: memoryEventStore(), clock });
  expect(await afresh.observe(source, [readAt(1, at(5))])).toEqual([{ vmId: idOf(1), found: 'same' }]);
  expect(used.appends).toBe(appends);
});

it('T71: ignores what was read before the last look, also when that look found nothing new', async () => {
  const { sightings, at, reading } = open();
  await sightings.observe(source, [readAt(1, at(0))]);
  await sightings.observe(source, [readAt(1, at(60))]);
  const slow = await sightings.observe(source, [readAt(1, at(30), { power: 'poweredOff' })]);
  expect(slow).toEqual([{ vmId: idOf(1), found: 'late' }]);
  expect(await reading(1)).toBe('poweredOn');
});

it('does not take power’s older outcome for news, and takes the newer one', async () => {
  const { sightings, at, reading } = open();
  await sightings.observe(source, [readAt(1, at(0))]);
  await sightings.observe(source, [readAt(1, at(60))]);
  await sightings.observePower(idOf(1), { power: 'poweredOff', tools: null, observedAt: at(30) });
  expect(await reading(1)).toBe('poweredOn');
  await sightings.observePower(idOf(1), { power: 'poweredOff', tools: null, observedAt: at(90) });
  expect(await reading(1)).toBe('poweredOff');
});

it('believes the provider again after someone else wrote what it does not say', async () => {
  const { sightings, vms, at, reading, clock } = open();
  await sightings.observe(source, [readAt(1, at(0))]);
  const command = { type: 'ObservePower', power: 'poweredOff', tools: null, observedAt: at(30) } as const;
  await vms.transact(vmStream(idOf(1)), command, wishOf(policyActor('other', 'r'), null, clock.now()));
  expect(await reading(1)).toBe('poweredOff');
  expect(await sightings.observe(source, [readAt(1, at(60))])).toEqual([{ vmId: idOf(1), found: 'changed' }]);
  expect(await reading(1)).toBe('poweredOn');
});

it('spells an alias in one way, however its provider does', async () => {
  const { sightings, at, vms } = open();
  const [instanceUuid, kind] = ['5000ABCD-0000-4000-8000-000000000000', 'instance-uuid'] as const;
  const loud = readAt(1, at(0), { instanceUuid, aliases: [{ source: null, kind, value: instanceUuid }] });
  await sightings.observe(source, [loud]);
  const { state } = await vms.load(vmStream(VmId.ofInstance(siteA.id, instanceUuid)));
  expect(state).toMatchObject({ aliases: [{ source: siteA.id, kind, value: instanceUuid.toLowerCase() }] });
});

it('observes one machine that comes many times at once as one', async () => {
  const { sightings, at, vms } = open();
  const found = await sightings.observe(
    source,
    Array.from({ length: 20 }, () => readAt(1, at(0))),
  );
  expect(found.filter((one) => one.found === 'added')).toHaveLength(1);
  expect((await vms.load(vmStream(idOf(1)))).version).toBe(2);
});

it('a discovery that began before a removal does not judge it', async () => {
  const { sightings, at, clock } = open();
  await sightings.observe(source, [readAt(1, at(0))]);
  await clock.advance(1000);
  const begin = clock.monotonic();
  await clock.advance(1000);
  sightings.wasRemoved(idOf(1), clock.now());
  expect(sightings.lackedSince(idOf(1), begin)).toBe(false);
  expect(sightings.lackedSince(idOf(1), clock.monotonic())).toBe(true);
});
