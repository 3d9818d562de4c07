// What the end of a listing makes of what was listed. Everything around it is a double of a line or two.
import { expect, it } from '@jest/globals';
import { Instant, type ConnectionId, type VmId } from '@drover/kernel';
import { virtualClock, type ViewQuery, type CommandContext } from '@drover/ports';
import { idOf, siteA } from '../../testing.js';
import type { ConnectionCommand } from '../../domain/connection.decider.js';
import { discovery } from './discovery.js';
import { endDiscovery } from './discovery-end.js';
import { LOOK_AGAIN_MS, REFRESH } from './listing-schedule.js';
import { runtimeState } from './runtime-state.js';
import type { DiscoveryPorts } from './discovery-ports.js';

const { id } = siteA;
const at = Instant.parse('2026-11-20T10:00:00Z');
const machineOf = (vmId: VmId, is = 'active', connectionId: string = id) => ({ vmId, life: { is }, connectionId });
const up = { state: 'up', completions: [] as Instant[], discovery: { skipped: [] as object[], skippedCount: 0 } };

interface Given {
  readonly known?: readonly ReturnType<typeof machineOf>[];
  readonly row?: Partial<typeof up> | null;
  /** Who was not shown, and who of these is gone for good. */
  readonly lacked?: readonly VmId[];
  readonly gone?: readonly VmId[];
}

const open = ({ known = [], row = {}, lacked = [], gone = [] }: Given) => {
  const clock = virtualClock();
  const now = runtimeState();
  const recorded: [string, ConnectionCommand][] = [];
  const missed: [VmId, Instant | null][] = [];
  const nudged: [string, string, number | undefined][] = [];
  const ports = {
    connections: {
      transact: async (_stream: string, command: ConnectionCommand, { metadata }: CommandContext) => {
        recorded.push([metadata.actor, command]);
        return { after: { state: { is: 'unknown' } } };
      },
    },
    known: {
      find: async ({ where }: ViewQuery) => {
        const rows = known.filter(
          ({ connectionId }) => !where?.['connection'] || where['connection'].includes(connectionId),
        );
        return { rows: rows.map((each) => ({ row: each })) };
      },
    },
    rows: { get: async (of: ConnectionId) => (row && of === id ? { ...up, ...row } : null) },
    recorder: {
      lackedSince: (vmId: VmId) => lacked.includes(vmId),
      miss: async (vmId: VmId, hadAt: Instant | null) => (missed.push([vmId, hadAt]), gone.includes(vmId)),
    },
    jobs: { nudge: (...job: [string, string, number?]) => void nudged.push([job[0], job[1], job[2]]) },
    ...{ runtime: now, clock },
  } as unknown as DiscoveryPorts;
  const found = discovery(clock);
  const end = (more: { readonly op: number } | { readonly quiet: true } | object = {}) =>
    endDiscovery(found, { id, revision: 1, op: null, ...more }, ports);
  return { clock, now, found, end, recorded, missed, nudged };
};
const [one, two, three] = [idOf(1), idOf(2), idOf(3)];
const hidden = { machine: { ref: 'vm-7', key: null, name: 'web-7', why: 'no UUID' }, vmIds: [] };

it('records what was found, by whom it was asked for, and nothing else', async () => {
  const { found, end, recorded, nudged, missed } = open({});
  found.seen.add(one).add(two);
  found.added.add(one);
  found.changed.add(two);
  await end();
  await end({ op: 4 });
  const counts = { seen: 2, added: 1, changed: 1, missing: 0, complete: true };
  expect(recorded).toEqual([
    ['policy:connection-watch', { type: 'FinishDiscovery', revision: 1, op: null, ...counts }],
    ['policy:connection-refresh', { type: 'FinishDiscovery', revision: 1, op: 4, ...counts }],
  ]);
  expect([nudged, missed]).toEqual([[], []]);
});

it('who was not shown is missed once each, with the end of the last complete discovery', async () => {
  const completions = [0, 60, 120].map((seconds) => Instant.plusSeconds(at, seconds));
  const many = Array.from({ length: 130 }, (_, n) => idOf(n + 10));
  const { found, end, missed, recorded, nudged, now } = open({
    ...{
      known: [one, ...many].map((vmId) => machineOf(vmId)),
      lacked: many,
      gone: many.slice(0, 2),
      row: { completions },
    },
  });
  found.seen.add(one);
  await end();
  expect(missed).toEqual(many.map((vmId) => [vmId, completions[2]]));
  expect(recorded[0]?.[1]).toMatchObject({ missing: 128, complete: true }); // two are gone for good
  expect([nudged, [...now.doubtful]]).toEqual([[[REFRESH, id, LOOK_AGAIN_MS]], [id]]);
});

