// For any sequence of facts a list and a detail say the same of an operation, wherever both say anything.
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hasEnded } from '@drover/contracts';
import { BulkId, CommitId, FactId, Instant, isRejection, OperationId, StreamId, VmId, type Fact } from '@drover/kernel';
import { foldRecord, shownOperation, type WorkTable } from '@drover/operations';
import { expectAgreement } from '@drover/operations/testing';
import { memoryProviderContact, publicEvents, virtualClock, type Commit } from '@drover/ports';
import { bulkDecider, bulkOf, bulkOperation, bulkStream } from '../../domain/bulk.decider.js';
import type { BulkFact } from '../../domain/bulk.events.js';
import { powerDecider, type PowerCommand } from '../../domain/power.decider.js';
import { type PowerFact, powerOperation, powerStream } from '../../domain/power.events.js';
import { type PowerVerb, requestAt } from '../../domain/power-request.events.js';
import { powerVerbs } from '../../domain/power-verbs.js';
import { blank, type Look, type WorkReport } from '../../domain/power-work.js';
import { attemptNumber, initialPower, type Power } from '../../domain/power.js';
import { ask, at, commandIn, later, off, on, reading, vmId, unreached } from '../../domain/testing.js';
import { bulkView, itemsOf } from '../bulk/bulk-items.js';
import { powerPublished } from '../power.published.js';
import type { PowerWork } from './operation-steps.js';
import { powerOperations } from './operation-work.js';
import { dressed } from './read-operation.js';

// Wrong on purpose: the compiler must complain of it. Power learns to hibernate, and nobody says what its facts add.
type HibernateFact = { type: 'HibernateRequested'; op: number } | { type: 'VmHibernated'; op: number };
// @ts-expect-error -- both facts lack their rows
powerOperations.work satisfies WorkTable<PowerFact | HibernateFact, PowerWork>;

/** A commit for each step, ten seconds apart; whoever acts changes. */
const committed = <Event extends Fact>(stream: StreamId, steps: readonly (readonly Event[])[]): Commit<Event>[] => {
  let version = 0;
  return steps
    .filter((facts) => facts.length > 0)
    .map((facts, i) => {
      const metadata = {
        at: Instant.plusSeconds(at, 10 * i),
        actor: i % 3 === 0 ? 'ana' : 'policy:power',
        requestId: 'r',
      };
      const commit = {
        ...{ stream, version, position: i + 1, prevHash: '', commitId: CommitId.createAt(at), metadata },
        facts: facts.map((fact) => ({ id: FactId.createAt(at), fact })),
      };
      version += facts.length;
      return commit;
    });
};

const listed = (id: OperationId, commits: readonly Commit[], name: string) => {
  const events = commits.flatMap((commit) => publicEvents('power', powerPublished, commit));
  const record = foldRecord(id, events);
  return record && shownOperation(record, { name });
};

const clock = virtualClock(at);
const ports = {
  contact: memoryProviderContact(clock),
  directory: { entry: async () => null, parked: () => false } as never, // a machine that inventory has not told of
};

/** `decided`: by the rules, so that the state of the machine says which operation runs. */
const agree = async (steps: readonly (readonly PowerFact[])[], decided = false) => {
  const [stream, commits] = [powerStream(vmId), committed(powerStream(vmId), steps)];
  const facts = steps.flat();
  const state = facts.reduce<Power>(powerDecider.evolve, initialPower);
  for (const op of new Set(facts.map((fact) => fact.op))) {
    const id = OperationId.of('power', stream, op);
    const list = listed(id, commits, vmId);
    const detail = await dressed(id, commits, state, ports);
    expect(detail === null).toBe(list === null);
    if (!list || !detail) continue;
    expectAgreement(list, detail);
    if (decided) expect(hasEnded(detail)).toBe(state.is !== 'open' || state.op !== op);
  }
};

const pick = <Value>(values: readonly Value[], n: number) => values[n % values.length] as Value;
const rebooted = reading({ bootAt: later(500) });
const readings = [
  on,
  off,
  rebooted,
  reading({ tools: 'toolsNotRunning' }),
  reading({ power: 'suspended' }),
  unreached(),
  null,
];
const fault = { code: 'busy', detail: 'another task holds the machine' };

