// Commits may be lost and their loss accepted, so any event may follow any other, and any command may meet any state.
import fc from 'fast-check';
import { ConnectionId, ConnectionKind, Instant, NOT_CONFIGURED, OperationId, StreamId, VmId } from '@drover/kernel';
import type { Alias, GroupId, Hardware, PowerState, ReadOrder, RecordedOrder, Tools } from '@drover/kernel';
import { anyOf, deciderContract } from '@drover/ports/testing';
import { aliasDecider, type AliasCommand } from './alias.decider.js';
import type { AliasFact } from './alias.events.js';
import { connectionSetDecider } from './connection-set.decider.js';
import { connectionDecider, type ConnectionCommand } from './connection.decider.js';
import type { ConnectionFact, ConnectionSettings, DiscoveryCount } from './connection.events.js';
import { SECRET_UNUSABLE, SIGN_IN_FAILED, UNREACHABLE } from './connection.js';
import type { AfterVerdict } from './decide/observe-vm.js';
import { vmDecider, type VmCommand } from './vm.decider.js';
import type { PowerStatus, RetireCause, VmFact } from './vm.events.js';

const start = Instant.parse('2026-11-20T10:00:00Z');
const at = fc.nat(3).map((seconds) => Instant.plusSeconds(start, seconds));
const vmIds = fc.constantFrom(VmId.ofRequest('one'), VmId.ofRequest('two'));
const connectionId = ConnectionId.parse('site-a');
const count = fc.nat(3);
const text = fc.constantFrom('a', 'b');
const groupIds = fc.constantFrom<readonly GroupId[]>([], ['prod'], ['prod', 'test']);

const claims = fc.option(fc.nat(3));
deciderContract('an alias', aliasDecider, {
  events: anyOf<AliasFact>({ AliasClaimed: fc.record({ vmId: vmIds }), AliasReleased: fc.record({ vmId: vmIds }) }),
  commands: anyOf<AliasCommand>({
    Claim: fc.record({ vmId: vmIds, over: claims }),
    Release: fc.record({ vmId: vmIds, claim: claims }),
  }),
  nameOf: ({ is }) => is,
  states: ['free', 'claimed'],
});

const connectionIds = fc.subarray([connectionId, ConnectionId.parse('site-b')]);
deciderContract('the set of connections', connectionSetDecider, {
  events: fc.record({ type: fc.constant('ConnectionsConfigured' as const), connectionIds }),
  commands: fc.record({ type: fc.constant('ConfigureAll' as const), connectionIds }),
  nameOf: ({ is }) => is,
  states: ['unsaid', 'said'],
});

const settings: fc.Arbitrary<ConnectionSettings> = fc.record({
  ...{ name: text, kind: fc.constant(ConnectionKind.parse('vsphere')), url: fc.option(text), region: fc.option(text) },
  ...{ credentialRef: fc.option(text), tls: fc.constant({ mode: 'system', value: null } as const) },
  ...{ allow: fc.constant([]), groupIds },
});
const revision = fc.nat(3);
const code = fc.constantFrom(NOT_CONFIGURED, SECRET_UNUSABLE, SIGN_IN_FAILED, UNREACHABLE, 'no_answer');
const state = fc.constantFrom('up', 'down', 'degraded', 'unknown');
const op = fc.integer({ min: 1, max: 3 });
const found: fc.Arbitrary<DiscoveryCount> = fc.record({
  ...{ seen: count, added: count, changed: count, missing: count, complete: fc.boolean() },
});
const failure = { code, detail: text };
deciderContract('a connection', connectionDecider, {
  events: anyOf<ConnectionFact>({
    ConnectionAdded: fc.record({ revision, of: settings }).map(({ of, ...more }) => ({ ...of, ...more })),
    ConnectionChanged: fc.record({ revision, of: settings }).map(({ of, ...more }) => ({ ...of, ...more })),
    ConnectionStateChanged: fc.record({ from: state, to: state, code: fc.option(code) }),
    ConnectionListingFailed: fc.record(failure),
    ConnectionSignInFailed: fc.record({ revision, service: text }),
    ConnectionSignInReset: fc.record({ revision }),
    ConnectionRefreshRequested: fc.record({
      ...{ op, importIds: fc.constantFrom(null, []), importAll: fc.boolean(), deadline: at },
    }),
    ConnectionRefreshed: fc.record({ op: fc.option(op), of: found }).map(({ of, ...more }) => ({ ...of, ...more })),
    ConnectionRefreshFailed: fc.record({ op, ...failure }),
  }),
  commands: anyOf<ConnectionCommand>({
    Configure: fc.record({ settings, unusable: fc.boolean() }),
    Forget: fc.constant({}),
    ReportState: fc.oneof(
      fc.record({ revision, to: fc.constant('up' as const), code: fc.constant(null) }),
      fc.record({ revision, to: fc.constantFrom('degraded', 'down'), code }),
    ),
    RefuseSignIn: fc.record({ revision, service: text }),
    ResetSignIn: fc.constant({}),
    RequestRefresh: fc.record({ deadline: at, spent: count }),
    FinishDiscovery: fc
      .record({ revision, op: fc.option(op), of: found })
      .map(({ of, ...more }) => ({ ...of, ...more })),
    FailDiscovery: fc.record({ revision, ...failure }),
    FailRefresh: fc.record({ op, ...failure }),
  }),
  nameOf: (connection) =>
    connection.is === 'unknown' ? 'nobody' : `${connection.state}, refresh ${connection.refresh.is}`,
  states: [
    'nobody',
    ...['up', 'down', 'degraded', 'unknown'].flatMap((each) => [`${each}, refresh idle`, `${each}, refresh open`]),
  ],
});

