import { expect, it } from '@jest/globals';
import { ConnectionId, ConnectionKind, Instant, isRejection, VmId, type PowerState } from '@drover/kernel';
import { memoryViewStore, virtualClock, writesOf } from '@drover/ports';
import type { CloudEvent } from '@drover/contracts';
import { machineRoom, SITE, START } from '../../testing.js';
import { connectionDirectory } from './connection-directory.projection.js';
import { vmDirectory } from './vm-directory.projection.js';
import { directoryOf, machineAt } from './directory.js';

const bios = '420570c7-f61f-a930-77c5-1e876786cb3c';
const other = ConnectionId.parse('site-b');
const later = (seconds: number) => Instant.plusSeconds(START, seconds);

/** Everything told so far, taken once, and once more after a crash that forgot it. */
const open = async (room: ReturnType<typeof machineRoom>, upTo = 999) => {
  const views = await memoryViewStore(virtualClock()).open('d', [vmDirectory, connectionDirectory]);
  const { entries } = await room.log.after(0, upTo);
  for (const some of [entries, entries.slice(-3)] as readonly (readonly CloudEvent[])[])
    await views.commit({
      ...{ source: 'inventory', from: await views.checkpoint('inventory'), upTo: 1 },
      ...(await writesOf(views, [vmDirectory, connectionDirectory], some)),
    });
  return directoryOf(views);
};
const site = (
  room: ReturnType<typeof machineRoom>,
  id = other,
  url = 'https://vcenter-02.example.test/sdk',
  revision = 1,
) =>
  room.tell(
    revision === 1 ? 'io.drover.inventory.connection-added.v1' : 'io.drover.inventory.connection-changed.v1',
    id,
    {
      ...{
        name: 'Site B',
        kind: ConnectionKind.parse('simulator'),
        url,
        region: null,
        credentialRef: null,
        tls: { mode: 'system', value: null },
      },
      ...{ allow: [], groupIds: [], revision },
    },
  );

it('finds a machine by any of its names, whatever their case', async () => {
  const room = machineRoom();
  const vmId = room.machine('Web-01', bios);
  const directory = await open(room);
  for (const name of ['web-01', 'WEB-01', bios.toUpperCase(), vmId])
    expect(await directory.called(name, { scope: 'all' })).toMatchObject({ vmId });
  expect(await directory.called('web-02', { scope: 'all' })).toMatchObject({ rejected: 'not_found' });
});

it('knows a machine in full: where it is, its provider’s name for it, what was seen last', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  const place = await (await open(room)).entry(vmId);
  expect(place).toMatchObject({
    vm: { name: 'web-01', observed: { reading: { power: 'poweredOn' } }, life: { is: 'active' } },
    connection: { target: { id: SITE } },
  });
  const machine = place && machineAt(place);
  expect(machine && VmId.ofInstance(SITE, machine.key)).toBe(vmId);
});

it('lists the candidates of a name that several have; a vCenter tells them apart', async () => {
  const room = machineRoom();
  site(room);
  const here = room.machine('web-01', bios);
  const there = VmId.create();
  room.tell('io.drover.inventory.vm-registered.v1', there, {
    ...{
      connectionId: other,
      name: 'web-01',
      groupIds: [],
      aliases: [{ source: other, kind: 'bios-uuid', value: bios }],
    },
  });
  const directory = await open(room);
  const several = await directory.called(bios, { scope: 'all' });
  expect(several).toMatchObject({ rejected: 'name_ambiguous' });
  expect(isRejection(several) && several.candidates?.map(({ id }) => id).sort()).toEqual([here, there].sort());
  expect(await directory.called(bios, { scope: 'all', vcenter: 'vcenter-01.example.test' })).toMatchObject({
    vmId: here,
  });
  expect(await directory.called(bios, { scope: 'all', vcenter: 'https://VCENTER-02.example.test/sdk' })).toMatchObject({
    vmId: there,
  });
  expect(await directory.called(bios, { scope: 'all', vcenter: 'vcenter-09.example.test' })).toMatchObject({
    rejected: 'not_found',
  });
});

