import { expect, it } from '@jest/globals';
import { Instant, loopShare, policyActor, StreamId, VmId } from '@drover/kernel';
import {
  memoryEventStore,
  readCounter,
  streamsOf,
  virtualClock,
  contextOf,
  type EventStore,
  type Machine,
} from '@drover/ports';
import { vmDecider } from '../../domain/vm.decider.js';
import { vmStream } from '../../domain/vm.js';
import { idOf, readAt, siteA } from '../../testing.js';
import { isPublic } from '../inventory.published.js';
import { observationRecorder } from './observe-machines.js';
import type { Source } from './observed-source.js';

const source: Source = {
  connectionId: siteA.id,
  groupIds: [],
  identify: async (machines) => machines.map((machine) => ({ machine, vmId: VmId.ofInstance(siteA.id, machine.key) })),
  clear: async () => ({ is: 'clear', undo: async () => {} }),
  contested: () => {},
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
  const reads = readCounter('spec');
  const nudged: string[] = [];
  const verdicts = { get: async () => null };
  const jobs = { nudge: (job: string, key: string) => void nudged.push(`${job} ${key}`) };
  const ports = { vms, eventStore, clock, reads, verdicts, jobs };
  const recorder = observationRecorder(ports);
  const at = (seconds: number) => Instant.plusSeconds(clock.now(), seconds);
  const reading = async (n: number) => {
    const { state } = await vms.load(vmStream(idOf(n)));
    return state.is === 'seen' || state.is === 'missing' ? state.reading.power : state.is;
  };
  return { clock, used, vms, reads, ports, nudged, recorder, at, reading };
};

it('observes 10,000 machines in bounded time, and unchanged ones cost no fact, no read and no write', async () => {
  const { recorder, used, at } = open();
  const fleet = (when: Instant) => Array.from({ length: 10_000 }, (_, n) => readAt(n, when));
  const first = await recorder.observe(source, fleet(at(0)));
  expect(first.every(({ found }) => found === 'added')).toBe(true);
  const before = { ...used };
  const again = await recorder.observe(source, fleet(at(60)));
  expect(again.every(({ found }) => found === 'same')).toBe(true);
  expect(used).toEqual(before);
  const off = readAt(0, at(120), { power: 'poweredOff' });
  const third = await recorder.observe(source, [...fleet(at(120)).slice(1), off]);
  expect(third.filter(({ found }) => found !== 'same')).toEqual([{ vmId: idOf(0), found: 'changed' }]);
  expect(used.appends - before.appends).toBe(1);
}, 20_000);

it('K45: a large listing is observed a few machines at a time, when nobody reads what it has brought', async () => {
  const { ports, at } = open();
  const share = loopShare(() => 0, 10);
  const order: string[] = [];
  const runSpare: typeof share.runSpare = (slice) =>
    share.runSpare(() => {
      order.push('observes');
      return slice();
    });
  const recorder = observationRecorder({ ...ports, share: { ...share, runSpare } });
  const reader = async () => {
    for (let n = 0; n < 5; n++) await share.run(async () => void order.push('reads'));
  };
  const listed = Array.from({ length: 100 }, (_, n) => readAt(n, at(0)));
  await Promise.all([reader(), recorder.observe(source, listed)]);
  expect(order.filter((each) => each === 'observes')).toHaveLength(4);
  expect(order.slice(0, 5)).toEqual(Array(5).fill('reads'));
});

it('unchanged machines cause no facts after a restart either', async () => {
  const { ports, recorder, used, at } = open();
  await recorder.observe(source, [readAt(1, at(0))]);
  const { appends } = used;
  const afresh = observationRecorder({ ...ports, eventStore: memoryEventStore() });
  expect(await afresh.observe(source, [readAt(1, at(5))])).toEqual([{ vmId: idOf(1), found: 'same' }]);
  expect(used.appends).toBe(appends);
});

it('T71: ignores what was read before the last look, also when that look found nothing new', async () => {
  const { recorder, at, reading } = open();
  await recorder.observe(source, [readAt(1, at(0))]);
  await recorder.observe(source, [readAt(1, at(60))]);
  const slow = await recorder.observe(source, [readAt(1, at(30), { power: 'poweredOff' })]);
  expect(slow).toEqual([{ vmId: idOf(1), found: 'late' }]);
  expect(await reading(1)).toBe('poweredOn');
});

const after = (sequence: number) => ({ stream: StreamId.of('power', idOf(1)), sequence });
const off = (at: Instant) => ({ power: 'poweredOff', tools: null, observedAt: at, after: after(9) }) as const;

it('takes what power read later, and leaves open what it may have read earlier', async () => {
  const { recorder, at, reading, reads } = open();
  const numbered = () => ({ ...readAt(1, at(0)), ...reads.next() });
  const early = reads.next();
  await recorder.observe(source, [numbered()]);
  expect(await recorder.observePower(idOf(1), { ...off(at(90)), ...early })).toBe(false);
  expect(await reading(1)).toBe('poweredOn');
  expect(await recorder.observePower(idOf(1), { ...off(at(-3600)), ...reads.next() })).toBe(true);
  expect(await reading(1)).toBe('poweredOff');
  expect(await recorder.observePower(idOf(1), { ...off(at(90)), ...early })).toBe(true); // it says the same
});

