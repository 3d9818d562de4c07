// Commits may be lost and their loss accepted, so any event may follow any other, and any command may meet any state.
import { expect, it } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';
import { ConnectionId, isRejection, OperationId, PowerState, Tools } from '@drover/kernel';
import { anyOf, deciderContract } from '@drover/ports/testing';
import { bulkDecider, type BulkCommand } from './bulk.decider.js';
import type { BulkFact, BulkItem, BulkRequest } from './bulk.events.js';
import { powerDecider, type PowerCommand } from './power.decider.js';
import { powerStream, verifiedTypes } from './power.events.js';
import { recordedRequest, requestAt, verbEvents } from './power-request.events.js';
import type { PowerFact, VerifiedBy } from './power.events.js';
import type { PowerVerb, Requested } from './power-request.events.js';
import { signInDecider } from './sign-in.decider.js';
import type { Call } from './power-step.events.js';
import { blank, type Look, type WorkReport } from './power-work.js';
import { ask, at, commandIn, deadline, later, reading, vmId, unreached } from './testing.js';

/** The first mostly, so that events often speak of one thing, and every state is met. */
const mostly = <Value>(first: Value, ...others: readonly Value[]) =>
  fc.oneof({ arbitrary: fc.constant(first), weight: 4 }, fc.constantFrom(...others));
const op = mostly(1, 2, 3);
const epoch = mostly(1, 0, 2);
const attempt = mostly(1, 2, 3);
const step = mostly<Call>('graceful', 'forced', 'start');
const power = fc.constantFrom(...PowerState.options);
const tools = fc.constantFrom(...Tools.options);
const code = fc.constantFrom('busy', 'not_found', 'tools_unavailable');
const until = fc.constantFrom(null, later(1), deadline);
const ended = { op, durationSeconds: fc.constant(5) };
const detail = fc.constant('x');

const readings = fc
  .record({ power, tools })
  .map((now) => (now.power === 'unknown' ? unreached() : reading({ ...now, power: now.power, bootAt: later(9) })));
const looks: Arbitrary<Look> = fc.oneof(
  readings.map((found) => ({ is: 'read', reading: found }) as const),
  code.map((which) => ({ is: 'failed', fault: { code: which, detail: 'x' } }) as const),
);
const started = fc.record({ op, epoch, attempt, step: fc.oneof(step, step, fc.constant('wait-tools' as const)) });
const ends = fc.oneof(
  fc.record({ op, step, attempt, outcome: fc.constantFrom('succeeded', 'failed', 'unknown'), nextAttemptAt: until }),
  fc.record({ op, step: fc.constantFrom('verify', 'wait-tools'), attempt, outcome: fc.constant('failed') }),
  fc.record({ op, step: fc.constant('verify'), attempt, outcome: fc.constant('succeeded'), power, tools }),
);

const finished = ends.map((fact) => ({ ...blank, observedAt: at, ...fact }) as never);

// The events of each verb are made by its row, so a verb that is added takes part.
const verbs = fc.constantFrom(...(Object.keys(verbEvents) as PowerVerb[]));
const requested = fc.record({ verb: verbs, op, earlier: fc.constantFrom(null, 1) }).map(({ verb, ...granted }) => {
  const options = { action: verb, mode: null, timeoutSeconds: 300, waitForTools: true } as const;
  return recordedRequest(requestAt(options, at).request, { ...granted, deadline, bulkId: null });
});
const verified = fc
  .record({ ...ended, type: fc.constantFrom(...verifiedTypes), tools, previousState: power })
  .map((fact) => ({ ...fact, observedAt: at, method: 'graceful' }) as VerifiedBy<PowerVerb>);

const others = anyOf<Exclude<PowerFact, Requested | VerifiedBy<PowerVerb>>>({
  LeaseTaken: fc.record({ op, epoch, holder: fc.constant('a') }),
  CancelRequested: fc.record({ op }),
  StepStarted: started,
  StepFinished: finished,
  PowerOffEscalated: fc.record({ op, cause: fc.constant('tools_absent'), code: fc.constant(null) }),
  PowerOperationRefused: fc.record({ ...ended, code, detail }),
  PowerOperationFailed: fc.record({ ...ended, code, detail, lastObserved: power }),
  PowerOperationExpired: fc.record({ ...ended, lastObserved: power }),
  PowerOperationUnknown: fc.record({ ...ended, lastObserved: power }),
  PowerOperationCancelled: fc.record({ ...ended, step }),
  PowerOperationMarked: fc.record({ op, outcome: fc.constantFrom('succeeded', 'failed') }),
});
const facts: Arbitrary<PowerFact> = fc.oneof(
  { arbitrary: requested, weight: 4 },
  { arbitrary: started.map((fact) => ({ type: 'StepStarted', ...fact }) as const), weight: 4 },
  { arbitrary: finished.map((fact: object) => ({ type: 'StepFinished', ...fact }) as never), weight: 6 },
  { arbitrary: others, weight: 8 },
  verified,
);

