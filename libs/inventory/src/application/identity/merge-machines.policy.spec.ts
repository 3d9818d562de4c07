import { afterEach, describe, expect, it } from '@jest/globals';
import { CommitId, FactId, VmId, type Alias, type Fact, type StreamId } from '@drover/kernel';
import { memoryEventStore, virtualClock, type EventStore } from '@drover/ports';
import { aliasStream } from '../../domain/alias-claim.js';
import { vmStream } from '../../domain/vm.js';
import { ana, idOf, machine, openHouse } from '../../testing.js';
import { aliasesOf, processesOn } from './testing.js';

const [moref, cloud, uuid] = aliasesOf(1);
const memory = () => {
  const store = memoryEventStore();
  return { handle: () => store, close: async () => {} };
};
const append = (eventStore: EventStore, stream: StreamId, version: number, ...facts: readonly Fact[]) =>
  eventStore.append({
    ...{ stream, version, commitId: CommitId.create() },
    facts: facts.map((fact) => ({ id: FactId.create(), fact })),
    metadata: { at: virtualClock().now(), actor: 'ana', requestId: 'r' },
  });
let close: () => Promise<void> = async () => {};
afterEach(() => close());

const open = async (count?: number) => {
  const world = await processesOn(memory, count);
  close = world.close;
  return world;
};
const inFleet = async ({ fleet }: Awaited<ReturnType<typeof open>>) => (await fleet()).map(({ vmId }) => vmId);

it('two processes that discover one machine at the same instant end with one', async () => {
  const world = await open();
  world.show(1);
  await world.clock.advance(1_000);
  expect(await inFleet(world)).toEqual([idOf(1)]);
});

it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
  'a request at one process and the provider at another end with one, whichever is %d turns ahead',
  async (turns) => {
    const world = await open();
    const answer = world.register(0, 'k1', [moref]);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    world.show(1);
    await world.clock.advance(2_000);
    const fleet = await world.fleet();
    expect(fleet).toHaveLength(1);
    expect(fleet[0]?.vm).toMatchObject({ is: 'seen', aliases: expect.arrayContaining([moref, cloud]) });
    await answer;
  },
);

describe('two machines of the fleet that hold one alias', () => {
  const registered = (vm: object): readonly Fact[] => [
    { type: 'VmRegistered', connectionId: null, name: 'x', groupIds: [], ...vm },
  ];
  const put = (eventStore: EventStore, vmId: VmId, ...facts: readonly Fact[]) =>
    append(eventStore, vmStream(vmId), 0, ...facts);
  const [first, second] = [VmId.ofRequest('first'), VmId.ofRequest('second')];
  const started = async (...aliases: readonly (readonly Alias[])[]) => {
    const eventStore = memoryEventStore();
    await put(eventStore, first, ...registered({ aliases: aliases[0] }));
    await put(eventStore, second, ...registered({ aliases: aliases[1] }));
    const house = await openHouse({ eventStore });
    close = house.close;
    await house.start();
    return house;
  };

  it('are found at the start: the later one is merged, and what is asked of it names the other', async () => {
    const house = await started([cloud], [cloud, moref]);
    expect((await house.facts()).filter(({ stream }) => stream === vmStream(second)).slice(1)).toEqual([
      { stream: vmStream(second), type: 'VmMerged', intoVmId: first },
      { stream: vmStream(second), type: 'VmRetired', cause: 'merged' },
    ]);
    expect(await house.inventory.editVm({ vmId: second, displayName: 'a' }, ana())).toMatchObject({
      ...{ rejected: 'vm_gone', vmId: second, candidates: [{ id: first, name: 'x' }] },
    });
    expect(await house.inventory.editVm({ vmId: first, displayName: 'a' }, ana())).not.toHaveProperty('rejected');
  });

  it('stay two where the alias leads to neither of them: a reference is given again', async () => {
    const other = { ...uuid, value: machine(2, virtualClock().now()).key };
    const house = await started([uuid, moref], [other, moref]);
    expect((await house.facts()).filter(({ type }) => type === 'VmMerged')).toEqual([]);
  });

  it('stay two while the power of the later one is being switched', async () => {
    const eventStore = memoryEventStore();
    await put(eventStore, first, ...registered({ aliases: [cloud] }));
    await put(eventStore, second, ...registered({ aliases: [cloud] }));
    const house = await openHouse({ eventStore });
    close = house.close;
    const hear = async (sequence: string, name: string, data: object) =>
      house.inventory.flow.consumers
        .find((each) => each.name.includes('power-operations'))
        ?.take({
          ...{ source: 'power', from: Number(sequence) - 1, upTo: Number(sequence) },
          entries: [powerEvent(second, sequence, name, data)],
        } as never);
    await hear('1', 'power-off-requested', { op: 1 });
    await house.start();
    await house.clock.advance(5_000);
    expect((await house.facts()).filter(({ type }) => type === 'VmMerged')).toEqual([]);
    await hear('2', 'vm-powered-off', { op: 1 });
    await house.clock.advance(2_000);
    expect((await house.facts()).filter(({ type }) => type === 'VmMerged')).toHaveLength(1);
  });
});