it('K26: candidates of a name say where they are and how they were seen, so that they can be told apart', async () => {
  const room = machineRoom();
  const [first, second] = [room.machine('db-01'), room.machine('db-01')];
  const hardware = {
    ...{
      cpus: 1,
      memoryBytes: 1,
      os: 'linux',
      toolsVersion: null,
      path: '/DC1/vm/db-01',
      datacenter: 'DC1',
      host: null,
    },
    ...{ addresses: [], disks: [], networks: [], observedAt: later(1) },
  };
  room.tell('io.drover.inventory.vm-described.v1', second, { name: null, hardware });
  room.observed(second, { power: 'suspended', observedAt: later(60) });
  const refused = await (await open(room)).called('db-01', { scope: 'all' });
  const candidates = isRejection(refused) ? refused.candidates : undefined;
  expect(candidates?.find(({ id }) => id === second)).toEqual({
    ...{ id: second, name: 'db-01', connectionId: SITE },
    ...{ datacenter: 'DC1', path: '/DC1/vm/db-01', power: 'suspended' },
  });
  expect(candidates?.find(({ id }) => id === first)).toMatchObject({ datacenter: null, power: 'poweredOn' });
});

it('K26: says when there are more candidates than it lists', async () => {
  const room = machineRoom();
  for (let n = 0; n < 20; n++) room.machine('db-01');
  const refused = async () => {
    const answer = await (await open(room)).called('db-01', { scope: 'all' });
    return isRejection(answer) ? [answer.because, answer.candidates?.length] : [];
  };
  expect(await refused()).toEqual(['Several machines are called so. Nothing was sent.', 20]);
  for (let n = 0; n < 5; n++) room.machine('db-01');
  expect(await refused()).toEqual(['More than 20 machines are called so; 20 are listed. Nothing was sent.', 20]);
});

it('K26: machines that are gone hide none of those that have their name', async () => {
  const room = machineRoom();
  const ids = Array.from({ length: 600 }, () => room.machine('db-01')).sort();
  for (const id of ids.slice(0, -2)) room.tell('io.drover.inventory.vm-retired.v1', id, { cause: 'gone' });
  const refused = await (await open(room, 5_000)).called('db-01', { scope: 'all' });
  expect(isRejection(refused) && refused.candidates?.map(({ id }) => id)).toEqual(ids.slice(-2));
});

it('K27: what is the id of a machine leads to that machine, whoever is named so', async () => {
  const room = machineRoom();
  const vmId = room.machine('web-01');
  const namesake = room.machine(vmId);
  expect(await (await open(room)).called(vmId.toUpperCase(), { scope: 'all' })).toMatchObject({ vmId });
  room.tell('io.drover.inventory.vm-retired.v1', vmId, { cause: 'gone' });
  expect(await (await open(room)).called(vmId, { scope: 'all' })).toMatchObject({ rejected: 'vm_gone' });
  expect(await (await open(room)).called(namesake, { scope: 'all' })).toMatchObject({ vmId: namesake });
});

it('keeps a retired machine as gone, until it is found again; one that is there wins', async () => {
  const room = machineRoom();
  const vmId = room.machine('web-01', bios);
  room.tell('io.drover.inventory.vm-retired.v1', vmId, { cause: 'gone' });
  expect(await (await open(room)).called(bios, { scope: 'all' })).toMatchObject({ rejected: 'vm_gone' });
  expect(await (await open(room)).entry(vmId)).toMatchObject({ vm: { life: { is: 'retired' } } });
  const anew = room.machine('web-01', bios);
  expect(await (await open(room)).called(bios, { scope: 'all' })).toMatchObject({ vmId: anew });
});

it('names the machine that a merged one turned out to be', async () => {
  const room = machineRoom();
  const [vmId, into] = [room.machine('web-01', bios), room.machine('web-02')];
  room.tell('io.drover.inventory.vm-merged.v1', vmId, { intoVmId: into });
  room.tell('io.drover.inventory.vm-retired.v1', vmId, { cause: 'merged' });
  expect(await (await open(room)).called(bios, { scope: 'all' })).toMatchObject({
    ...{ rejected: 'vm_gone', because: `It was merged into ${into}. Nothing was sent.` },
    candidates: [{ id: into, name: 'web-02' }],
  });
});