/** Any command that may be given now, whether or not anything follows from it. */
const commandOf = (power: Power, n: number, more: number): PowerCommand => {
  const now = Instant.plusSeconds(at, n);
  const by = { op: power.op, epoch: power.epoch, durationSeconds: more };
  const found = pick(readings, more);
  const seen = found ?? on;
  const look: Look = found ? { is: 'read', reading: found } : { is: 'failed', fault };
  const modes = { mode: pick(['soft', 'trySoft'] as const, more), waitForTools: false, timeoutSeconds: 1 } as const;
  const none = { mode: null, waitForTools: more % 2 === 0, timeoutSeconds: 1 } as const;
  const requests = (Object.keys(powerVerbs) as PowerVerb[]).map(
    (kind) => requestAt({ action: kind, ...(kind === 'power-on' ? none : modes) }, at).request,
  );
  const step = pick(['graceful', 'forced', 'start'] as const, more);
  const attempt = power.is === 'open' ? attemptNumber(power, step) : 1;
  const phase = power.is === 'open' && power.phase.is === 'started' ? power.phase : { step, attempt };
  const outcome = pick(['succeeded', 'failed', 'unknown'] as const, more);
  const commands: readonly (PowerCommand | WorkReport)[] = [
    ask({ request: pick(requests, more), deadline: now, mayStopFor: more - 20, sinceRestart: 900 }),
    { type: 'TakeLease', ...by, holder: 'a' },
    { type: 'StartStep', ...by, reading: seen, step, attempt, ...(step === 'forced' && { cause: 'tools_absent' }) },
    {
      ...{ type: 'FinishStep', ...by, step: phase.step, attempt: phase.attempt },
      ...(outcome === 'succeeded' ? { outcome } : { outcome, fault, nextAttemptAt: more > 20 ? now : null }),
    },
    { type: 'AwaitTools', ...by, reading: seen },
    { type: 'Confirm', ...by, reading: seen },
    { type: 'Refuse', ...by, reading: seen, code: 'wrong_state', detail: 'x' },
    { type: 'Fail', ...by, look, fault },
    { type: 'RunOut', ...by, look },
    { type: 'GiveUp', ...by, look },
    { type: 'CallOff', ...by, look },
    { type: 'Cancel', op: power.op, at: now },
    { type: 'Mark', op: power.op - (more % 2), outcome: pick(['succeeded', 'failed'] as const, more) },
    { type: 'Settle', op: power.op, reading: seen, durationSeconds: more },
  ];
  return commandIn(pick(commands, n));
};

/** Places in that list: what goes on comes oftener than what ends. */
const often = fc.constantFrom(0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 5, 5, 5, 6, 7, 8, 9, 10, 11, 12, 13);

it('agrees whatever the rules decide', async () => {
  const met = new Set<string>();
  const steps = fc.array(fc.tuple(often, fc.nat(40)), { minLength: 20, maxLength: 80, size: 'max' });
  await fc.assert(
    fc.asyncProperty(steps, async (commands) => {
      const decided: (readonly PowerFact[])[] = [];
      let power: Power = initialPower;
      for (const [n, more] of commands) {
        const facts = powerDecider.decide(commandOf(power, n, more), power);
        if (isRejection(facts)) continue;
        decided.push(facts);
        power = facts.reduce<Power>(powerDecider.evolve, power);
      }
      for (const { type } of decided.flat()) met.add(type);
      await agree(decided, true);
    }),
    { numRuns: 800 },
  );
  expect([...met].sort()).toEqual(Object.keys(powerOperations.work).sort()); // each kind of fact was met
});

