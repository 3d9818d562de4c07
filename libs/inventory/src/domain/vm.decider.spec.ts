import { expect, it } from '@jest/globals';
import { ConnectionId, Instant, OperationId, StreamId, VmId, type Alias, type Hardware } from '@drover/kernel';
import { vmDecider as d, type VmCommand } from './vm.decider.js';
import type { VmFact } from './vm.events.js';

const connectionId = ConnectionId.parse('site-a');
const at = Instant.parse('2026-11-20T10:00:00Z');
const later = (seconds: number) => Instant.plusSeconds(at, seconds);
const alias = (kind: Alias['kind'], value: string): Alias => ({ source: connectionId, kind, value });
const uuid = alias('instance-uuid', '50000001-0000-4000-8000-000000000000');
const hardware: Hardware = {
  ...{ cpus: 2, memoryBytes: 1024, os: 'Debian 12', toolsVersion: null, path: null, datacenter: null, host: 'h1' },
  ...{ addresses: [], disks: [], networks: [], observedAt: at },
};
const observe: Extract<VmCommand, { type: 'Observe' }> = {
  ...{ type: 'Observe', connectionId, groupIds: ['prod'], name: 'web-01', aliases: [uuid], hardware },
  ...{ power: 'poweredOn', tools: 'toolsOk', bootAt: null, observedAt: at, run: 'r1', n: 100 },
};
/** Read some seconds later, by a request with as much a higher number. */
const orderAt = (when: Instant) => ({ run: 'r1', n: 100 + Instant.msBetween(at, when) / 1000 });
const seenAt = (when: Instant, more: Partial<typeof observe> = {}) => ({
  ...observe,
  ...orderAt(when),
  ...{ observedAt: when, hardware: { ...hardware, ...more.hardware, observedAt: when } },
  ...Object.fromEntries(Object.entries(more).filter(([member]) => member !== 'hardware')),
});
const register: VmCommand = {
  ...{ type: 'Register', name: 'web-01', connectionId, aliases: [uuid], groupIds: ['mine'], ownStream: false },
};
const miss: Extract<VmCommand, { type: 'Miss' }> = {
  ...{ type: 'Miss', hadAt: null, missedMs: 0, discoveries: 1, removed: false },
};

const discovered: VmFact = {
  type: 'VmDiscovered',
  connectionId,
  aliases: [uuid],
  name: 'web-01',
  groupIds: ['prod'],
  hardware,
};
const on: Extract<VmFact, { type: 'VmPowerObserved' }> = {
  ...{ type: 'VmPowerObserved', power: 'poweredOn', tools: 'toolsOk', observedAt: at, bootAt: null, run: 'r1', n: 100 },
};
const after = (sequence: number) => ({
  stream: StreamId.of('power', VmId.ofInstance(connectionId, uuid.value)),
  sequence,
});
const outcome = (power: 'poweredOn' | 'poweredOff', when: Instant) =>
  ({ type: 'ObservePower', power, tools: null, observedAt: when, after: after(9), ...orderAt(when) }) as const;
const registered: VmFact = { type: 'VmRegistered', connectionId, aliases: [uuid], name: 'web-01', groupIds: ['mine'] };
const missing: VmFact = { type: 'VmWentMissing', lastSeenAt: at };
const gone: VmFact = { type: 'VmRetired', cause: 'gone' };
const byHand: VmFact = { type: 'VmRetired', cause: 'by_hand' };

const given = (...past: VmFact[]) => ({ when: (c: VmCommand) => d.decide(c, past.reduce(d.evolve, d.initial)) });

it('a machine that is seen for the first time is discovered', () =>
  expect(given().when(observe)).toEqual([discovered, on]));