it('knows a machine by its provider’s newest name for it, as inventory does', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  const value = VmId.create();
  room.tell('io.drover.inventory.vm-aliased.v1', vmId, { alias: { source: SITE, kind: 'instance-uuid', value } });
  const place = await (await open(room)).entry(vmId);
  expect(place && machineAt(place)).toMatchObject({ key: value });
  expect(place?.vm.aliases.filter(({ kind }) => kind === 'instance-uuid')).toHaveLength(1);
});

it('takes aliases and names as they come, and news of nobody for nothing', async () => {
  const room = machineRoom();
  const [vmId, nobody] = [room.machine(), VmId.create()];
  room.tell('io.drover.inventory.vm-aliased.v1', vmId, {
    alias: { source: null, kind: 'hostname', value: 'web.example.test' },
  });
  room.observed(nobody);
  const directory = await open(room);
  expect(await directory.called('web.example.test', { scope: 'all' })).toMatchObject({ vmId });
  expect(await directory.entry(nobody)).toBeNull();
});

it('K3: keeps the last observation of inventory’s log, and when the power was last seen to change', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  room.observed(vmId, { power: 'poweredOn', observedAt: later(3600) }); // then the clock went back
  room.observed(vmId, { power: 'poweredOff', observedAt: later(60) });
  room.observed(vmId, { power: 'poweredOff', observedAt: later(90) });
  const place = await (await open(room)).entry(vmId);
  expect(place?.vm).toMatchObject({
    observed: { reading: { power: 'poweredOff', observedAt: later(90) }, changedAt: later(60) },
  });
});

it('K19: a machine that comes back as it was last seen has not changed, and how it was seen last is kept', async () => {
  const room = machineRoom();
  const vmId = room.machine();
  const seen = async (power: PowerState, seconds: number) => {
    room.observed(vmId, { power, observedAt: later(seconds) });
    return (await (await open(room)).entry(vmId))?.vm.observed;
  };
  expect(await seen('poweredOff', 60)).toMatchObject({ changedAt: later(60) });
  expect(await seen('unknown', 120)).toMatchObject({
    ...{ reading: { power: 'unknown' }, lastSeen: { power: 'poweredOff', observedAt: later(60) } },
    changedAt: later(60),
  });
  expect(await seen('poweredOff', 180)).toMatchObject({ reading: { power: 'poweredOff' }, changedAt: later(60) });
  await seen('unknown', 240);
  expect(await seen('suspended', 300)).toMatchObject({ changedAt: later(300) });
});

it('a refused sign-in blocks until the connection is reset or changed', async () => {
  const room = machineRoom();
  const blocked = async () => {
    const vmId = room.machine();
    return (await (await open(room)).entry(vmId))?.connection?.blocked;
  };
  expect(await blocked()).toBe(false);
  room.tell('io.drover.inventory.connection-sign-in-failed.v1', SITE, { service: 'inventory', revision: 1 });
  expect(await blocked()).toBe(true);
  room.tell('io.drover.inventory.connection-sign-in-reset.v1', SITE, { revision: 2 });
  expect(await blocked()).toBe(false);
  room.tell('io.drover.inventory.connection-sign-in-failed.v1', SITE, { service: 'power', revision: 1 }); // of before
  expect(await blocked()).toBe(false);
  room.tell('io.drover.inventory.connection-sign-in-failed.v1', SITE, { service: 'inventory', revision: 2 });
  expect(await blocked()).toBe(true);
  site(room, SITE, 'https://vcenter-01.example.test/sdk', 3);
  expect(await blocked()).toBe(false);
  room.tell('io.drover.inventory.connection-sign-in-failed.v1', SITE, { service: 'power', revision: 2 }); // of before
  expect(await blocked()).toBe(false);
});
