import { afterEach, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { PublicFact, pageOf, Verb, Vm, type CloudEvent } from '@drover/contracts';
import { Instant, isRejection } from '@drover/kernel';
import { admin, answering, furnished, granted, houses, NOON, turnsDuring, viewer, vmId } from '../../testing.js';
import { vmsProjection } from './vms.projection.js';
import type { VmRow } from './vm-row.js';
import { shownVm } from './shown-vm.js';

const { started, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));
const fleet = async (...given: Parameters<typeof started>) => furnished(await started(...given));

it('finds one machine by name or alias, and names all that it may be', async () => {
  const here = await fleet();
  await here.tell.discovered(6, 'vm-1');
  await here.tell.retired(5);
  await here.settled();
  const { lookupVm } = here.gateway;
  expect(granted(await lookupVm({ name: 'vm-2' }, viewer))).toMatchObject({
    id: vmId(2),
    actions: { 'power-on': 'forbidden' },
  });
  expect(granted(await lookupVm({ alias: 'instance-uuid:uuid-2' }, viewer))).toMatchObject({ id: vmId(2) });
  expect(granted(await lookupVm({ name: 'vm-1', alias: 'instance-uuid:UUID-6' }, viewer))).toMatchObject({
    id: vmId(6),
  });
  const ambiguous = await lookupVm({ name: 'vm-1' }, viewer);
  expect(ambiguous).toMatchObject({ rejected: 'name_ambiguous' });
  expect(isRejection(ambiguous) && ambiguous.candidates?.map(({ id }) => id).sort()).toEqual([vmId(1), vmId(6)].sort());
  expect(await lookupVm({ name: 'nobody' }, viewer)).toMatchObject({ rejected: 'not_found' });
  expect(await lookupVm({ name: 'vm-5' }, viewer)).toMatchObject({ rejected: 'vm_gone', vmId: vmId(5) });
  expect(await lookupVm({}, viewer)).toMatchObject({ rejected: 'invalid_request' });
});

it('names the machine that a merged one turned out to be', async () => {
  const here = await fleet();
  await here.tell.merged(5, 2);
  await here.settled();
  const gone = { rejected: 'vm_gone', vmId: vmId(5), candidates: [{ id: vmId(2), name: 'vm-2' }] };
  expect(await here.gateway.lookupVm({ name: 'vm-5' }, viewer)).toMatchObject(gone);
  expect(await here.gateway.getVm({ id: vmId(5), fresh: true }, viewer)).toMatchObject(gone);
  const shown = granted(await here.gateway.getVm({ id: vmId(5) }, viewer));
  expect(shown).toMatchObject({ lifecycle: { state: 'retired', cause: 'merged' } });
  expect(Object.keys(shown)).not.toContain('mergedInto');
});

it('K26: says how many machines have a name, also when it does not list them all', async () => {
  const here = await fleet();
  const ambiguous = async () => {
    const answer = await here.gateway.lookupVm({ name: 'web' }, viewer);
    return isRejection(answer) ? { because: answer.because, listed: answer.candidates?.length } : answer;
  };
  for (let n = 10; n < 30; n++) await here.tell.discovered(n, 'web');
  await here.settled();
  expect(await ambiguous()).toEqual({ because: '20 machines are called that. Nothing was chosen.', listed: 20 });
  for (let n = 30; n < 35; n++) await here.tell.discovered(n, 'web');
  await here.settled();
  expect(await ambiguous()).toEqual({
    because: expect.stringMatching(/^25 machines are called that\. 20 of them are listed here\. .*connection=/),
    listed: 20,
  });
});

it('K5: says what the door refuses of each verb, and nothing of what only the provider knows', async () => {
  const here = await fleet();
  const actions = async () => granted(await here.gateway.getVm({ id: vmId(1) }, admin)).actions;
  expect(await actions()).toEqual(Object.fromEntries(Verb.options.map((verb) => [verb, null])));
  await here.tell.off(1);
  await here.settled();
  expect(await actions()).toMatchObject({
    'power-on': 'operation_in_progress',
    'power-off': 'operation_in_progress',
    retire: 'operation_in_progress',
  });
  await here.tell.isOff(1);
  await here.tell.blocked();
  await here.settled();
  expect(await actions()).toMatchObject({ 'power-on': 'connection_blocked', edit: null });
  await here.tell.registered(9, 'soon');
  await here.settled();
  expect(granted(await here.gateway.getVm({ id: vmId(9) }, admin)).actions).toMatchObject({
    'power-on': 'vm_not_ready',
    edit: null,
  });
});

