import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isVmEvent, mergedInto, type CloudEvent } from '@drover/contracts';
import type { VmId } from '@drover/kernel';
import { NOON, SITE } from '../../testing.js';
import { isPowerVmEvent } from './vm-power.js';
import { after, discovered, done, fold, id, on, stream } from '../views/testing.js';
import { vmsProjection } from './vms.projection.js';

const off = (seconds: number) =>
  [
    'vm-power-observed',
    { power: 'poweredOff', tools: 'toolsNotRunning', observedAt: after(seconds), bootAt: null },
  ] as const;
const asked = {
  op: 1,
  mode: 'soft',
  deadline: after(300),
  gracefulUntil: null,
  runId: null,
  scheduleId: null,
  bulkId: null,
};

it('knows a machine from its discovery on, in its four dimensions', () => {
  const row = fold(stream('inventory', [discovered, on(1, after(-60))]));
  expect(row).toMatchObject({
    id,
    name: 'KAFKA_0',
    type: 'kafka',
    connectionId: SITE,
    groupIds: ['prod'],
    known: true,
    sequence: 2,
    p: 0,
    lifecycle: { state: 'active', since: NOON },
    power: { state: 'poweredOn', tools: 'toolsOk', lastChangeAt: after(-60), observedAt: after(1) },
    protection: { state: 'discovered' },
    health: { state: 'healthy', reasons: [] },
  });
});

it('expects a machine that is only registered, until it is found', () => {
  const registered = ['vm-registered', { connectionId: null, aliases: [], name: 'web', groupIds: [] }] as const;
  expect(fold(stream('inventory', [registered]))).toMatchObject({
    lifecycle: { state: 'expected' },
    health: { state: 'unknown' },
  });
  expect(fold(stream('inventory', [registered, discovered]))).toMatchObject({
    lifecycle: { state: 'active', since: after(1) },
  });
});

it('knows a machine by the names that its owner knows it by: a source gives it one moref, not two', () => {
  const of = (kind: string, value: string, source: string | null = SITE) => ({ source, kind, value });
  const known = [of('instance-uuid', 'u1'), of('moref', 'vm-7'), of('hostname', 'old', null)];
  const [entered, moved, named] = stream('inventory', [
    ['vm-discovered', { ...discovered[1], aliases: known }],
    ['vm-aliased', { alias: of('moref', 'vm-8') }],
    ['vm-aliased', { alias: of('hostname', 'new', null) }],
  ]);
  if (!entered || !moved || !named) throw new Error('no events');
  const row = fold([entered, moved, named]);
  expect(row?.aliases).toEqual([known[0], known[2], of('moref', 'vm-8'), of('hostname', 'new', null)]);
  const again = { ...entered, sequence: '4', data: { ...entered.data, aliases: [of('moref', 'vm-9')] } } as CloudEvent;
  expect(fold([again], false, row)?.aliases).toEqual([of('moref', 'vm-9')]);
});

it('tells missing from gone, and takes both back', () => {
  const missing = ['vm-went-missing', { lastSeenAt: NOON }] as const;
  const row = fold(stream('inventory', [discovered, missing]));
  expect(row).toMatchObject({
    health: { state: 'warning', reasons: [{ code: 'vm_missing', since: after(1) }], lastContactAt: NOON },
  });
  const back = fold(stream('inventory', [discovered, missing, ['vm-seen-again', { lastSeenAt: after(2) }]]));
  expect(back).toMatchObject({ health: { state: 'healthy', reasons: [] } });
  const gone = fold(stream('inventory', [discovered, missing, ['vm-retired', { cause: 'gone' }]]));
  expect(gone).toMatchObject({ lifecycle: { state: 'retired', cause: 'gone', since: after(2) } });
  const again = fold(stream('inventory', [discovered, ['vm-retired', { cause: 'gone' }], discovered]));
  expect(again).toMatchObject({ lifecycle: { state: 'active', since: after(2), cause: null } });
});

it('shows a merged machine as retired, keeps which one it turned out to be, and forgets that when it comes back', () => {
  const into = '0b6f2c1e-6c1d-5b0e-9a53-2f9d1c7e4a11' as VmId;
  const left = [
    ['vm-merged', { intoVmId: into }],
    ['vm-retired', { cause: 'merged' }],
  ] as const;
  const row = fold(stream('inventory', [discovered, ...left]));
  expect(row).toMatchObject({ lifecycle: { state: 'retired', cause: 'merged', since: after(1) } });
  expect(row?.known && mergedInto(row)).toBe(into);
  expect(fold(stream('inventory', [discovered, ...left, discovered]))).toMatchObject({
    ...{ lifecycle: { state: 'active' }, life: { is: 'active' } },
  });
});

it('retires a merged machine also where nobody told into which one, as after a letter that was given up', () => {
  const [found, merged, retired] = stream('inventory', [
    discovered,
    ['vm-merged', { intoVmId: '0b6f2c1e-6c1d-5b0e-9a53-2f9d1c7e4a11' }],
    ['vm-retired', { cause: 'merged' }],
  ]);
  const events = [found, retired].flatMap((each) => each ?? []);
  const row = fold(events);
  expect(row).toMatchObject({ lifecycle: { state: 'retired', cause: 'merged', since: after(2) } });
  expect(row?.known && mergedInto(row)).toBeNull();
  expect(
    fold(
      [merged].flatMap((each) => each ?? []),
      false,
      row,
    ),
  ).toEqual(row); // taken later it changes nothing
});

