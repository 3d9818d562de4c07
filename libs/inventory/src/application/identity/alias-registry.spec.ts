import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CommitId, FactId, VmId, type Alias, type Fact, type StreamId } from '@drover/kernel';
import { memoryEventStore, virtualClock, type EventStore, type VirtualClock } from '@drover/ports';
import { aliasStream } from '../../domain/alias-claim.js';
import { vmStream } from '../../domain/vm.js';
import { ana, idOf, machine, openHouse, siteA } from '../../testing.js';
import { aliasesOf } from './testing.js';

const [moref, cloud] = aliasesOf(1);
let house: Awaited<ReturnType<typeof openHouse>>;
let world: { readonly clock: VirtualClock; readonly eventStore: EventStore };
const reopen = async () => {
  house = await openHouse(world);
  await house.start();
};
beforeEach(async () => {
  world = { clock: virtualClock(), eventStore: memoryEventStore() };
  await reopen();
});
afterEach(() => house.close());

const register = (key: string, ...aliases: readonly Alias[]) => {
  const connectionId = aliases.some(({ source }) => source !== null) ? siteA.id : null;
  const body = { name: key, connectionId, aliases: [...aliases], groupIds: [] };
  return house.inventory.registerVm(body, ana(key));
};
const asked = VmId.ofRequest;
const put = async (stream: StreamId, ...facts: readonly Fact[]) => {
  const version = (await world.eventStore.read(stream)).reduce((sum, commit) => sum + commit.facts.length, 0);
  await world.eventStore.append({
    ...{ stream, version, commitId: CommitId.create(), facts: facts.map((fact) => ({ id: FactId.create(), fact })) },
    metadata: { at: world.clock.now(), actor: 'ana', requestId: 'r' },
  });
};
const of = async (stream: StreamId) =>
  (await world.eventStore.read(stream)).flatMap(({ facts }) => facts.map(({ fact }) => fact));
const show = async (n: number, ...more: readonly Alias[]) => {
  const shown = machine(n, world.clock.now());
  house.machines.put({ ...shown, aliases: [...shown.aliases, ...more] });
  await world.clock.advance(200);
};
const dead = { type: 'AliasClaimed', vmId: asked('dead') };
const registered = (...aliases: readonly Alias[]) => ({
  ...{ type: 'VmRegistered', connectionId: null, aliases, name: 'old-01', groupIds: [] },
});

describe('T-ALI-2: a claim whose machine was never recorded', () => {
  /** What comes of a request for the alias, after the wait for the other one. */
  const request = async (key: string) => {
    const answer = register(key, cloud);
    await world.clock.advance(1_100);
    return answer;
  };

  it('stands for a minute, and is then taken over in one commit', async () => {
    await put(aliasStream(cloud), dead);
    expect(await request('k1')).toMatchObject({
      rejected: 'alias_conflict',
      because: expect.stringContaining(' 59 s '),
    });
    await world.clock.advance(58_000);
    expect(await request('k1')).toMatchObject({ vmId: asked('k1') });
    const commits = await world.eventStore.read(aliasStream(cloud));
    expect(commits.map(({ facts }) => facts.map(({ fact }) => fact))).toEqual([
      [dead],
      [
        { type: 'AliasReleased', vmId: asked('dead') },
        { type: 'AliasClaimed', vmId: asked('k1') },
      ],
    ]);
  });

  it.each([3_600_000, -3_600_000])('stands as long when the clock is set by %d ms', async (ms) => {
    await put(aliasStream(cloud), dead);
    world.clock.jump(ms);
    expect(await request('k1')).toMatchObject({
      rejected: 'alias_conflict',
      because: expect.stringContaining(' 59 s '),
    });
    await world.clock.advance(59_000);
    expect(await request('k1')).toMatchObject({ vmId: asked('k1') });
  });

  it('is as old as its instant says for a process that did not hear it', async () => {
    await put(aliasStream(cloud), dead);
    await house.close();
    const started = world.clock.monotonic();
    await reopen();
    await world.clock.advance(Math.max(0, 61_000 - (world.clock.monotonic() - started)));
    expect(await request('k1')).toMatchObject({ vmId: asked('k1') });
  });

  it('keeps a machine that its provider shows waiting, and no longer than that', async () => {
    await put(aliasStream(moref), dead);
    await show(1, moref);
    expect(await of(vmStream(idOf(1)))).toEqual([]);
    await world.clock.advance(75_000);
    expect((await of(vmStream(idOf(1)))).map(({ type }) => type)).toEqual(['VmDiscovered', 'VmPowerObserved']);
  });

  it('is waited for one second at most, whatever is heard meanwhile, and looked at again only for what aliases tell', async () => {
    await put(aliasStream(cloud), dead);
    let ended = false;
    const answer = register('k1', cloud).finally(() => (ended = true));
    await world.clock.advance(500);
    const read = jest.spyOn(world.eventStore, 'read');
    const looked = () => read.mock.calls.filter(([stream]) => stream === aliasStream(cloud)).length;
    house.machines.put(machine(7, world.clock.now(), { power: 'poweredOff' }));
    await world.clock.advance(100);
    const before = looked();
    house.machines.put(machine(7, world.clock.now(), { power: 'poweredOn' }));
    await world.clock.advance(300);
    expect(looked()).toBe(before);
    await put(aliasStream(moref), dead);
    await world.clock.advance(150);
    expect([looked() > before, ended]).toEqual([true, true]);
    expect(await answer).toMatchObject({ rejected: 'alias_conflict' });
    read.mockRestore();
  });
  it('is waited for by a registration, which hears whose it became', async () => {
    await put(aliasStream(cloud), dead);
    const answer = register('k1', cloud);
    await world.clock.advance(300);
    await put(vmStream(asked('dead')), registered(cloud));
    await world.clock.advance(10);
    expect(await answer).toMatchObject({
      ...{ rejected: 'alias_conflict', candidates: [{ id: asked('dead'), name: 'old-01' }] },
    });
  });
});

