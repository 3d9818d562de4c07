import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectionId, VmId } from '@drover/kernel';
import { ana, idOf, machine, openHouse, siteA } from '../../testing.js';
import { registerVm } from './register-vm.command.js';

let house: Awaited<ReturnType<typeof openHouse>>;
beforeEach(async () => {
  house = await openHouse();
  await house.start();
});
afterEach(() => house.close());

type Body = Parameters<typeof house.inventory.registerVm>[0];
const body = (more: Partial<Body> = {}): Body => ({
  name: 'web-01',
  connectionId: null,
  aliases: [],
  groupIds: [],
  ...more,
});
const register = async (more: Partial<Body> = {}, key = 'k1') => {
  const answer = await house.inventory.registerVm(body(more), ana(key));
  await house.clock.advance(10); // the views take it in
  return answer;
};
const uuid = {
  source: null,
  kind: 'instance-uuid',
  value: machine(1, '' as never).key.toUpperCase(),
} as const;
const cloudId = { source: null, kind: 'cloud-instance-id', value: 'i-0abc' } as const;
const commits = async (vmId: VmId) => house.eventStore.read(`vm-${vmId}` as never);

it('makes an id of the request, and answers a repeat with the same machine, for ever', async () => {
  const first = await register();
  expect(first).toMatchObject({
    vmId: VmId.ofRequest('k1'),
    replayed: false,
    vm: { name: 'web-01', lifecycle: { state: 'active' } },
  });
  expect(await register()).toMatchObject({ vmId: VmId.ofRequest('k1'), replayed: true });
  expect(await register({ name: 'other' })).toMatchObject({ rejected: 'idempotency_key_reused' });
  const { clock, eventStore } = house;
  await house.close();
  await clock.advance(25 * 3600 * 1000);
  house = await openHouse({ clock, eventStore });
  expect(await register()).toMatchObject({ vmId: VmId.ofRequest('k1'), vm: { name: 'web-01' } });
  expect(await commits(VmId.ofRequest('k1'))).toHaveLength(1);
});

it('makes the id that discovery will make when it is told the instance uuid', async () => {
  const answer = await register({ connectionId: siteA.id, aliases: [uuid] });
  expect(answer).toMatchObject({
    vmId: idOf(1),
    vm: { aliases: [{ source: 'site-a', kind: 'instance-uuid', value: uuid.value.toLowerCase() }] },
  });
  house.machines.put(machine(1, house.clock.now()));
  await house.clock.advance(10);
  expect(await house.shown.after(idOf(1), 0)).toMatchObject({ name: 'web-1', power: { state: 'poweredOn' } });
});

it('a known alias wins: alias_conflict, with whom it belongs to', async () => {
  await register({ aliases: [cloudId] });
  expect(await register({ aliases: [cloudId] }, 'k2')).toMatchObject({
    rejected: 'alias_conflict',
    candidates: [{ id: VmId.ofRequest('k1'), name: 'web-01', connectionId: null }],
  });
  house.machines.put(machine(1, house.clock.now()));
  await house.clock.advance(10);
  const same = { connectionId: siteA.id, aliases: [uuid] };
  expect(await register(same, 'k3')).toMatchObject({ rejected: 'alias_conflict', candidates: [{ id: idOf(1) }] });
  // A name that several machines may have stands in nobody's way.
  const name = { source: null, kind: 'vm-name', value: 'web-1' } as const;
  expect(await register({ aliases: [name] }, 'k4')).toMatchObject({ vmId: VmId.ofRequest('k4') });
  expect(await register({ aliases: [name] }, 'k5')).toMatchObject({ vmId: VmId.ofRequest('k5') });
});

it('two requests for one instance uuid at once: one is granted', async () => {
  const same = body({ connectionId: siteA.id, aliases: [uuid] });
  const [one, two] = await Promise.all(['k1', 'k2'].map((key) => house.inventory.registerVm(same, ana(key))));
  expect(one).toMatchObject({ vmId: idOf(1) });
  expect(two).toMatchObject({ rejected: 'alias_conflict' });
});

it('fifty requests for one alias at once: one is granted, and the others say whom it belongs to', async () => {
  const requests = Array.from({ length: 50 }, (_, n) =>
    house.inventory.registerVm(body({ aliases: [cloudId] }), ana(`k${n}`)),
  );
  const answers = await Promise.all(requests);
  const granted = answers.flatMap((answer) => ('rejected' in answer ? [] : [answer.vmId]));
  expect(granted).toHaveLength(1);
  const refused = answers.filter((answer) => 'rejected' in answer);
  expect(refused).toHaveLength(49);
  for (const answer of refused)
    expect(answer).toMatchObject({ rejected: 'alias_conflict', candidates: [{ id: granted[0], name: 'web-01' }] });
});

it('requests that share one of several aliases meet, and those that share none do not wait', async () => {
  const other = { ...cloudId, value: 'i-0def' };
  const third = { ...cloudId, value: 'i-0fed' };
  const [one, two, three] = await Promise.all([
    house.inventory.registerVm(body({ aliases: [cloudId, other] }), ana('k1')),
    house.inventory.registerVm(body({ aliases: [third, other] }), ana('k2')),
    house.inventory.registerVm(body({ aliases: [third] }), ana('k3')),
  ]);
  expect(one).toMatchObject({ vmId: VmId.ofRequest('k1') });
  const [a, b] = [VmId.ofRequest('k1'), VmId.ofRequest('k3')]; // it wanted an alias of each of them
  expect(two).toMatchObject({
    ...{ rejected: 'alias_conflict', candidates: [{ id: expect.stringMatching(`${a}|${b}`), name: 'web-01' }] },
  });
  expect(three).toMatchObject({ vmId: VmId.ofRequest('k3') });
});