it('is made of what an event says only where the machine takes that event', () => {
  const registered = ['vm-registered', { connectionId: null, aliases: [], name: 'web', groupIds: [] }] as const;
  const described = ['vm-described', { hardware: discovered[1].hardware, name: 'other' }] as const;
  expect(fold(stream('inventory', [registered, described]))).toMatchObject({
    name: 'web',
    place: null,
    hardware: null,
  });
  const bigger = ['vm-described', { hardware: { ...discovered[1].hardware, cpus: 99 } }] as const;
  const gone = ['vm-retired', { cause: 'gone' }] as const;
  expect(fold(stream('inventory', [discovered, bigger]))).toMatchObject({ hardware: { cpus: 99 } });
  expect(fold(stream('inventory', [discovered, gone, bigger]))).toMatchObject({ hardware: discovered[1].hardware });
});

it('lets nobody write the label that the view alone sets', () => {
  const edited = [
    'vm-edited',
    { displayName: 'W', description: null, labels: { simulated: 'no', env: 'eu' } },
  ] as const;
  expect(fold(stream('inventory', [discovered, edited]), true)?.labels).toEqual({ env: 'eu', simulated: 'true' });
  expect(fold(stream('inventory', [discovered, edited]), false)?.labels).toEqual({ env: 'eu' });
});

it('holds the last observation, and invents no instant of change', () => {
  expect(fold(stream('inventory', [discovered, off(5)]))?.power).toMatchObject({
    state: 'poweredOff',
    lastChangeAt: null,
  });
  expect(fold(stream('inventory', [discovered, off(5), on(9, null)]))?.power).toMatchObject({
    state: 'poweredOn',
    lastChangeAt: after(9),
  });
  // Inventory's log is in order, whatever the clock said.
  expect(fold(stream('inventory', [discovered, on(9, after(8)), off(5)]))?.power).toMatchObject({
    ...{ state: 'poweredOff', observedAt: after(5), lastChangeAt: after(5) },
  });
});

it('shows the open operation, until that one has ended', () => {
  const operation = `power.power-${id}.1`;
  const told = stream(
    'power',
    [
      ['power-off-requested', asked],
      ['vm-powered-off', { ...done, observedAt: after(7) }],
    ],
    operation,
  );
  const begun = fold([...stream('inventory', [discovered]), ...told.slice(0, 1)]);
  expect(begun?.operations.power).toBe(operation);
  expect(fold(told.slice(1), false, begun)).toMatchObject({
    operations: { power: null },
    power: { state: 'poweredOff' },
    p: 2,
  });
  const other = begun && { ...begun, operation: null };
  expect(fold(told.slice(1), false, other)).toMatchObject({ operations: { power: null } });
});

it('shows and counts nothing of a machine that only power spoke of', () => {
  const row = fold(stream('power', [['power-off-requested', asked]], `power.power-${id}.1`));
  expect(row).toMatchObject({ known: false, p: 1 });
  for (const index of Object.values(vmsProjection.index)) expect(row && index(row)).toBeNull();
});

it('counts who is retired as that and nowhere else', () => {
  const row = fold(stream('inventory', [discovered, ['vm-retired', { cause: 'gone' }]]));
  const index = (name: string) => row && vmsProjection.index[name]?.(row);
  expect([index('lifecycle'), index('fleet.power'), index('power')]).toEqual(['retired', null, 'unknown']);
});

it('comes to the same power from a reading and the outcome that rests on it, whichever is heard first', () => {
  const operation = `power.power-${id}.1`;
  const read = stream('inventory', [discovered, off(5)]);
  const [outcome] = stream('power', [['vm-powered-off', { ...done, observedAt: after(5) }]], operation);
  if (!outcome) throw new Error('no event');
  const rows = [
    [...read, outcome],
    [outcome, ...read],
    [read[0], outcome, read[1]],
  ].map((events) => fold(events.filter((each) => each !== undefined)));
  for (const row of rows) expect(row).toEqual(rows[0]);
  expect(rows[0]?.power).toMatchObject({ state: 'poweredOff', tools: 'toolsNotRunning', lastChangeAt: after(5) });
});

const inventory = stream('inventory', [
  ...[
    discovered,
    on(1, after(-60)),
    ['vm-went-missing', { lastSeenAt: after(2) }] as const,
    ['vm-seen-again', { lastSeenAt: after(4) }] as const,
  ],
  ...[off(9), on(20, after(19)), ['vm-edited', { displayName: 'x', description: 'y', labels: { a: 'b' } }] as const],
]);
const power = stream(
  'power',
  [
    ['power-off-requested', asked],
    ['power-off-escalated', { op: 1, cause: 'tools_absent', code: null }],
    ['vm-powered-off', { ...done, observedAt: after(8) }],
  ],
  `power.power-${id}.1`,
);

it('comes to the same machine however the two logs interleave, and however often an event comes again', () => {
  const plain = fold([...inventory, ...power]);
  expect(plain?.power).toMatchObject({ state: 'poweredOn', observedAt: after(20), lastChangeAt: after(19) });
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), fc.array(fc.nat(9)), (turns, repeats) => {
      const left = { inventory: [...inventory], power: [...power] };
      const mixed: CloudEvent[] = [];
      for (const turn of turns) {
        const [mine, other] = turn ? [left.inventory, left.power] : [left.power, left.inventory];
        const next = mine.shift() ?? other.shift();
        if (next) mixed.push(next);
      }
      const again = repeats.map((at) => mixed[at]).filter((each) => each !== undefined);
      expect(fold([...mixed, ...again])).toEqual(plain);
    }),
  );
});

it('takes every event of inventory and power about machines', () => {
  const types = vmsProjection.listensTo.filter((type) => !/connection|bulk|audit/.test(type));
  for (const type of types) {
    const event = { ...inventory[0], type } as CloudEvent;
    expect([type, isVmEvent(event) || isPowerVmEvent(event)]).toEqual([type, true]);
  }
});