it.each([{}, null])('without a complete discovery before there is no end of one (%j)', async (row) => {
  const { found, end, missed } = open({ known: [machineOf(one)], lacked: [one], row });
  found.seen.add(two);
  await end();
  expect(missed).toEqual([[one, null]]);
});

it('a listing of one connection says nothing of the machines of another', async () => {
  const { found, end, missed } = open({ known: [machineOf(one, 'active', 'site-b')], lacked: [one] });
  found.seen.add(two);
  await end();
  expect(missed).toEqual([]);
});

it('nobody is missed while a provider that shows nothing is not believed, and it is looked again', async () => {
  const { clock, end, missed, recorded, nudged } = open({ known: [machineOf(one)], lacked: [one] });
  await end();
  expect([missed, recorded[0]?.[1], nudged.length]).toMatchObject([[], { seen: 0, complete: false }, 1]);
  await clock.advance(15 * 60_000 - 1);
  await end();
  expect(missed).toEqual([]);
  await clock.advance(1);
  await end();
  expect(missed).toEqual([[one, null]]);
});

it.each(['missing', 'expected', 'retired'])(
  'a provider that shows nothing is believed where all were %s',
  async (state) => {
    const { end, recorded } = open({ known: [machineOf(one, state)] });
    await end();
    expect(recorded[0]?.[1]).toMatchObject({ complete: true });
  },
);

it.each(['seen', 'skipped', 'unread', 'seen or unread'])(
  'whoever is %s ends the time in which nothing is shown',
  async (how) => {
    const { now, found, end } = open({ known: [machineOf(one)] });
    now.empty.set(id, 0);
    if (how.includes('seen')) found.seen.add(one);
    if (how.includes('skipped')) found.skipped.set('vm-7', hidden);
    if (how.includes('unread')) found.unread = 1;
    await end();
    expect(now.empty.size).toBe(0);
  },
);

it('whom a listing skipped is named by it, and expected by the session', async () => {
  const { now, found, end, recorded } = open({});
  found.seen.add(one);
  found.skipped.set('vm-7', hidden);
  found.skipped.set('vm-8', { machine: { ...hidden.machine, ref: 'vm-8' }, vmIds: [two, three] });
  await end();
  const named = (ref: string, vmId: VmId | null) => ({ ref, name: 'web-7', why: 'no UUID', vmId });
  expect(recorded[0]?.[1]).toMatchObject({ skipped: [named('vm-7', null), named('vm-8', two)], skippedCount: 2 });
  expect([...(now.skipped.get(id) ?? [])]).toEqual(['vm-7', 'vm-8']);
});

it('a listing of names without news leaves no fact', async () => {
  const { found, end, recorded, nudged } = open({ known: [machineOf(one)] });
  found.seen.add(one);
  await end({ quiet: true });
  expect([recorded, nudged]).toEqual([[], []]);
});

it.each<[string, Given]>([
  ['lacks somebody', { known: [machineOf(one), machineOf(two)], lacked: [two] }],
  ['ends a trouble', { row: { state: 'degraded' } }],
  ['comes before the connection is known', { row: null }],
])(
  'a listing of names that %s is told, and says of skipped ones what the discovery before said',
  async (_why, given) => {
    const before = { skipped: [{ ref: 'vm-7' }], skippedCount: 1 };
    for (const row of [given.row, given.row === null ? null : { ...given.row, discovery: before }]) {
      const { now, found, end, recorded } = open({ ...given, ...(row !== undefined && { row }) });
      found.seen.add(one);
      now.skipped.set(id, new Set(['vm-7']));
      await end({ quiet: true });
      expect(recorded).toHaveLength(1);
      if (row && row.discovery === before) expect(recorded[0]?.[1]).toMatchObject(before);
      else expect(recorded[0]?.[1]).not.toHaveProperty('skipped');
      expect([...(now.skipped.get(id) ?? [])]).toEqual(['vm-7']); // names say nothing of them
    }
  },
);

it('who was missing and is named again is listed in full; who is named as before is not', async () => {
  const missing = [machineOf(one, 'missing'), machineOf(two)];
  const [back, still] = [open({ known: missing }), open({ known: missing })];
  back.found.seen.add(one).add(two);
  await back.end({ quiet: true });
  expect([[...back.now.doubtful], back.nudged]).toEqual([[id], [[REFRESH, id, 1000]]]);
  still.found.seen.add(two);
  await still.end({ quiet: true });
  expect([[...still.now.doubtful], still.nudged]).toEqual([[], []]);
});