it('seen twice, it adds nothing', () => {
  expect(given(discovered, on).when(observe)).toEqual([]);
  expect(given(discovered, on).when(seenAt(later(5)))).toEqual([]);
});
it('only what changed becomes a fact', () => {
  const moref = alias('moref', 'vm-7');
  expect(given(discovered, on).when(seenAt(later(5), { power: 'poweredOff' }))).toEqual([
    { ...on, power: 'poweredOff', observedAt: later(5), ...orderAt(later(5)) },
  ]);
  expect(given(discovered, on).when(seenAt(later(5), { name: 'web-02' }))).toEqual([
    { type: 'VmDescribed', name: 'web-02', hardware: { ...hardware, observedAt: later(5) }, ...orderAt(later(5)) },
  ]);
  expect(given(discovered, on).when(seenAt(later(5), { hardware: { ...hardware, cpus: 4 } }))).toEqual([
    { type: 'VmDescribed', name: null, hardware: { ...hardware, cpus: 4, observedAt: later(5) }, ...orderAt(later(5)) },
  ]);
  expect(given(discovered, on).when(seenAt(later(5), { aliases: [uuid, moref] }))).toEqual([
    { type: 'VmAliased', alias: moref },
  ]);
});
it('T71: an earlier reading never overwrites a later one', () => {
  const ten = orderAt(later(10));
  const off: VmFact = { ...on, power: 'poweredOff', observedAt: later(10), ...ten };
  const grown: VmFact = { type: 'VmDescribed', name: null, hardware: { ...hardware, cpus: 4 }, ...ten };
  expect(given(discovered, on, off).when(seenAt(later(5)))).toEqual([]);
  expect(given(discovered, on, grown).when(seenAt(later(5)))).toEqual([]);
  expect(given(discovered, on, off).when(seenAt(later(11)))).toEqual([{ ...on, observedAt: later(11), n: 111 }]);
});
it('K3: what is read now counts, whatever the clock says', () => {
  const early = { observedAt: later(-3600), hardware: { ...hardware, cpus: 4, observedAt: later(-3600) } };
  const now = { ...observe, ...early, power: 'poweredOff', n: 101 } as const;
  expect(given(discovered, on).when(now)).toMatchObject([{ type: 'VmDescribed' }, { power: 'poweredOff', n: 101 }]);
  expect(given(discovered, on).when({ ...now, run: 'r2', n: 1 })).toHaveLength(2); // by the process after it
  expect(given(discovered, on, missing).when({ ...now, run: 'r2', n: 1 })).toHaveLength(3);
  expect(given(discovered, on, gone).when({ ...now, n: 101 })).toHaveLength(2);
  const { run: _run, n: _n, ...unnumbered } = on; // as the first release recorded it
  expect(given(discovered, unnumbered).when(now)).toHaveLength(2);
});
it('K1: an answer that comes late adds nothing, whatever the clock says', () => {
  const late = { ...seenAt(later(3600), { power: 'poweredOff', hardware: { ...hardware, cpus: 4 } }), n: 99 };
  for (const past of [
    [discovered, on],
    [discovered, on, missing],
    [discovered, on, gone],
  ])
    expect(given(...past).when(late)).toEqual([]);
  expect(given(discovered, on).when({ ...outcome('poweredOff', later(3600)), n: 99 })).toEqual([]);
});
it('tells once that it was read after a verdict, also when nothing changed', () => {
  const told = { ...seenAt(later(5)), after: after(9), confirms: true } as const;
  const fact = { ...on, observedAt: later(5), n: 105, after: after(9) };
  expect(given(discovered, on).when(told)).toEqual([fact]);
  expect(given(discovered, on, fact).when({ ...told, n: 106 })).toEqual([]);
  expect(given(discovered, on).when({ ...told, n: 99 })).toEqual([]);
  const { confirms: _, ...looked } = told; // read for another reason: it is named when there is something to tell
  expect(given(discovered, on).when(looked)).toEqual([]);
  expect(given(discovered, on).when({ ...looked, power: 'poweredOff' })).toMatchObject([{ after: after(9) }]);
});
it('K19: whether its provider reaches it stands in the order of readings, whatever the clock says', () => {
  const unknown = { power: 'unknown', tools: 'unknown', bootAt: null } as const;
  const lost = { ...on, ...unknown, connectionState: 'disconnected', observedAt: later(-60), n: 102 };
  expect(
    given(discovered, on).when({ ...observe, connectionState: 'disconnected', observedAt: later(-60), n: 102 }),
  ).toEqual([lost]);
  expect(given(discovered, on, lost).when({ ...observe, observedAt: later(60), n: 101 })).toEqual([]);
  expect(given(discovered, on, lost).when({ ...observe, observedAt: later(-90), n: 103 })).toEqual([
    { ...on, observedAt: later(-90), n: 103 },
  ]);
  const read = { ...hardware, cpus: 4 };
  expect(given(discovered, on, lost, { ...on, n: 110 }).when({ ...observe, hardware: read, n: 105 })).toEqual([
    { type: 'VmDescribed', name: null, hardware: read, run: 'r1', n: 105 },
  ]); // power was read since, its hardware was not
});