const state = fc.constantFrom('poweredOn', 'poweredOff', 'suspended', 'unknown' as const);
const step = fc.constantFrom('graceful', 'forced', 'start' as const);
const took = fc.oneof(fc.constant({}), fc.record({ durationSeconds: fc.nat(999) }));
const from = { scheduleId: null, bulkId: null, deadline: at };
const done = { durationSeconds: 5, observedAt: at };
const kinds = {
  LeaseTaken: fc.constant({ epoch: 1, holder: 'a' }),
  CancelRequested: fc.constant({}),
  StepStarted: fc.record({ step, attempt: fc.integer({ min: 1, max: 2 }), epoch: fc.constant(1) }),
  StepFinished: fc
    .record({
      ...{ step: fc.oneof(step, fc.constantFrom('verify', 'wait-tools' as const)), attempt: fc.constant(1) },
      ...{ outcome: fc.constantFrom('succeeded', 'failed', 'unknown' as const), power: fc.option(state) },
    })
    .map((some) => ({ ...blank, ...some, tools: 'toolsOk' as const, observedAt: at })),
  PowerOffEscalated: fc.constant({ cause: 'tools_absent', code: null }),
  VmPoweredOff: state.map((previousState) => ({ method: 'graceful', previousState, ...done })),
  VmPoweredOn: state.map((previousState) => ({ tools: 'toolsOk', previousState, ...done })),
  VmRestarted: fc.constant({ method: 'forced', proof: 'boot', ...done }),
  PowerOperationRefused: took.map((some) => ({ code: 'vm_suspended', detail: 'x', ...some })),
  PowerOperationFailed: took.map((some) => ({ ...fault, lastObserved: 'poweredOn', ...some })),
  PowerOperationExpired: fc.tuple(state, took).map(([lastObserved, some]) => ({ lastObserved, ...some })),
  PowerOperationUnknown: fc.tuple(state, took).map(([lastObserved, some]) => ({ lastObserved, ...some })),
  PowerOperationCancelled: took.map((some) => ({ step: 'graceful', guestAsked: true, ...some })),
  PowerOperationMarked: fc.record({ outcome: fc.constantFrom('succeeded', 'failed') }),
} as const;
const begun = fc.constantFrom<object>(
  { type: 'PowerOffRequested', mode: 'soft', gracefulUntil: null, runId: null, ...from },
  { type: 'PowerOnRequested', waitForTools: true, runId: null, ...from },
  { type: 'PowerOnRequested', waitForTools: true, runId: null, earlier: 7, ...from },
  { type: 'RestartRequested', mode: 'soft', alarmId: null, ...from, bulkId: VmId.create() },
);
const afterwards = fc.oneof(...Object.entries(kinds).map(([type, some]) => some.map((more) => ({ type, ...more }))));
const operation = fc.tuple(begun, fc.array(afterwards, { maxLength: 12 }), fc.integer({ min: 1, max: 2 }));

it('agrees on any facts, in any order after the request, of operations that overlap', () =>
  fc.assert(
    fc.asyncProperty(operation, operation, fc.boolean(), async ([first, more, op], [second, others], swap) => {
      const facts = [
        ...[first, ...more].map((fact) => ({ ...fact, op })),
        ...[second, ...others].map((fact) => ({ ...fact, op: op + 1 })),
      ] as object as PowerFact[];
      if (swap) facts.sort((a, b) => Number(a.type < b.type) - 0.5); // before its request a fact says nothing
      await agree(facts.map((fact) => [fact]));
    }),
    { numRuns: 500 },
  ));

it('agrees on a bulk, while it runs and when it ended', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), fc.boolean()), { maxLength: 8 }), (settled) => {
      const id = BulkId.parse('0f6cf2a3-5d0e-5b5f-9a36-0d9ad8e5c7b1');
      const targetIds = [0, 1, 2, 3].map((n) => VmId.parse(`00000000-0000-4000-8000-00000000000${n}`));
      const request = {
        action: 'power-off',
        mode: 'soft',
        targetIds,
        timeoutSeconds: 300,
        waitForTools: false,
      } as const;
      const commands = [
        { type: 'Start', denied: [], request } as const,
        ...settled.map(([index, well]) => {
          const item = { index, operationId: powerOperation(vmId, 1), code: well ? null : 'vm_suspended' };
          return { type: 'Settle', items: [item] } as const;
        }),
      ];
      const decided: (readonly BulkFact[])[] = [];
      let bulk = bulkDecider.initial;
      for (const command of commands) {
        const facts = bulkDecider.decide(command, bulk);
        if (isRejection(facts)) continue;
        decided.push(facts);
        bulk = facts.reduce(bulkDecider.evolve, bulk);
      }
      const commits = committed(bulkStream(id), decided);
      const items =
        bulk.is === 'nothing' ? [] : itemsOf(bulk.request, bulk.settled, { names: new Map(), underway: new Map() });
      const list = listed(bulkOperation(id), commits, '4 machines');
      const detail = bulkView(bulkOf(bulkStream(id)), commits, items);
      if (list && detail) expectAgreement(list, detail);
      expect(detail).toMatchObject({ target: { name: '4 machines' }, attempts: 1 });
    }),
  ));
