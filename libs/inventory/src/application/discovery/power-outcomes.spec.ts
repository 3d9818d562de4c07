import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { dataSchemaOf, takenBy, toCloudEvent, type CloudEvent, type PublicEvent } from '@drover/contracts';
import { FactId, Instant, StreamId, type RecordedOrder } from '@drover/kernel';
import {
  memoryMachineCatalog,
  memoryViewStore,
  ProviderFault,
  readCounter,
  StoreRefused,
  virtualClock,
  type Consumer,
} from '@drover/ports';
import { ana, idOf, machine, openHouse, readAt, siteA } from '../../testing.js';
import { powerOperations } from '../machines/power-operations.projection.js';
import { powerOutcomeTypes } from './power-outcomes.js';

let house: Awaited<ReturnType<typeof openHouse>>;
let consumer: Consumer;
beforeEach(async () => {
  house = await openHouse();
  house.machines.put(machine(1, house.clock.now()));
  await house.start();
  [consumer] = house.inventory.flow.consumers as [Consumer];
});
afterEach(() => house.close());

const told = (said: PublicEvent, sequence = 1): CloudEvent =>
  toCloudEvent(said, {
    ...{ service: 'power', stream: StreamId.of('power', idOf(1)), id: FactId.createAt(house.clock.now()), sequence },
    ...{ at: house.clock.now(), actor: 'policy:power' },
  });
const stream = StreamId.of('power', idOf(1));
const about = { subject: `vm/${idOf(1)}`, partitionkey: idOf(1) };
const off = (sequence: number, read: RecordedOrder, observedAt = house.clock.now()) =>
  told(
    {
      ...{ type: 'io.drover.power.vm-powered-off.v1', ...about },
      data: { op: 1, method: 'graceful', previousState: 'poweredOn', durationSeconds: 5, observedAt, ...read },
    },
    sequence,
  );
const on = (sequence: number, read: RecordedOrder, observedAt = house.clock.now()) =>
  told(
    {
      ...{ type: 'io.drover.power.vm-powered-on.v1', ...about },
      data: { op: 1, previousState: 'poweredOff', tools: 'toolsOld', durationSeconds: 5, observedAt, ...read },
    },
    sequence,
  );
const restarted = (sequence: number, read: RecordedOrder) =>
  told(
    {
      ...{ type: 'io.drover.power.vm-restarted.v1', ...about },
      data: { op: 1, method: 'forced', durationSeconds: 5, observedAt: house.clock.now(), ...read },
    },
    sequence,
  );
/** Of the process before this one. */
const before = (n: number) => ({ run: 'the run before', n });
const refused = (revision: number) =>
  told({
    ...{ type: 'io.drover.power.connection-sign-in-refused.v1', subject: 'connection/site-a', partitionkey: 'site-a' },
    data: { connectionId: siteA.id, revision },
  });
const failed = (code: string) =>
  told({
    ...{ type: 'io.drover.power.power-operation-failed.v1', subject: `vm/${idOf(1)}`, partitionkey: idOf(1) },
    data: { op: 1, code, detail: 'It is not there.', lastObserved: 'poweredOn' },
  });
const take = async (...entries: CloudEvent[]) => {
  const from = await consumer.position('power');
  await consumer.take({ service: 'power', entries, from, upTo: from + entries.length });
};
/** What was told of the machine's power. */
const observed = async () => (await house.facts()).filter(({ type }) => type === 'VmPowerObserved').slice(1);
const vm = () => house.shown.after(idOf(1), 0);

it('listens, with the view of what runs, to what the topology says, and to nothing else', () => {
  const heard = new Set([...powerOutcomeTypes, ...powerOperations.listensTo]);
  expect([...heard].sort()).toEqual([...takenBy('inventory')].sort());
});

it('uses events in the shape of their schemas', () => {
  for (const { type, data } of [off(1, before(1)), on(1, {}), restarted(1, before(1)), refused(1)])
    expect(dataSchemaOf(type)?.parse(data)).toEqual(data);
});

it('takes the outcome of power for an observation, where it stands among the readings of its run', async () => {
  const [first, second] = [house.reads.next(), house.reads.next()];
  await take(off(4, first));
  expect(await vm()).toMatchObject({ power: { state: 'poweredOff' } });
  await take(on(8, house.reads.next()));
  expect(await vm()).toMatchObject({ power: { state: 'poweredOn', tools: 'toolsOld' } });
  expect(await observed()).toMatchObject([{ after: { stream, sequence: 4 } }, { after: { stream, sequence: 8 } }]);
  const written = (await house.facts()).length;
  await take(on(8, house.reads.next()), on(8, second));
  expect(await house.facts()).toHaveLength(written);
  expect(await consumer.position('power')).toBe(4);
});