it('K7: a name without hardware stands in the order of readings; the newest power is told with it', () => {
  const bare: VmFact[] = [{ ...registered, groupIds: ['prod'] }, on];
  const renamed = { ...observe, hardware: null, name: 'web-02', observedAt: later(-60), n: 102 };
  const told: VmFact[] = [
    { ...registered, groupIds: ['prod'], name: 'web-02' },
    { ...on, observedAt: later(-60), n: 102 },
  ];
  expect(given(...bare).when(renamed)).toEqual(told);
  expect(given(...bare, ...told).when({ ...observe, hardware: null, observedAt: later(60), n: 101 })).toEqual([]);
  const off: VmFact = { ...on, power: 'poweredOff', n: 105, after: after(9) };
  expect(given(...bare, off).when(renamed)).toEqual([told[0], { ...on, power: 'poweredOff', n: 105 }]);
});

it('a new moref takes the place of the old one', () => {
  const [old, fresh] = [alias('moref', 'vm-7'), alias('moref', 'vm-8')].map((each): VmFact => ({
    type: 'VmAliased',
    alias: each,
  }));
  const state = [discovered, on, old, fresh].reduce((vm, fact) => (fact ? d.evolve(vm, fact) : vm), d.initial);
  expect(state).toMatchObject({ aliases: [uuid, alias('moref', 'vm-8')] });
});

it('power’s outcome is an observation, too, and names the verdict', () => {
  const off: VmFact = { ...on, power: 'poweredOff', observedAt: later(5), n: 105, after: after(9) };
  const found = outcome('poweredOff', later(5));
  expect(given(discovered, on).when(found)).toEqual([off]);
  expect(given(discovered, on, off).when(found)).toEqual([]);
  expect(given(discovered, on).when(outcome('poweredOff', later(-5)))).toEqual([]);
  expect(given(discovered, on).when(outcome('poweredOn', later(5)))).toEqual([]);
  expect(given().when(found)).toEqual([]);
  expect(given(registered).when(found)).toEqual([]);
  expect(given(discovered, on, gone).when(found)).toEqual([]);
});
it('a machine that power found on already kept its boot', () => {
  const booted: VmFact = { ...on, bootAt: later(-100) };
  const found = { ...outcome('poweredOn', later(5)), tools: 'toolsOld' } as const;
  expect(given(discovered, booted).when(found)).toMatchObject([{ tools: 'toolsOld', bootAt: later(-100) }]);
  const off: VmFact = { ...on, power: 'poweredOff', ...orderAt(later(1)) };
  expect(given(discovered, booted, off).when(found)).toMatchObject([{ power: 'poweredOn', bootAt: null }]);
});

it('a complete discovery that lacks it makes it missing, once', () => {
  expect(given(discovered, on).when(miss)).toEqual([missing]);
  expect(given(discovered, on).when({ ...miss, hadAt: later(30) })).toEqual([{ ...missing, lastSeenAt: later(30) }]);
  expect(given(discovered, on, missing).when(miss)).toEqual([]);
  for (const past of [[], [registered], [discovered, on, gone]]) expect(given(...past).when(miss)).toEqual([]);
});
it.each([
  ['three discoveries and a quarter of an hour', 900, 3, [gone]],
  ['not a quarter of an hour', 899, 4, []],
  ['not three discoveries', 3600, 2, []],
])('gone takes %s', (_, seconds, discoveries, facts) =>
  expect(given(discovered, on, missing).when({ ...miss, missedMs: seconds * 1000, discoveries })).toEqual(facts),
);
it('what its provider removed is gone at once', () =>
  expect(given(discovered, on).when({ ...miss, removed: true })).toEqual([gone]));
it('seen again, it says since when it was not', () => {
  const again: VmFact = { type: 'VmSeenAgain', lastSeenAt: at };
  expect(given(discovered, on, missing).when(seenAt(later(60)))).toEqual([again]);
  expect(given(discovered, on, missing).when(seenAt(later(60), { power: 'poweredOff' }))).toHaveLength(2);
  expect(given(discovered, on, missing, again).when(seenAt(later(60)))).toEqual([]);
});
it('gone and shown again, it is the same machine, and what people said of it stays', () => {
  const edited: VmFact = { type: 'VmEdited', displayName: 'Shop', description: null, labels: { team: 'a' } };
  expect(given(discovered, on, gone).when(seenAt(later(-5)))).toEqual([]);
  const back = given(discovered, on, edited, gone).when(seenAt(later(60)));
  expect(back).toMatchObject([{ type: 'VmDiscovered', groupIds: ['prod'] }, { type: 'VmPowerObserved' }]);
  const state = [discovered, on, edited, gone, discovered, on].reduce(d.evolve, d.initial);
  expect(state).toMatchObject({ is: 'seen', said: { displayName: 'Shop', labels: { team: 'a' } } });
});