it('reads the provider when it is asked to, and says so when that fails', async () => {
  const read = {
    vm_id: vmId(1),
    power_state: 'suspended',
    tools_status: 'unknown',
    last_state_change: null,
    uptime_seconds: 0,
  } as const;
  const here = await fleet({ owners: answering({ ...read, timestamp: Instant.plusSeconds(NOON, 9) }) });
  expect(granted(await here.gateway.getVm({ id: vmId(1), fresh: true }, viewer))).toMatchObject({
    asOf: Instant.plusSeconds(NOON, 9),
    stale: false,
    power: { state: 'suspended', tools: 'unknown', observedAt: Instant.plusSeconds(NOON, 9), lastChangeAt: null },
  });
  expect(await here.gateway.getVm({ id: vmId(1), fresh: true, version: 1 }, viewer)).toMatchObject({
    rejected: 'invalid_request',
  });
  const broken = await fleet();
  expect(await broken.gateway.getVm({ id: vmId(1), fresh: true }, viewer)).toMatchObject({
    rejected: 'provider_unreachable',
  });
  await broken.tell.retired(1);
  await broken.settled();
  expect(await broken.gateway.getVm({ id: vmId(1), fresh: true }, viewer)).toMatchObject({ rejected: 'vm_gone' });
});

it('K19: a fresh read of a machine that its provider cannot reach says so, with what was known last and when', async () => {
  const unreachedAt = Instant.plusSeconds(NOON, 9);
  const lost = {
    rejected: 'provider_error',
    because: 'The provider cannot reach the machine.',
    asOf: unreachedAt,
  } as const;
  const here = await fleet({ owners: answering(lost) });
  const fresh = async (n: number) => granted(await here.gateway.getVm({ id: vmId(n), fresh: true }, viewer));
  const read = await fresh(2);
  expect(Vm.parse(read)).toEqual(read);
  expect(read).toMatchObject({
    power: { state: 'unknown', tools: 'unknown', uptimeSeconds: null, observedAt: unreachedAt },
    health: { state: 'warning', reasons: [{ code: 'provider_disconnected', since: unreachedAt }] },
    ...{ asOf: unreachedAt, stale: true, staleReason: 'disconnected' },
  });
  expect(read.power.lastKnown).toEqual({ state: 'poweredOn', at: NOON });
  expect((await fresh(3)).power).toMatchObject({ state: 'unknown', lastKnown: null }); // nobody saw it before
  const refuses = await fleet({ owners: answering({ rejected: 'provider_error', because: 'It says no.' }) });
  expect(await refuses.gateway.getVm({ id: vmId(2), fresh: true }, viewer)).toMatchObject({
    rejected: 'provider_error',
  });
});

it('K16: a fresh read of a machine out of reach does not hide that an event of it is parked', async () => {
  const lost = {
    rejected: 'provider_error',
    because: 'out of reach',
    asOf: Instant.plusSeconds(NOON, 9),
  } as const;
  const here = await fleet({ owners: answering(lost) });
  const { evolve } = vmsProjection;
  const broken = jest.spyOn(vmsProjection, 'evolve').mockImplementation((row, entry) => {
    if (entry.type.endsWith('vm-described.v1')) throw new TypeError('no such name');
    return evolve(row, entry);
  });
  await here.tell.described(2, 'renamed');
  await here.settled();
  const read = granted(await here.gateway.getVm({ id: vmId(2), fresh: true }, viewer));
  expect(read).toMatchObject({ staleReason: 'parked', power: { state: 'unknown' } });
  broken.mockRestore();
  expect((await end()).join()).toContain('no such name');
});

it('lets others have their turn while it folds a long history', async () => {
  const here = await fleet();
  for (let n = 0; n < 1100; n++) await here.tell.observed(1, n % 2 ? 'poweredOn' : 'poweredOff');
  await here.settled();
  const asOf = async () =>
    expect(await here.gateway.getVm({ id: vmId(1), at: NOON }, viewer)).toMatchObject({ asOf: NOON });
  expect(await turnsDuring(asOf)).toBeGreaterThanOrEqual(2);
});

