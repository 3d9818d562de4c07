import { describe, expect, it } from '@jest/globals';
import { ConnectionId, VmId } from '@drover/kernel';
import { detailsOf, type Blueprint } from './blueprint.simulator.js';
import { uuidOf } from './chance.simulator.js';
import { addedTo, machinesOf, SHARED_NAME } from './fleet.simulator.js';

const seed = 'drover';
const inFull = (plan: Blueprint) => ({ ...plan, ...detailsOf(plan) });
const fleetOf = (size: number, ofSeed: string) => Array.from(machinesOf(size, ofSeed), inFull);
const fleet = fleetOf(200, seed);

describe('a fleet', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(fleetOf(200, seed)).toEqual(fleet);
    expect(fleetOf(200, 'other').map(({ vmId }) => vmId)).not.toContain(fleet[0]?.vmId);
  });

  it('keeps its machines when it grows', () => {
    const larger = new Map(fleetOf(1_000, seed).map((machine) => [machine.vmId, machine]));
    expect(fleet.map(({ vmId }) => larger.get(vmId))).toEqual(fleet);
  });

  it.each([0, 1, 2, 5, 200, 201])('of %s stands half on each site', (size) => {
    const machines = fleetOf(size, seed);
    expect(machines).toHaveLength(size);
    expect(machines.filter(({ connectionId }) => connectionId === 'site-b')).toHaveLength(Math.floor(size / 2));
  });

  it('knows each machine by the id that Drover makes of what the site calls it', () => {
    for (const { vmId, connectionId, instanceUuid, aliases } of fleet) {
      expect(vmId).toBe(VmId.ofInstance(connectionId, instanceUuid));
      expect(aliases.map(({ kind }) => kind)).toEqual(['instance-uuid', 'bios-uuid', 'moref']);
      expect(aliases.every(({ source }) => source === connectionId)).toBe(true);
    }
  });

  it('has one name on both sites and no other twice', () => {
    const names = fleet.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([SHARED_NAME]);
  });

  it('of 10,000 has no id and no hardware address twice', () => {
    const many = fleetOf(10_000, seed);
    const all = [
      many.map(({ vmId }) => vmId),
      many.flatMap(({ hardware }) => hardware.networks.map(({ macAddress }) => macAddress)),
      many.flatMap(({ connectionId, aliases }) => aliases.map(({ value }) => `${connectionId} ${value}`)),
    ];
    for (const ids of all) expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([200, 10_000])('of %s is mixed as real ones are', (size) => {
    const machines = fleetOf(size, seed);
    const share = (which: (machine: Blueprint) => boolean) => (100 * machines.filter(which).length) / size;
    expect(Math.abs(share(({ tools }) => tools === 'toolsOk') - 80)).toBeLessThanOrEqual(2);
    for (const state of ['toolsOld', 'toolsNotRunning', 'toolsNotInstalled', 'unknown'])
      expect(share(({ tools }) => tools === state)).toBeGreaterThanOrEqual(1);
    expect(Math.abs(share(({ power }) => power === 'suspended') - 2)).toBeLessThanOrEqual(1);
    expect(Math.abs(share(({ power }) => power === 'poweredOff') - 10)).toBeLessThanOrEqual(2);
    expect(Math.abs(share(({ guest }) => !guest.obeys) - 2)).toBeLessThanOrEqual(1);
  });

  it('has machines of every type, as their names say', () => {
    for (const part of ['KAFKA_', 'ES_DATA_', 'BASTION_', 'ScalableLB_', 'AIWFL_EXEC_', 'web-'])
      expect(fleet.some(({ name }) => name.startsWith(part))).toBe(true);
  });

  it('keeps machines their ids, whatever they are called', () =>
    expect(fleet.find(({ name }) => name === 'KAFKA_1')).toMatchObject({
      instanceUuid: uuidOf('50', 'instance', seed, 'site-a', 'kafka-01'),
      hardware: { path: '/ExampleDC/vm/KAFKA_1' },
    }));

  it('tells the guests that hang by their names, and they could be asked', () => {
    for (const { name, guest } of fleet) expect(name.startsWith('legacy-')).toBe(!guest.obeys);
    const hanging = fleet.filter(({ guest }) => !guest.obeys);
    expect(hanging.length).toBeGreaterThan(0);
    for (const { power, tools } of hanging) expect([power, tools]).toEqual(['poweredOn', 'toolsOk']);
  });

  it('has addresses of the documentation only, and none where no tools could tell them', () => {
    for (const { hardware, tools } of fleet) {
      expect(hardware.addresses).toHaveLength(tools === 'toolsNotInstalled' ? 0 : 1);
      for (const address of hardware.addresses) expect(address).toMatch(/^(203\.0\.113|198\.51\.100)\.\d+$/);
    }
  });
});

describe('a machine that is added', () => {
  it('is the one of old where there was one', () => {
    const [, , , known] = fleet;
    expect(known && addedTo(fleet, seed, known.connectionId, known.name)).toBe(known);
  });

  it('is new otherwise, and the same however often', () => {
    const added = addedTo(fleet, seed, ConnectionId.parse('site-b'), 'new-01');
    expect(fleet.map(({ vmId }) => vmId)).not.toContain(added.vmId);
    expect(added).toMatchObject({ connectionId: 'site-b', name: 'new-01', power: 'poweredOn' });
    expect(addedTo(fleetOf(4, seed), seed, ConnectionId.parse('site-b'), 'new-01')).toEqual(added);
  });
});