it('a request and the provider at once make one machine, whoever comes first', async () => {
  for (const n of [1, 2, 3, 4]) {
    const moref = { source: siteA.id, kind: 'moref', value: `vm-${n}` } as const;
    const shown = machine(n, house.clock.now());
    const request = () => house.inventory.registerVm(body({ connectionId: siteA.id, aliases: [moref] }), ana(`k${n}`));
    const show = () => house.machines.put({ ...shown, aliases: [...shown.aliases, moref] });
    if (n % 2 === 0) show();
    const answer = request();
    if (n % 2 === 1) show();
    await house.clock.advance(10);
    const [registered, found] = [await commits(VmId.ofRequest(`k${n}`)), await commits(idOf(n))];
    expect([registered.length, found.length].filter((length) => length > 0)).toHaveLength(1);
    expect('rejected' in (await answer)).toBe(registered.length === 0);
  }
});

describe('while the view has taken nothing in', () => {
  const moref = { source: siteA.id, kind: 'moref', value: 'vm-1' } as const;
  const shows = () => {
    const shown = machine(1, house.clock.now());
    house.machines.put({ ...shown, aliases: [...shown.aliases, moref] });
  };
  const discover = async () => {
    const [watch] = house.inventory.flow.policies;
    await watch?.policy.advance(siteA.id, new AbortController().signal);
    await house.clock.advance(10);
  };
  beforeEach(async () => {
    await house.close();
    house = await openHouse(); // nothing flows, so no view ever takes anything in
    shows();
  });

  it('whom a request has named is found, and discovered as that machine', async () => {
    await register({ aliases: [moref] });
    expect(await register({ aliases: [moref] }, 'k2')).toMatchObject({
      rejected: 'alias_conflict',
      candidates: [{ id: VmId.ofRequest('k1') }],
    });
    await discover();
    expect(await commits(VmId.ofRequest('k1'))).toHaveLength(2);
    expect(await commits(idOf(1))).toEqual([]);
  });

  it('whom a provider has shown is found', async () => {
    await discover();
    expect(await register({ aliases: [moref] })).toMatchObject({
      rejected: 'alias_conflict',
      candidates: [{ id: idOf(1), name: 'web-1', connectionId: siteA.id }],
    });
  });

  it('whoever left the fleet stands in nobody’s way', async () => {
    await register({ aliases: [moref] });
    await house.inventory.retireVm({ vmId: VmId.ofRequest('k1') }, ana());
    expect(await register({ aliases: [moref] }, 'k2')).toMatchObject({ vmId: VmId.ofRequest('k2') });
  });
});

it('a repeat is answered with its machine, whoever has the alias by now', async () => {
  await register({ aliases: [cloudId] });
  await house.inventory.retireVm({ vmId: VmId.ofRequest('k1') }, ana());
  await house.clock.advance(10);
  await register({ aliases: [cloudId] }, 'k2');
  expect(await register({ aliases: [cloudId] })).toMatchObject({
    ...{ vmId: VmId.ofRequest('k1'), replayed: true, vm: { lifecycle: { state: 'retired' } } },
  });
});

it('an alias of a machine that left the fleet is free', async () => {
  await register({ aliases: [cloudId] });
  await house.inventory.retireVm({ vmId: VmId.ofRequest('k1') }, ana());
  await house.clock.advance(10);
  expect(await register({ aliases: [cloudId] }, 'k2')).toMatchObject({ vmId: VmId.ofRequest('k2') });
});

it('a machine that a person took out can come back', async () => {
  house.machines.put(machine(1, house.clock.now()));
  await house.clock.advance(10);
  await house.inventory.retireVm({ vmId: idOf(1) }, ana());
  await house.clock.advance(10);
  const answer = await register({ connectionId: siteA.id, aliases: [uuid] });
  expect(answer).toMatchObject({ vmId: idOf(1), vm: { lifecycle: { state: 'active' } } });
  house.machines.put(machine(1, house.clock.now()));
  await house.clock.advance(10);
  expect(await house.shown.after(idOf(1), 0)).toMatchObject({ power: { state: 'poweredOn' } });
});

it('refuses a connection that there is not, and says where', async () =>
  expect(await register({ connectionId: ConnectionId.parse('nowhere') })).toMatchObject({
    ...{ rejected: 'invalid_request', pointer: '/connectionId' },
  }));

it('a dry run shows the machine and records nothing', async () => {
  const before = (await house.facts()).length;
  const answer = await house.inventory.registerVm(body(), { ...ana('k1'), dryRun: true });
  expect(answer).toMatchObject({ vmId: VmId.ofRequest('k1'), vm: { name: 'web-01' } });
  expect(await house.facts()).toHaveLength(before);
});

it('takes vm:edit, and records who came without', async () => {
  expect(registerVm.needs(body())).toMatchObject({ rights: ['vm:edit'] });
  expect(await house.inventory.registerVm(body(), { ...ana(), rights: ['vm:read'] })).toMatchObject({
    rejected: 'forbidden',
  });
  expect((await house.facts()).at(-1)).toMatchObject({
    ...{ stream: 'audit-inventory', type: 'AuditDenialRecorded' },
    ...{ route: 'vm.register', right: 'vm:edit', code: 'forbidden' },
  });
});