it('T77: shows a machine as of any instant and any version exactly as its facts up to there fold', async () => {
  const here = await started();
  await here.tell.connected();
  const told: CloudEvent[] = [];
  here.journal.subscribe((entries) => void told.push(...entries.map(({ event }) => event)));
  let machines = 0;
  const steps = fc.array(fc.record({ what: fc.nat(6), after: fc.nat(3) }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const n = ++machines;
      await here.tell.discovered(n);
      let [op, open] = [0, false];
      for (const { what, after } of all) {
        await here.clock.advance(after * 500);
        if (what === 0) await here.tell.observed(n, 'poweredOn', here.clock.now());
        if (what === 1) await here.tell.observed(n, 'poweredOff');
        if (what === 2) await here.tell.described(n, `name-${after}`);
        if (what === 3) await here.tell.edited(n, { at: String(after) });
        if (what === 4) await here.tell.missing(n);
        if (what === 5) await here.tell.retired(n);
        if (what === 6) await (open ? here.tell.isOff(n, op) : here.tell.off(n, ++op));
        if (what === 6) open = !open;
        await here.settled();
      }
      await here.settled();
      const mine = told.filter(({ subject }) => subject === `vm/${vmId(n)}`);
      const plain = (events: readonly CloudEvent[], at: Instant) => {
        const row = events.reduce<VmRow | null>(
          (before, event) =>
            vmsProjection.evolve(before, {
              type: event.type,
              position: 0,
              event,
              simulated: event.type.endsWith('vm-discovered.v1'),
            }),
          null,
        );
        return row && shownVm(row, new Map(), { at, aged: false, parkedAt: () => null, past: true });
      };
      for (const at of new Set(mine.map(({ time }) => time))) {
        const expected = plain(
          mine.filter(({ time }) => time <= at),
          at,
        );
        expect(granted(await here.gateway.getVm({ id: vmId(n), at }, viewer))).toEqual(expected);
      }
      const inventory = mine.filter(({ source }) => source === '/drover/inventory');
      for (const { sequence, time } of inventory) {
        const upTo = mine.filter((each) =>
          inventory.includes(each) ? Number(each.sequence) <= Number(sequence) : each.time <= time,
        );
        expect(granted(await here.gateway.getVm({ id: vmId(n), version: Number(sequence) }, viewer))).toEqual(
          plain(upTo, time),
        );
      }
    }),
    { numRuns: 40 },
  );
  expect(await here.gateway.getVm({ id: vmId(-1), version: 1 }, viewer)).toMatchObject({ rejected: 'not_found' });
});

it('knows no machine before its first fact, and no version that it never had', async () => {
  const here = await fleet();
  expect(await here.gateway.getVm({ id: vmId(1), at: Instant.plusSeconds(NOON, -1) }, viewer)).toMatchObject({
    rejected: 'not_found',
  });
  expect(await here.gateway.getVm({ id: vmId(1), version: 99 }, viewer)).toMatchObject({ rejected: 'not_found' });
  expect(await here.gateway.getVm({ id: vmId(99) }, viewer)).toMatchObject({ rejected: 'not_found' });
});

it('does not know the future: asked for an instant to come, it says how things are', async () => {
  const here = await fleet();
  const now = here.clock.now();
  const vm = granted(await here.gateway.getVm({ id: vmId(2), at: Instant.plusSeconds(now, 3600) }, viewer));
  expect(vm).toEqual(granted(await here.gateway.getVm({ id: vmId(2), at: now }, viewer)));
  expect([vm.asOf, vm.power.uptimeSeconds]).toEqual([now, 60 + Instant.wholeSeconds(NOON, now)]);
});

it('tells the history of a machine, newest first, page by page, also while it grows', async () => {
  const here = await fleet();
  for (let i = 0; i < 5; i++) await here.tell.edited(1, { n: String(i) });
  await here.settled();
  const read = async (cursor?: string) =>
    granted(await here.gateway.getVmHistory({ id: vmId(1), limit: 3, ...(cursor && { cursor }) }, viewer));
  const first = await read();
  expect(pageOf(PublicFact).parse(first)).toEqual(first);
  await here.tell.edited(1, { n: 'new' });
  await here.settled();
  const second = await read(first.next ?? '');
  const third = await read(second.next ?? '');
  const told = [...first.items, ...second.items, ...third.items];
  expect(told.map(({ sequence }) => Number(sequence))).toEqual([7, 6, 5, 4, 3, 2, 1]);
  expect([first.total, third.next]).toEqual([7, null]);
  expect(first.items[0]?.position).toMatch(/^c1\.k1-r1\.\d+$/);
  expect(await here.gateway.getVmHistory({ id: vmId(77), limit: 3 }, viewer)).toMatchObject({ rejected: 'not_found' });
  expect(await here.gateway.getVmHistory({ id: vmId(2), limit: 3, cursor: first.next ?? '' }, viewer)).toMatchObject({
    rejected: 'cursor_invalid',
  });
});