it('T-ALI-3: the alias of a machine of before there were claims is refused, and no claim of it is left', async () => {
  await house.close();
  await put(vmStream(asked('old')), registered(cloud));
  await reopen();
  expect(await register('k1', cloud)).toMatchObject({
    ...{ rejected: 'alias_conflict', candidates: [{ id: asked('old'), name: 'old-01' }] },
  });
  expect((await of(aliasStream(cloud))).at(-1)).toEqual({ type: 'AliasReleased', vmId: asked('k1') });
  expect(await of(vmStream(asked('k1')))).toEqual([]);
  await house.inventory.retireVm({ vmId: asked('old') }, ana());
  expect(await register('k2', cloud)).toMatchObject({ vmId: asked('k2') });
});

it('a dry run is judged by the same, and claims nothing', async () => {
  const body = { name: 'k1', connectionId: null, aliases: [cloud], groupIds: [] };
  const tried = () => house.inventory.registerVm(body, { ...ana('k9'), dryRun: true });
  expect(await tried()).toMatchObject({ vmId: asked('k9') });
  expect(await of(aliasStream(cloud))).toEqual([]);
  await register('k1', cloud);
  expect(await tried()).toMatchObject({ rejected: 'alias_conflict', candidates: [{ id: asked('k1') }] });
});

it('a request that is refused for one alias keeps none of the others', async () => {
  await register('k1', cloud);
  expect(await register('k2', moref, cloud)).toMatchObject({ rejected: 'alias_conflict' });
  expect(await register('k3', moref)).toMatchObject({ vmId: asked('k3') });
});

it('a machine that leaves the fleet, or gets another alias of a kind, releases what it claimed', async () => {
  await register('k1', cloud, moref);
  await house.inventory.retireVm({ vmId: asked('k1') }, ana());
  for (const alias of [cloud, moref])
    expect((await of(aliasStream(alias))).at(-1)).toEqual({ type: 'AliasReleased', vmId: asked('k1') });

  await register('k2', moref);
  await show(1, moref);
  expect((await of(aliasStream(moref))).at(-1)).toEqual({ type: 'AliasClaimed', vmId: asked('k2') });
  await show(1, { ...moref, value: 'vm-99' });
  expect((await of(aliasStream(moref))).at(-1)).toEqual({ type: 'AliasReleased', vmId: asked('k2') });
});

it('a provider that shows a machine which a person took out claims nothing for it', async () => {
  await show(1, cloud);
  await house.inventory.retireVm({ vmId: idOf(1) }, ana());
  await house.close();
  await reopen();
  await show(1, cloud);
  expect((await of(aliasStream(cloud))).at(-1)).toMatchObject({ type: 'AliasReleased' });
  expect(await register('k1', cloud)).toMatchObject({ vmId: asked('k1') });
});

it('a first discovery of machines under their own ids makes no claim', async () => {
  await show(1, moref);
  expect((await house.facts()).filter(({ stream }) => stream.startsWith('alias-'))).toEqual([]);
});