it('K3: a verdict counts at once when the clock went back', async () => {
  const back = Instant.plusSeconds(house.clock.now(), -3600);
  await take(off(4, house.reads.next(), back));
  expect(await vm()).toMatchObject({ power: { state: 'poweredOff', observedAt: back } });
});

it('K1: a verdict that overlapped a reading and disagrees has the machine read once more, and that is told', async () => {
  const sent = house.reads.next();
  const shown = machine(1, house.clock.now(), { name: 'renamed' });
  house.machines.put(shown); // read while power's answer was on its way
  await house.clock.advance(10);
  await take(off(4, sent));
  expect(await observed()).toEqual([]);
  await house.clock.advance(1000);
  expect(await observed()).toMatchObject([{ power: 'poweredOn', run: 'memory', after: { stream, sequence: 4 } }]);
  await house.clock.advance(60_000);
  expect(await observed()).toHaveLength(1);
});

it('K1: a verdict of another run has the machine read once, and that is told although nothing changed', async () => {
  await take(off(4, before(7)), on(8, before(9)), restarted(12, before(11)));
  await house.clock.advance(1000);
  expect(await observed()).toMatchObject([{ power: 'poweredOn', run: 'memory', after: { stream, sequence: 12 } }]);
  await take(restarted(12, before(11)));
  await house.clock.advance(60_000);
  expect(await observed()).toHaveLength(1);
});

it('a verdict that is heard again by a later process needs no reading where its run observed the same', async () => {
  const [clock, views] = [virtualClock(), memoryViewStore(virtualClock())];
  await house.close();
  house = await openHouse({ clock, views });
  house.machines.put(machine(1, clock.now(), { power: 'poweredOff' }));
  await house.start();
  const verdict = off(4, house.reads.next());
  const { eventStore, machines } = house;
  await house.close();
  house = await openHouse({ clock, eventStore, catalog: machines, reads: readCounter('later') }); // its views are new
  await house.start();
  [consumer] = house.inventory.flow.consumers as [Consumer];
  await take(verdict);
  await house.clock.advance(60_000);
  expect(await observed()).toEqual([]);
});

it('a verdict that nobody numbered is older than any reading that somebody did', async () => {
  await take(off(4, {}));
  await house.clock.advance(60_000);
  expect(await observed()).toEqual([]);
});

it('a verdict that is not confirmed is kept: a provider that is down, and a restart, only delay it', async () => {
  const [clock, views] = [virtualClock(), memoryViewStore(virtualClock())];
  await house.close();
  house = await openHouse({ clock, views });
  house.machines.put(machine(1, clock.now()));
  await house.start();
  [consumer] = house.inventory.flow.consumers as [Consumer];
  house.machines.fail(new ProviderFault('provider_unreachable', 'gone'));
  await take(off(4, before(7)));
  await clock.advance(60_000);
  expect(await observed()).toEqual([]);
  const { eventStore, machines } = house;
  await house.close();
  house = await openHouse({ clock, views, eventStore, catalog: machines });
  await house.start();
  machines.fail(null);
  await clock.advance(60_000);
  expect(await observed()).toMatchObject([{ after: { sequence: 4 } }]);
  expect(house.reported).toEqual([]);
});

it('a machine that cannot be read is asked for more and more seldom, whatever waits for it, and read once it can be', async () => {
  await house.close();
  const clock = virtualClock();
  const machines = memoryMachineCatalog(() => clock.now());
  let asked = 0;
  const read: typeof machines.read = (...given) => {
    asked += 1;
    return machines.read(...given);
  };
  house = await openHouse({ clock, catalog: { ...machines, read } });
  const named = (power: 'poweredOn' | 'poweredOff') => {
    const shown = machine(1, clock.now(), { power });
    return { ...shown, aliases: [...shown.aliases, { source: siteA.id, kind: 'moref', value: 'vm-1' } as const] };
  };
  machines.put(named('poweredOn'));
  await house.start();
  [consumer] = house.inventory.flow.consumers as [Consumer];
  machines.hide({ ref: 'vm-1', key: null, name: null, why: 'no UUID' }, true);
  await take(off(4, before(7)));
  await clock.advance(30 * 60_000);
  expect(asked).toBeGreaterThan(3);
  expect(asked).toBeLessThanOrEqual(20);
  machines.put(named('poweredOff'));
  await clock.advance(10 * 60_000);
  expect((await observed()).at(-1)).toMatchObject({ power: 'poweredOff', after: { sequence: 4 } });
  const done = asked;
  await clock.advance(30 * 60_000);
  expect(asked).toBe(done);
});

