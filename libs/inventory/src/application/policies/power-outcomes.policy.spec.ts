import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { dataSchemaOf, takenBy, toCloudEvent, type CloudEvent, type Said } from '@drover/contracts';
import { FactId, Instant, StreamId } from '@drover/kernel';
import type { Consumer } from '@drover/ports';
import { ana, idOf, machine, openHouse, readAt, siteA } from '../../testing.js';
import { powerOperations } from '../projections/power-operations.projection.js';
import { powerOutcomeTypes } from './power-outcomes.policy.js';

let house: Awaited<ReturnType<typeof openHouse>>;
let consumer: Consumer;
beforeEach(async () => {
  house = await openHouse();
  house.machines.put(machine(1, house.clock.now()));
  await house.start();
  [consumer] = house.inventory.flow.consumers as [Consumer];
});
afterEach(() => house.close());

const told = (said: Said, sequence = 1): CloudEvent =>
  toCloudEvent(said, {
    ...{ service: 'power', stream: StreamId.of('power', idOf(1)), id: FactId.createAt(house.clock.now()), sequence },
    ...{ at: house.clock.now(), actor: 'policy:power' },
  });
const off = (observedAt: Instant) =>
  told({
    ...{ type: 'io.drover.power.vm-powered-off.v1', subject: `vm/${idOf(1)}`, partitionkey: idOf(1) },
    data: { op: 1, method: 'graceful', previousState: 'poweredOn', durationSeconds: 5, observedAt },
  });
const on = (observedAt: Instant) =>
  told({
    ...{ type: 'io.drover.power.vm-powered-on.v1', subject: `vm/${idOf(1)}`, partitionkey: idOf(1) },
    data: { op: 1, previousState: 'poweredOff', tools: 'toolsOld', durationSeconds: 5, observedAt },
  });
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
const take = (...entries: CloudEvent[]) => consumer.take({ service: 'power', entries, upTo: entries.length });
const vm = () => house.ports.shown.after(idOf(1), 0);

it('listens, with the view of what runs, to what the topology says, and to nothing else', () => {
  const heard = new Set([...powerOutcomeTypes, ...powerOperations.listensTo]);
  expect([...heard].sort()).toEqual([...takenBy('inventory')].sort());
});

it('uses events in the shape of their schemas', () => {
  for (const { type, data } of [off(house.clock.now()), on(house.clock.now()), refused(1)])
    expect(dataSchemaOf(type)?.parse(data)).toEqual(data);
});

it('takes the outcome of power for an observation, in whatever order it comes, once', async () => {
  const [early, late] = [1, 2].map((seconds) => Instant.plusSeconds(house.clock.now(), seconds)) as [Instant, Instant];
  await take(off(early));
  expect(await vm()).toMatchObject({ power: { state: 'poweredOff', observedAt: early } });
  await take(on(late));
  expect(await vm()).toMatchObject({ power: { state: 'poweredOn', tools: 'toolsOld', observedAt: late } });
  const written = (await house.facts()).length;
  await take(off(early), on(late));
  expect(await house.facts()).toHaveLength(written);
  expect(await consumer.position('power')).toBe(2);
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
  house.machines.remove(machine(1, house.clock.now()).instanceUuid, true);
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
  const observedAt = Instant.plusSeconds(house.clock.now(), 1);
  const { append } = house.eventStore;
  Object.assign(house.eventStore, { append: () => Promise.reject(new Error('crash')) });
  await expect(take(off(observedAt))).rejects.toThrow('crash');
  expect(await consumer.position('power')).toBe(0);
  Object.assign(house.eventStore, { append });
  await take(off(observedAt));
  expect(await vm()).toMatchObject({ power: { state: 'poweredOff' } });
});
