import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergedInto } from '@drover/contracts';
import { ConnectionId, FactId, Instant, isRejection, OperationId, StreamId, VmId, type Alias } from '@drover/kernel';
import type { StoredFact } from '@drover/ports';
import { livingIn, vmStream, type LivingVm, type VmState } from '../../domain/vm.js';
import { vmDecider as d, type VmCommand } from '../../domain/vm.decider.js';
import type { VmFact } from '../../domain/vm.events.js';
import { hardwareMark } from '../../domain/marks.js';
import { vmDirectory, type KnownVm } from './vm-directory.projection.js';

const connectionId = ConnectionId.parse('site-a');
const uuid: Alias = { source: connectionId, kind: 'instance-uuid', value: '50000001-0000-4000-8000-000000000000' };
const vmId = VmId.ofInstance(connectionId, uuid.value);
const other = VmId.ofRequest('another');
const at = (seconds: number) => Instant.plusSeconds(Instant.parse('2026-11-20T10:00:00Z'), seconds);

/** Facts as the store numbers them, after so many. */
const stored = (facts: readonly VmFact[], from: number): readonly StoredFact<VmFact>[] =>
  facts.map((fact, i) => ({
    ...{ type: fact.type, stream: vmStream(vmId), id: FactId.create(), sequence: from + i + 1, at: at(from) },
    ...{ actor: 'ana', reason: null, fact },
  }));

const aliases = fc.subarray<Alias>([
  { source: connectionId, kind: 'moref', value: 'vm-1' },
  { source: connectionId, kind: 'moref', value: 'vm-2' },
  { source: null, kind: 'hostname', value: 'web' },
]);
const read = fc.record({
  name: fc.constantFrom('web-1', 'web-2'),
  template: fc.boolean(),
  power: fc.constantFrom('poweredOn', 'poweredOff'),
  tools: fc.constantFrom('toolsOk', 'unknown'),
  bootAt: fc.constantFrom(null, at(-60)),
  n: fc.integer({ min: 1, max: 40 }),
  run: fc.constantFrom('a', 'b'),
});
const hardware = fc.option(
  fc.constantFrom(null, 'DC1').map((datacenter) => ({
    ...{ cpus: 1, memoryBytes: 1, os: 'x', toolsVersion: null, path: '/vm/web', datacenter, host: null },
    ...{ addresses: [], disks: [], networks: [], observedAt: at(0) },
  })),
);
const observe = fc
  .record({ read, hardware, aliases, isReached: fc.boolean() })
  .map(({ read: { n, ...said }, isReached, ...of }): VmCommand => ({
    ...{ type: 'Observe', connectionId, groupIds: ['prod'], ...said, n, observedAt: at(n), hardware: of.hardware },
    aliases: [uuid, ...of.aliases],
    ...(!isReached && { connectionState: 'disconnected' }),
  }));
const command: fc.Arbitrary<VmCommand> = fc.oneof(
  { weight: 6, arbitrary: observe },
  read.map(({ power, n, run }): VmCommand => ({
    ...{ type: 'ObservePower', power, tools: null, observedAt: at(n), run, n },
    after: { stream: StreamId.of('power', vmId), sequence: n },
  })),
  fc
    .record({ removed: fc.boolean(), discoveries: fc.constantFrom(1, 3) })
    .map((more): VmCommand => ({ type: 'Miss', hadAt: null, missedMs: 900_000, ...more })),
  fc
    .record({ displayName: fc.constantFrom(null, 'Web'), labels: fc.constantFrom({}, { env: 'eu' }) })
    .map((more): VmCommand => ({ type: 'Edit', ...more })),
  fc.constant<VmCommand>({ type: 'Retire', running: null }),
  fc.constant<VmCommand>({ type: 'Retire', running: OperationId.of('power', StreamId.of('power', vmId), 1) }),
  fc.constant<VmCommand>({ type: 'Merge', into: other }),
  aliases.map((more): VmCommand => ({
    type: 'Register',
    name: 'soon',
    connectionId,
    aliases: more,
    groupIds: [],
    ownStream: false,
  })),
);

/** A history that the rules made: the facts of each commit, and the state after it. */
const history = fc.array(command, { maxLength: 25 }).map((commands) => {
  let state: VmState = d.initial;
  return commands.flatMap((each) => {
    const facts = d.decide(each, state);
    if (isRejection(facts) || facts.length === 0) return [];
    state = facts.reduce(d.evolve, state);
    return [{ facts, state }];
  });
});

const lifeOf = (state: VmState) =>
  state.is === 'unheard'
    ? null
    : { registered: 'expected', seen: 'active', missing: 'missing', retired: 'retired' }[state.is];

/** What the directory and the state have both. A machine that came back keeps in the directory what was seen of it before. */
const both = (vm: LivingVm, row: KnownVm) => {
  const { name, aliases: names, groupIds, template, said } = vm;
  const of = { name, connectionId: vm.connectionId, aliases: names, groupIds, template, said };
  if (vm.is === 'registered') return { ...of, hardware: null };
  const shown = { ...of, hardware: vm.hardware && hardwareMark(vm.hardware) };
  const place = vm.hardware ? { datacenter: vm.hardware.datacenter, path: vm.hardware.path } : row.place;
  return { ...shown, place, observed: { reading: vm.reading } };
};

it('says of a machine what its own state says, after every commit of any history, and repeats change nothing', () => {
  const met = new Set<string>();
  fc.assert(
    fc.property(history, (commits) => {
      let row: KnownVm | null = null;
      let version = 0;
      for (const { facts, state } of commits) {
        const told = stored(facts, version);
        row = told.reduce(vmDirectory.evolve, row);
        version += facts.length;
        expect(told.reduce(vmDirectory.evolve, row)).toBe(row);
        const living = livingIn(state);
        if (!row || !living) throw new Error('a machine that something happened to is known');
        met.add(`${state.is}${state.is === 'retired' ? ` ${state.cause}` : ''}`);
        expect(row).toMatchObject({ vmId, sequence: version, life: { is: lifeOf(state) }, ...both(living, row) });
        expect(mergedInto(row)).toBe(state.is === 'retired' && state.cause === 'merged' ? state.into : null);
      }
    }),
    { numRuns: 500 },
  );
  const all = ['missing', 'registered', 'retired by_hand', 'retired gone', 'retired merged', 'seen'];
  expect([...met].sort()).toEqual(all);
});