const aliases = fc.subarray<Alias>([
  { source: connectionId, kind: 'moref', value: 'vm-1' },
  { source: connectionId, kind: 'instance-uuid', value: '50000001-0000-4000-8000-000000000000' },
  { source: null, kind: 'vm-name', value: 'web-01' },
]);
const template = fc.boolean();
const hardware: fc.Arbitrary<Hardware> = fc.record({ cpus: count, observedAt: at }).map((some) => ({
  ...{ memoryBytes: 1, os: 'x', toolsVersion: null, path: null, datacenter: null, host: null },
  ...{ addresses: [], disks: [], networks: [], ...some },
}));
const order: fc.Arbitrary<ReadOrder> = fc.record({
  run: fc.constantFrom('one', 'two').map((run) => run as ReadOrder['run']),
  n: fc.integer({ min: 1, max: 4 }),
});
const recorded: fc.Arbitrary<RecordedOrder> = fc.oneof(order, fc.constant({}));
const power = fc.constantFrom<PowerState>('poweredOn', 'poweredOff', 'suspended', 'unknown');
const tools = fc.constantFrom<Tools>('toolsOk', 'toolsNotRunning', 'unknown');
const status: fc.Arbitrary<PowerStatus> = fc.oneof(
  fc.record({ power, tools, bootAt: fc.option(at) }),
  fc.constant({ power: 'unknown', tools: 'unknown', bootAt: null, connectionState: 'disconnected' } as const),
);
const verdict = fc.record({ stream: fc.constant(StreamId.of('power', 'x')), sequence: fc.nat(3) });
const after: fc.Arbitrary<AfterVerdict> = fc.oneof(
  fc.constant({}),
  fc.record({ after: verdict }),
  fc.record({ after: verdict, confirms: fc.constant(true as const) }),
);
/** Members of several kinds in one. */
const together = <A extends object, B extends object, C extends object = object>(
  a: fc.Arbitrary<A>,
  b: fc.Arbitrary<B>,
  c: fc.Arbitrary<C> = fc.constant({} as C),
) => fc.tuple(a, b, c).map(([one, other, third]) => ({ ...one, ...other, ...third }));
deciderContract('a machine', vmDecider, {
  events: anyOf<VmFact>({
    VmDiscovered: fc.record({
      ...{ connectionId: fc.constant(connectionId), aliases, name: text, groupIds, hardware, template },
    }),
    VmRegistered: fc.record({
      ...{ connectionId: fc.constantFrom(null, connectionId), aliases, name: text, groupIds, template },
    }),
    VmAliased: aliases.map(([alias]) => ({ alias: alias ?? { source: null, kind: 'vm-name', value: 'b' } })),
    VmDescribed: together(fc.record({ name: fc.option(text), hardware, template }), recorded),
    VmEdited: fc.record({
      ...{ displayName: fc.option(text), description: fc.option(text), labels: fc.constantFrom(null, { a: 'b' }) },
    }),
    VmPowerObserved: together(fc.record({ observedAt: at, after: verdict }), status, recorded),
    VmWentMissing: fc.record({ lastSeenAt: at }),
    VmSeenAgain: fc.record({ lastSeenAt: at }),
    VmMerged: fc.record({ intoVmId: vmIds }),
    VmRetired: fc.record({ cause: fc.constantFrom<RetireCause>('gone', 'by_hand', 'terminated', 'merged') }),
  }),
  commands: anyOf<VmCommand>({
    Register: fc.record({
      ...{ name: text, connectionId: fc.constantFrom(null, connectionId), aliases, groupIds, ownStream: fc.boolean() },
    }),
    Edit: fc.record({ displayName: fc.option(text, { nil: null }), labels: fc.constant({ a: 'c' }) }),
    Retire: fc.record({ running: fc.constantFrom(null, OperationId.of('power', StreamId.of('power', 'x'), 1)) }),
    Merge: fc.record({ into: vmIds }),
    Observe: together(
      fc.record({
        ...{ connectionId: fc.constant(connectionId), groupIds, name: text, aliases, hardware: fc.option(hardware) },
        ...{ template, power, tools, bootAt: fc.option(at), observedAt: at },
        connectionState: fc.constantFrom('connected', 'disconnected'),
      }),
      order,
      after,
    ),
    ObservePower: together(fc.record({ power, tools: fc.option(tools), observedAt: at, after: verdict }), order),
    Miss: fc.record({
      ...{ hadAt: fc.option(at), missedMs: fc.constantFrom(0, 900_000), discoveries: count, removed: fc.boolean() },
    }),
  }),
  nameOf: ({ is }) => is,
  states: ['unheard', 'registered', 'seen', 'missing', 'retired'],
});
