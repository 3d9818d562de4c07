import { afterEach, expect, it } from '@jest/globals';
import { eventType, Vm, type DataOf, type EventType } from '@drover/contracts';
import { isRejection, StreamId } from '@drover/kernel';
import { furnished, granted, houses, NOON, SITE, viewer, vmId, type GatewayHouse } from '../../testing.js';

const { started, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));
const fleet = async () => furnished(await started());
const vm = async (here: GatewayHouse, n: number) => granted(await here.gateway.getVm({ id: vmId(n) }, viewer));

/** What inventory tells beyond what every story needs. */
const telling = ({ speak, clock }: GatewayHouse) => {
  const { tell } = speak.inventory;
  const ofVm = <Type extends EventType<'inventory'>>(type: Type, n: number, data: DataOf<Type>) =>
    tell(type, { stream: StreamId.of('vm', vmId(n)), subject: `vm/${vmId(n)}`, key: vmId(n), data });
  const described = (n: number, more: { readonly template?: boolean }, datacenter: string | null = null) => {
    const where = { datacenter, path: datacenter && `/${datacenter}/vm/vm-${n}`, host: null };
    const made = {
      cpus: 2,
      memoryBytes: 4096,
      os: 'linux',
      toolsVersion: null,
      addresses: [],
      disks: [],
      networks: [],
    };
    const hardware = { ...made, ...where, observedAt: clock.now() };
    return ofVm(eventType('inventory', 'vm-described'), n, { name: null, hardware, ...more });
  };
  return {
    /** Seen under a state of its connection, as its provider names it. */
    unreachable: (n: number, connectionState: string) => {
      const unknown = { power: 'unknown', tools: 'unknown', bootAt: null } as const;
      const data = { ...unknown, observedAt: clock.now(), connectionState };
      return ofVm(eventType('inventory', 'vm-power-observed'), n, data);
    },
    template: (n: number, template: boolean) => described(n, { template }),
    placed: (n: number, datacenter: string) => described(n, {}, datacenter),
    seenAgain: (n: number) => ofVm(eventType('inventory', 'vm-seen-again'), n, { lastSeenAt: clock.now() }),
    /** A listing that could not show this one. */
    skipped: (n: number, more: object = {}) =>
      tell(eventType('inventory', 'connection-refreshed'), {
        ...{ stream: StreamId.of('connection', SITE), subject: `connection/${SITE}`, key: SITE },
        data: {
          ...{ op: null, seen: 1, added: 0, changed: 0, missing: 0, complete: true },
          ...{ skipped: [{ ref: `vm-${n}`, name: null, why: 'no UUID', vmId: vmId(n) }], skippedCount: 1 },
          ...more,
        },
      }),
  };
};

it('K19: a machine that its provider cannot reach is unknown, stale and unwell, and says how it was seen last', async () => {
  const here = await fleet();
  await here.clock.advance(60_000);
  await telling(here).unreachable(2, 'disconnected');
  await here.settled();
  const since = here.clock.now();
  const lost = await vm(here, 2);
  expect(Vm.parse(lost)).toEqual(lost);
  expect(lost).toMatchObject({
    power: { state: 'unknown', tools: 'unknown', lastKnown: { state: 'poweredOn', at: NOON } },
    health: { state: 'warning', reasons: [{ code: 'provider_disconnected', since }] },
    ...{ stale: true, staleReason: 'disconnected', asOf: since },
  });
  await here.clock.advance(1_000);
  await telling(here).unreachable(2, 'notResponding');
  await here.settled();
  expect(await vm(here, 2)).toMatchObject({
    power: { lastKnown: { state: 'poweredOn', at: NOON } },
    health: { reasons: [{ code: 'provider_disconnected', since }] },
  });
  await here.clock.advance(1_000);
  await here.tell.observed(2, 'poweredOff');
  await here.settled();
  const reached = await vm(here, 2);
  expect(reached).toMatchObject({
    power: { state: 'poweredOff', lastKnown: null },
    ...{ health: { state: 'healthy', reasons: [] }, stale: false },
  });
  expect(reached.staleReason).toBeUndefined();
});

it('K19: a machine that cannot be reached and goes missing has both reasons, and each ends by itself', async () => {
  const here = await fleet();
  await telling(here).unreachable(2, 'disconnected');
  await here.tell.missing(2);
  await here.settled();
  const codes = async () => (await vm(here, 2)).health.reasons.map(({ code }) => code);
  expect(await codes()).toEqual(['provider_disconnected', 'vm_missing']);
  await telling(here).seenAgain(2);
  await here.settled();
  expect(await codes()).toEqual(['provider_disconnected']);
});

