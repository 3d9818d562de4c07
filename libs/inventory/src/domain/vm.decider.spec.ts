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
  ...{ power: 'poweredOn', tools: 'toolsOk', bootAt: null, observedAt: at },
};
const seenAt = (when: Instant, more: Partial<typeof observe> = {}) => ({
  ...observe,
  ...{ observedAt: when, hardware: { ...hardware, ...more.hardware, observedAt: when } },
  ...Object.fromEntries(Object.entries(more).filter(([member]) => member !== 'hardware')),
});
const register: VmCommand = {
  ...{ type: 'Register', name: 'web-01', connectionId, aliases: [uuid], groupIds: ['mine'], ownStream: false },
};
const miss: Extract<VmCommand, { type: 'Miss' }> = {
  ...{ type: 'Miss', now: later(60), hadAt: null, since: null, discoveries: [], removed: false },
};

const discovered: VmFact = {
  type: 'VmDiscovered',
  connectionId,
  aliases: [uuid],
  name: 'web-01',
  groupIds: ['prod'],
  hardware,
};
const on: VmFact = { type: 'VmPowerObserved', power: 'poweredOn', tools: 'toolsOk', observedAt: at, bootAt: null };
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
    { ...on, power: 'poweredOff', observedAt: later(5) },
  ]);
  expect(given(discovered, on).when(seenAt(later(5), { name: 'web-02' }))).toEqual([
    { type: 'VmDescribed', name: 'web-02', hardware: { ...hardware, observedAt: later(5) } },
  ]);
  expect(given(discovered, on).when(seenAt(later(5), { hardware: { ...hardware, cpus: 4 } }))).toEqual([
    { type: 'VmDescribed', name: null, hardware: { ...hardware, cpus: 4, observedAt: later(5) } },
  ]);
  expect(given(discovered, on).when(seenAt(later(5), { aliases: [uuid, moref] }))).toEqual([
    { type: 'VmAliased', alias: moref },
  ]);
});
it('T71: an older reading never overwrites a newer one', () => {
  const off: VmFact = { ...on, power: 'poweredOff', observedAt: later(10) };
  const grown: VmFact = { type: 'VmDescribed', name: null, hardware: { ...hardware, cpus: 4, observedAt: later(10) } };
  expect(given(discovered, on, off).when(seenAt(later(5)))).toEqual([]);
  expect(given(discovered, on, grown).when(seenAt(later(5)))).toEqual([]);
  expect(given(discovered, on, off).when(seenAt(later(10)))).toEqual([{ ...on, observedAt: later(10) }]);
});
it('a new moref takes the place of the old one', () => {
  const [old, fresh] = [alias('moref', 'vm-7'), alias('moref', 'vm-8')].map((each): VmFact => ({
    type: 'VmAliased',
    alias: each,
  }));
  const state = [discovered, on, old, fresh].reduce((vm, fact) => (fact ? d.evolve(vm, fact) : vm), d.initial);
  expect(state).toMatchObject({ aliases: [uuid, alias('moref', 'vm-8')] });
});

it('power’s outcome is an observation, too', () => {
  const outcome = { type: 'ObservePower', power: 'poweredOff', tools: null, observedAt: later(5) } as const;
  const off: VmFact = { ...on, power: 'poweredOff', observedAt: later(5) };
  expect(given(discovered, on).when(outcome)).toEqual([off]);
  expect(given(discovered, on, off).when(outcome)).toEqual([]);
  expect(given(discovered, on).when({ ...outcome, observedAt: later(-5) })).toEqual([]);
  expect(given().when(outcome)).toEqual([]);
  expect(given(registered).when(outcome)).toEqual([]);
  expect(given(discovered, on, gone).when(outcome)).toEqual([]);
});
it('a machine that power found on already kept its boot', () => {
  const booted: VmFact = { ...on, bootAt: later(-100) };
  const found = { type: 'ObservePower', power: 'poweredOn', tools: 'toolsOld', observedAt: later(5) } as const;
  expect(given(discovered, booted).when(found)).toEqual([{ ...booted, tools: 'toolsOld', observedAt: later(5) }]);
  const off: VmFact = { ...on, power: 'poweredOff', observedAt: later(1) };
  expect(given(discovered, booted, off).when(found)).toMatchObject([{ power: 'poweredOn', bootAt: null }]);
});

it('a complete discovery that lacks it makes it missing, once', () => {
  expect(given(discovered, on).when(miss)).toEqual([missing]);
  expect(given(discovered, on).when({ ...miss, hadAt: later(30) })).toEqual([{ ...missing, lastSeenAt: later(30) }]);
  expect(given(discovered, on, missing).when(miss)).toEqual([]);
  for (const past of [[], [registered], [discovered, on, gone]]) expect(given(...past).when(miss)).toEqual([]);
});
it.each([
  ['three discoveries and a quarter of an hour', 900, [0, 300], [gone]],
  ['not a quarter of an hour', 899, [0, 300, 600], []],
  ['not three discoveries', 3600, [0], []],
  ['not three since it is missing', 3600, [-600, -300, 0], []],
])('gone takes %s', (_, seconds, ends, facts) => {
  const wish = { ...miss, since: at, now: later(seconds), discoveries: ends.map(later) };
  expect(given(discovered, on, missing).when(wish)).toEqual(facts);
});
it('what its provider removed is gone at once', () =>
  expect(given(discovered, on).when({ ...miss, removed: true })).toEqual([gone]));
it('seen again, it says since when it was not', () => {
  const again: VmFact = { type: 'VmSeenAgain', lastSeenAt: at };
  expect(given(discovered, on, missing).when(seenAt(later(60)))).toEqual([again]);
  expect(given(discovered, on, missing).when(seenAt(later(60), { power: 'poweredOff' }))).toHaveLength(2);
  expect(given(discovered, on, missing, again).when(seenAt(later(60)))).toEqual([]);
  expect(given(discovered, on, { ...missing, lastSeenAt: later(30) }).when(seenAt(later(10)))).toEqual([]);
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
it('a machine that is known is not registered again, but by the same wish', () => {
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