it('what a later process reads is told to be after the verdicts that were heard before it', async () => {
  const [clock, views] = [virtualClock(), memoryViewStore(virtualClock())];
  await house.close();
  house = await openHouse({ clock, views });
  house.machines.put(machine(1, clock.now()));
  await house.start();
  [consumer] = house.inventory.flow.consumers as [Consumer];
  await take(on(4, house.reads.next())); // tools are other ones; now the same again adds no fact
  await take(on(8, house.reads.next()));
  expect(await observed()).toMatchObject([{ after: { sequence: 4 } }]);
  const { eventStore, machines } = house;
  await house.close();
  house = await openHouse({ clock, views, eventStore, catalog: machines });
  machines.put(machine(1, clock.now(), { power: 'poweredOff' }));
  await house.start();
  expect((await observed()).at(-1)).toMatchObject({ power: 'poweredOff', after: { sequence: 8 } });
});

it('K45: a machine that is as it was is not read anew at a start for a verdict that said the same; its next change names it', async () => {
  const [clock, views] = [virtualClock(), memoryViewStore(virtualClock())];
  await house.close();
  house = await openHouse({ clock, views });
  house.machines.put(machine(1, clock.now(), { power: 'poweredOff', tools: 'toolsNotRunning' }));
  await house.start();
  [consumer] = house.inventory.flow.consumers as [Consumer];
  await take(off(4, house.reads.next())); // it was off already, so nothing is told
  const { eventStore, machines } = house;
  await house.close();
  let reads = 0;
  const read: typeof eventStore.read = (stream, ...more) => {
    if (stream === `vm-${idOf(1)}`) reads += 1;
    return eventStore.read(stream, ...more);
  };
  house = await openHouse({ clock, views, eventStore: { ...eventStore, read }, catalog: machines });
  await house.start();
  expect([await observed(), reads]).toEqual([[], 0]);
  machines.put(machine(1, clock.now()));
  await clock.advance(1);
  expect(await observed()).toMatchObject([{ power: 'poweredOn', after: { sequence: 4 } }]);
});

it('a sign-in that power was refused is one for all: the session ends, nobody tries again', async () => {
  await take(refused(7));
  expect(await house.inventory.getConnection({ id: siteA.id }, ana())).toMatchObject({ signIn: { blocked: false } });
  await take(refused(1), refused(1));
  await house.clock.advance(10);
  expect(await house.inventory.getConnection({ id: siteA.id }, ana())).toMatchObject({
    state: 'down',
    signIn: { blocked: true },
  });
  expect((await house.facts()).filter(({ type }) => type === 'ConnectionSignInFailed')).toMatchObject([
    { service: 'power' },
  ]);
  const written = (await house.facts()).length;
  house.machines.put(machine(1, house.clock.now(), { power: 'poweredOff' }));
  await house.clock.advance(60_000);
  expect(await house.facts()).toHaveLength(written);
});

it('K9: that power does not find a machine is a removal, and a listing confirms it', async () => {
  house.machines.remove(machine(1, house.clock.now()).key, true);
  house.machines.put(machine(2, house.clock.now()));
  await take(failed('provider_error'));
  await house.clock.advance(2_000);
  expect((await house.facts()).filter(({ type }) => type === 'VmRetired')).toEqual([]);
  await take(failed('vm_gone'));
  await house.clock.advance(2_000);
  expect((await house.facts()).filter(({ type }) => type === 'VmRetired')).toMatchObject([
    { stream: `vm-${idOf(1)}`, cause: 'gone' },
  ]);
});

it('K9: a machine that power did not find and a listing shows stays', async () => {
  await house.close();
  const { clock, machines } = house;
  const list: typeof machines.list = async function* () {
    yield { machines: [readAt(1, clock.now())], skipped: [] };
  };
  house = await openHouse({ clock, catalog: { ...machines, list } });
  await house.start();
  [consumer] = house.inventory.flow.consumers as [Consumer];
  await take(failed('not_found'));
  await clock.advance(60_000);
  expect((await house.facts()).filter(({ type }) => /Missing|Retired/.test(type))).toEqual([]);
});

it('moves its position after the deed, so a crash in between loses nothing', async () => {
  const verdict = off(4, house.reads.next());
  const { append } = house.eventStore;
  Object.assign(house.eventStore, { append: () => Promise.reject(new StoreRefused('store_unavailable', 'crash')) });
  await expect(take(verdict)).rejects.toThrow('crash');
  expect(await consumer.position('power')).toBe(0);
  Object.assign(house.eventStore, { append });
  await take(verdict);
  await house.clock.advance(1000);
  expect(await consumer.position('power')).toBe(1);
  expect(await observed()).toMatchObject([{ after: { sequence: 4 } }]);
});