it('K25: a machine that is listed and cannot be read is as old as its last reading, until it can be', async () => {
  const here = await fleet();
  await here.clock.advance(60_000);
  await telling(here).skipped(2);
  await here.settled();
  expect(await vm(here, 2)).toMatchObject({
    ...{ stale: true, staleReason: 'age', asOf: NOON },
    ...{ power: { state: 'poweredOn' }, health: { state: 'healthy' }, lifecycle: { state: 'active' } },
  });
  expect(await vm(here, 1)).toMatchObject({ stale: false });
  await here.tell.listed();
  await here.settled();
  expect(await vm(here, 2)).not.toHaveProperty('staleReason');
});

it('K25: a machine that no listing named, because there are too many, is stale like those that it named', async () => {
  const here = await fleet();
  const stale = async () => [(await vm(here, 1)).staleReason, (await vm(here, 3)).staleReason];
  await telling(here).skipped(2, { skippedCount: 150, unread: [vmId(3)], unreadCount: 2 });
  await here.settled();
  expect(await stale()).toEqual([undefined, 'age']);
  // More than the event says by their ids: any machine of the connection may be one of them.
  for (const more of [{ unread: [vmId(4)], unreadCount: 3 }, {}]) {
    await telling(here).skipped(2, { skippedCount: 150, ...more });
    await here.settled();
    expect(await stale()).toEqual(['age', 'age']);
  }
  await telling(here).skipped(2, { skippedCount: 150, unread: [], unreadCount: 1 }); // the others are strangers
  await here.settled();
  expect(await stale()).toEqual([undefined, undefined]);
});

it('K7: a machine that is shown without hardware is in the fleet as any other', async () => {
  const here = await fleet();
  await here.tell.registered(9, 'bare');
  await here.clock.advance(1_000);
  await here.tell.observed(9, 'poweredOn');
  await here.settled();
  const bare = await vm(here, 9);
  expect(Vm.parse(bare)).toEqual(bare);
  expect(bare).toMatchObject({
    hardware: null,
    lifecycle: { state: 'active', since: here.clock.now() },
    health: { state: 'healthy' },
    power: { state: 'poweredOn' },
  });
  await here.tell.registered(9, 'renamed');
  await here.settled();
  expect(await vm(here, 9)).toMatchObject({ name: 'renamed', lifecycle: { state: 'active' } });
});

it('K28: a template is found by its kind, and no total of power counts it', async () => {
  const here = await fleet();
  await telling(here).template(1, true);
  await here.settled();
  const kinds = async (kind: 'machine' | 'template') => {
    const { page } = granted(await here.gateway.listVms({ limit: 100, sort: 'name', kind: [kind] }, viewer));
    return page?.items.map(({ name }) => name);
  };
  expect([await kinds('template'), await kinds('machine')]).toEqual([['vm-1'], ['vm-2', 'vm-3', 'vm-4', 'vm-5']]);
  expect(await vm(here, 1)).toMatchObject({ kind: 'template', lifecycle: { state: 'active' } });
  const fleetOf = async () => granted(await here.gateway.getFleet({}, viewer));
  expect(await fleetOf()).toMatchObject({ total: 5, power: { poweredOn: 1, unknown: 3 } });
  expect((await fleetOf()).power).not.toHaveProperty('poweredOff');
  await telling(here).template(1, false);
  await here.settled();
  expect(await kinds('template')).toEqual([]);
  expect((await fleetOf()).power).toMatchObject({ poweredOff: 1 });
});

it('K26: candidates of a name say where they are and how they were seen, so that they can be told apart', async () => {
  const here = await fleet();
  await here.tell.discovered(6, 'vm-1');
  await telling(here).placed(6, 'DC1');
  await here.tell.observed(6, 'suspended');
  await here.settled();
  const refused = await here.gateway.lookupVm({ name: 'vm-1' }, viewer);
  const candidates = isRejection(refused) ? refused.candidates : undefined;
  expect(candidates?.find(({ id }) => id === vmId(6))).toEqual({
    ...{ id: vmId(6), name: 'vm-1', connectionId: 'site-a' },
    ...{ datacenter: 'DC1', path: '/DC1/vm/vm-6', power: 'suspended' },
  });
  expect(candidates?.find(({ id }) => id === vmId(1))).toMatchObject({
    datacenter: null,
    path: null,
    power: 'poweredOff',
  });
});

it('K27: a name that is the id of a machine leads to that machine, whoever is named so', async () => {
  const here = await fleet();
  await here.tell.discovered(6, vmId(1));
  await here.settled();
  expect(granted(await here.gateway.lookupVm({ name: vmId(1) }, viewer))).toMatchObject({ id: vmId(1), name: 'vm-1' });
  await here.tell.retired(1);
  await here.settled();
  expect(await here.gateway.lookupVm({ name: vmId(1) }, viewer)).toMatchObject({ rejected: 'vm_gone', vmId: vmId(1) });
});