const by = { op, epoch };
const fault = fc.record({ code, detail });
const reports = anyOf<WorkReport>({
  TakeLease: fc.record({ ...by, holder: fc.constant('b') }),
  Refuse: fc.record({ ...by, reading: readings, code, detail }),
  StartStep: fc.record({ ...by, reading: readings, step, attempt }),
  FinishStep: fc.record({ ...by, step, attempt, outcome: fc.constant('unknown'), fault, nextAttemptAt: until }),
  Note: fc.record({ ...by, look: looks }),
  Abandon: fc.record({ ...by, until }),
  AwaitTools: fc.record({ ...by, reading: readings }),
  Confirm: fc.record({ ...by, reading: readings, durationSeconds: fc.constant(5) }),
  Fail: fc.record({ ...by, look: looks, fault }),
  CallOff: fc.record({ ...by, look: looks }),
  RunOut: fc.record({ ...by, look: looks }),
  GiveUp: fc.record({ ...by, look: looks }),
});
const commands = anyOf<PowerCommand>({
  RequestPower: fc
    .constantFrom('soft', 'hard')
    .map((mode) => ask({ vmId, request: { kind: 'restart', mode }, mayStopFor: 9, sinceRestart: 9 })),
  Cancel: fc.record({ op, at: fc.constant(at) }),
  Mark: fc.record({ op, outcome: fc.constantFrom('succeeded', 'failed') }),
  Settle: fc.record({ op, reading: readings, durationSeconds: fc.constant(5) }),
  Work: reports.map((report) => commandIn(report) as never),
});

const itemOperation = OperationId.of('power', powerStream(vmId), 1);
const items: Arbitrary<BulkItem> = fc.record({
  ...{ index: fc.nat(3), operationId: fc.constant(itemOperation), code: fc.constantFrom(null, 'vm_suspended') },
});
const request: BulkRequest = {
  ...{ action: 'power-off', mode: 'soft', timeoutSeconds: 300, waitForTools: false },
  targetIds: [vmId, vmId],
};
const bulkFacts = anyOf<BulkFact>({
  BulkRequested: fc.constant({ op: 1, ...request }),
  BulkItemSettled: items.map((item) => ({ op: 1, ...item })),
  BulkFinished: fc.constant({ op: 1, outcome: 'completed', succeeded: 1, failed: 0 }),
});
const bulkCommands = anyOf<BulkCommand>({
  Start: fc.record({ request: fc.constant(request), denied: fc.array(items, { maxLength: 2 }) }),
  Settle: fc.record({ items: fc.array(items, { maxLength: 2 }) }),
});

const signIns = fc.record({
  connectionId: fc.constant(ConnectionId.parse('site-a')),
  revision: fc.nat(3),
  resetAt: fc.constantFrom(null, at, later(1)),
});

const phases = ['requested', 'started', 'sent', 'unclear', 'rejected', 'waiting'];
deciderContract('power', powerDecider, {
  events: facts,
  commands,
  nameOf: (power) => (power.is === 'open' ? power.phase.is : power.is),
  states: ['idle', ...phases],
});
deciderContract('a bulk', bulkDecider, {
  events: bulkFacts,
  commands: bulkCommands,
  nameOf: ({ is }) => is,
  states: ['nothing', 'open', 'finished'],
});
deciderContract('sign-in', signInDecider, {
  events: signIns.map((refused) => ({ type: 'ConnectionSignInRefused', ...refused }) as const),
  commands: signIns,
  nameOf: ({ is }) => is,
  states: ['never-refused', 'refused'],
});

it('power counts each event, and refuses nobody but people', () => {
  const met = new Set<string>();
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 12 }), commands, (past, command) => {
      const state = past.reduce(powerDecider.evolve, powerDecider.initial);
      expect(state.facts).toBe(past.length);
      const decided = powerDecider.decide(command, state);
      if (isRejection(decided))
        expect(['RequestPower', 'Cancel', 'Mark']).toContain(command.type); // a person’s
      else expect(decided.reduce(powerDecider.evolve, state).facts).toBe(past.length + decided.length);
      met.add(isRejection(decided) ? decided.rejected : 'granted');
    }),
    { numRuns: 3_000 },
  );
  expect([...met]).toEqual(expect.arrayContaining(['granted', 'operation_in_progress']));
});

it('a bulk refuses nobody who does not start one', () =>
  fc.assert(
    fc.property(fc.array(bulkFacts, { maxLength: 8 }), bulkCommands, (past, command) => {
      const decided = bulkDecider.decide(command, past.reduce(bulkDecider.evolve, bulkDecider.initial));
      expect(!isRejection(decided) || command.type === 'Start').toBe(true);
    }),
    { numRuns: 1_000 },
  ));