it('registers a machine, and keeps its groups when it is found', () => {
  expect(given().when(register)).toEqual([registered]);
  expect(given(registered).when(observe)).toEqual([{ ...discovered, groupIds: ['mine'] }, on]);
});
it('a machine that is known is not registered again, but by the same request', () => {
  for (const past of [[registered], [discovered, on], [discovered, on, missing]]) {
    expect(given(...past).when(register)).toMatchObject({ rejected: 'alias_conflict' });
    expect(given(...past).when({ ...register, ownStream: true })).toEqual([]);
  }
});
it('a person takes a machine out, although it is shown, and a person brings it back', () => {
  const retire: VmCommand = { type: 'Retire', running: null };
  expect(given(discovered, on).when(retire)).toEqual([byHand]);
  expect(given(registered).when(retire)).toEqual([byHand]);
  expect(given(discovered, on, byHand).when(retire)).toEqual([]);
  expect(given(discovered, on, gone).when(retire)).toEqual([]);
  expect(given().when(retire)).toMatchObject({ rejected: 'not_found' });
  expect(given(discovered, on, byHand).when(seenAt(later(60)))).toEqual([]);
  expect(given(discovered, on, byHand).when(register)).toEqual([registered]);
  expect(given(discovered, on, byHand, registered).when(seenAt(later(60)))).toMatchObject([
    { type: 'VmDiscovered' },
    {},
  ]);
});
it('nobody takes out a machine whose power is being switched: the refusal says by what', () => {
  const running = OperationId.of('power', StreamId.of('power', VmId.create()), 7);
  const retire: VmCommand = { type: 'Retire', running };
  for (const past of [[registered], [discovered, on], [discovered, on, missing]])
    expect(given(...past).when(retire)).toMatchObject({ rejected: 'operation_in_progress', see: running });
  expect(given().when(retire)).toMatchObject({ rejected: 'not_found' });
  expect(given(discovered, on, byHand).when(retire)).toEqual([]);
});

it('edits what people say: null clears, what is left out stays', () => {
  const edited: VmFact = { type: 'VmEdited', displayName: 'Shop', description: 'sells', labels: { team: 'a' } };
  const { type: _, ...words } = edited;
  expect(given(discovered).when({ type: 'Edit', ...words, labels: { team: 'a' } })).toEqual([edited]);
  expect(given(discovered, edited).when({ type: 'Edit', displayName: null })).toEqual([
    { ...edited, displayName: null },
  ]);
  expect(given(discovered, edited).when({ type: 'Edit', labels: {} })).toEqual([{ ...edited, labels: {} }]);
  expect(given(discovered, edited).when({ type: 'Edit', displayName: 'Shop' })).toEqual([]);
  expect(given(discovered).when({ type: 'Edit' })).toEqual([]);
});
it('puts no label into a fact that only views may set', () => {
  const labels = { simulated: 'true', team: 'a' };
  expect(given(discovered).when({ type: 'Edit', labels })).toMatchObject([{ labels: { team: 'a' } }]);
  expect(given(discovered).when({ type: 'Edit', labels: { simulated: 'true' } })).toEqual([]);
});
it('edits nobody, and nobody who is gone', () => {
  expect(given().when({ type: 'Edit', displayName: 'x' })).toMatchObject({ rejected: 'not_found' });
  expect(given(discovered, on, gone).when({ type: 'Edit', displayName: 'x' })).toMatchObject({ rejected: 'vm_gone' });
});

const into = VmId.ofRequest('k1');
const merged: readonly VmFact[] = [
  { type: 'VmMerged', intoVmId: into },
  { type: 'VmRetired', cause: 'merged' },
];
it('a machine that turned out to be another leaves the fleet, and is merged once; a refusal names no other machine', () => {
  expect(given(discovered, on).when({ type: 'Merge', into })).toEqual(merged);
  expect(given(discovered, ...merged).when({ type: 'Merge', into: VmId.create() })).toEqual([]);
  expect(given(discovered, gone).when({ type: 'Merge', into })).toEqual([]);
  expect(given().when({ type: 'Merge', into })).toEqual([]);
  expect(given(discovered, ...merged).when({ type: 'Edit', displayName: 'x' })).toMatchObject({
    ...{ rejected: 'vm_gone', because: 'web-01 is no longer in the fleet; its history stays. Nothing was done.' },
  });
});
it('a merged machine stays out, whatever its provider shows, until somebody registers it', () => {
  expect(given(discovered, ...merged).when(seenAt(later(5)))).toEqual([]);
  const { type: _, ...machine } = registered;
  expect(given(discovered, ...merged).when({ type: 'Register', ownStream: false, ...machine })).toEqual([registered]);
});