const powerEvent = (vmId: VmId, sequence: string, name: string, data: object) => ({
  ...{ type: `io.drover.power.${name}.v1`, partitionkey: vmId, operationid: `power.power-${vmId}.1`, sequence, data },
});

it('a machine whose twin was the first is shown as that one from then on', async () => {
  const world = await open(1);
  await world.register(0, 'k1', [moref]);
  await world.register(0, 'k2', [uuid]); // its provider has shown neither: nobody can know that they are one
  world.show(1);
  await world.clock.advance(3_000);
  const fleet = await world.fleet();
  expect(fleet.map(({ vmId, vm }) => [vmId, vm.is])).toEqual([[VmId.ofRequest('k1'), 'seen']]);
});

const live = async () => {
  const house = await openHouse();
  close = house.close;
  await house.start();
  const show = async (...numbers: readonly number[]) => {
    for (const n of numbers) {
      const shown = machine(n, house.clock.now());
      house.machines.put({ ...shown, aliases: [...shown.aliases, moref] });
    }
    await house.clock.advance(1_000);
  };
  const types = async (vmId: VmId) =>
    (await house.facts()).flatMap(({ stream, type }) => (stream === vmStream(vmId) ? [type] : []));
  return { ...house, show, types };
};

it('two machines that their provider gives one reference stay two, also when that is looked into', async () => {
  const { inventory, show, types } = await live();
  await show(1, 2);
  const merging = inventory.flow.policies.find(({ policy }) => policy.name === 'merge-machines');
  for (const n of [1, 2]) await merging?.policy.advance(idOf(n), new AbortController().signal);
  for (const n of [1, 2]) expect(await types(idOf(n))).toEqual(['VmDiscovered', 'VmPowerObserved']);
});

it('a machine that is merged while its provider shows it is read once more, as the other one', async () => {
  const { eventStore, clock, show, types } = await live();
  const first = VmId.ofRequest('first');
  const body = { type: 'VmRegistered', connectionId: null, name: 'x', groupIds: [], aliases: [] };
  await append(eventStore, vmStream(first), 0, body);
  await show(1);
  // Another process was slow: what it claimed and recorded comes when the provider's machine is there already.
  await append(eventStore, aliasStream(moref), 0, { type: 'AliasClaimed', vmId: idOf(1) });
  await append(eventStore, vmStream(first), 1, { type: 'VmAliased', alias: moref });
  await clock.advance(1_000);
  expect((await types(idOf(1))).slice(2)).toEqual(['VmMerged', 'VmRetired']);
  expect(await types(first)).toEqual(['VmRegistered', 'VmAliased', 'VmDiscovered', 'VmPowerObserved']);
});