it('K1: of readings that overlapped and disagree none is recorded: the machine is read once more', async () => {
  const { recorder, at, reading, reads, nudged } = open();
  const read = (order: { run: string; n: number }, power: Machine['power']) => readAt(1, at(0), { power, ...order });
  await recorder.observe(source, [read(reads.next(), 'poweredOn')]);
  const [slow, quick] = [reads.next(), reads.next()];
  await recorder.observe(source, [read(quick, 'poweredOff')]);
  const sent = reads.next(); // sent before the quick one was recorded, but after it was answered
  expect(await recorder.observe(source, [read(slow, 'poweredOn')])).toEqual([{ vmId: idOf(1), found: 'late' }]);
  expect(await reading(1)).toBe('poweredOff');
  expect([nudged, [...(recorder.doubts.get(siteA.id) ?? [])]]).toEqual([['read-again site-a'], [readAt(1, at(0)).key]]);
  // The slow answer came after this one was sent, so this one does not settle it either.
  expect(await recorder.observe(source, [read(sent, 'poweredOn')])).toMatchObject([{ found: 'late' }]);
  expect(await recorder.observe(source, [read(reads.next(), 'poweredOn')])).toMatchObject([{ found: 'changed' }]);
  expect(await reading(1)).toBe('poweredOn');
});

it('K1: an overlapping reading that says the same is no doubt', async () => {
  const { recorder, at, reads, nudged } = open();
  const [slow, quick] = [reads.next(), reads.next()];
  await recorder.observe(source, [{ ...readAt(1, at(0)), ...quick }]);
  expect(await recorder.observe(source, [{ ...readAt(1, at(60)), ...slow }])).toMatchObject([{ found: 'same' }]);
  expect(nudged).toEqual([]);
});

it('K2: values that were kept, and are told again with a new time, replace nothing that was read since', async () => {
  const { recorder, vms, at, reads } = open();
  const placed = (path: string, order: { run: string; n: number }, when: number) => {
    const { hardware } = readAt(1, at(when));
    return readAt(1, at(when), { hardware: hardware && { ...hardware, path }, ...order });
  };
  const kept = reads.next();
  await recorder.observe(source, [placed('/dc/vm/old/web-1', kept, 0)]);
  await recorder.observe(source, [placed('/dc/vm/new/web-1', reads.next(), 10)]);
  await recorder.observe(source, [placed('/dc/vm/old/web-1', kept, 3600)]);
  expect((await vms.load(vmStream(idOf(1)))).state).toMatchObject({ hardware: { path: '/dc/vm/new/web-1' } });
});

it('K3: what is read after the clock went back is recorded at once', async () => {
  const { recorder, at, reading, reads } = open();
  await recorder.observe(source, [{ ...readAt(1, at(0)), ...reads.next() }]);
  await recorder.observe(source, [{ ...readAt(1, at(-3600), { power: 'poweredOff' }), ...reads.next() }]);
  expect(await reading(1)).toBe('poweredOff');
});

it('believes the provider again after someone else wrote what it does not say', async () => {
  const { recorder, vms, at, reading, reads, clock } = open();
  const numbered = () => ({ ...readAt(1, at(0)), ...reads.next() });
  await recorder.observe(source, [numbered()]);
  const command = { type: 'ObservePower', ...off(at(30)), ...reads.next() } as const;
  await vms.transact(vmStream(idOf(1)), command, contextOf(policyActor('other', 'r'), null, clock.now()));
  expect(await reading(1)).toBe('poweredOff');
  expect(await recorder.observe(source, [numbered()])).toEqual([{ vmId: idOf(1), found: 'changed' }]);
  expect(await reading(1)).toBe('poweredOn');
});

it('spells an alias in one way, however its provider does', async () => {
  const { recorder, at, vms } = open();
  const [key, kind] = ['5000ABCD-0000-4000-8000-000000000000', 'instance-uuid'] as const;
  const loud = readAt(1, at(0), { key, aliases: [{ source: null, kind, value: key }] });
  await recorder.observe(source, [loud]);
  const { state } = await vms.load(vmStream(VmId.ofInstance(siteA.id, key)));
  expect(state).toMatchObject({ aliases: [{ source: siteA.id, kind, value: key.toLowerCase() }] });
});

it('observes one machine that comes many times at once as one', async () => {
  const { recorder, at, vms } = open();
  const found = await recorder.observe(
    source,
    Array.from({ length: 20 }, () => readAt(1, at(0))),
  );
  expect(found.filter((one) => one.found === 'added')).toHaveLength(1);
  expect((await vms.load(vmStream(idOf(1)))).version).toBe(2);
});

it('a discovery that began before a removal does not judge it', async () => {
  const { recorder, at, clock } = open();
  await recorder.observe(source, [readAt(1, at(0))]);
  await clock.advance(1000);
  const begin = clock.monotonic();
  await clock.advance(1000);
  recorder.wasRemoved(idOf(1), { run: 'spec', n: Date.parse(at(0)) });
  expect(recorder.lackedSince(idOf(1), begin)).toBe(false);
  expect(recorder.lackedSince(idOf(1), clock.monotonic())).toBe(true);
});
