import { expect, it } from '@jest/globals';
import { Instant, isRejection, assertNever, VmId } from '@drover/kernel';
import * as fc from 'fast-check';
import { moments, nextStep } from './next-step.js';
import { powerDecider as d, type PowerCommand } from './power.decider.js';
import type { PowerFact } from './power.events.js';
import type { PowerRequest } from './power-request.events.js';
import type { WorkReport } from './power-work.js';
import type { MachineReading } from './power-verbs.js';
import { toolsRun, type Power } from './power.js';
import { commandIn, read, unreadFor } from './testing.js';

const SEQUENCES = 2_000;
const vmId = VmId.parse('420570c7-f61f-a930-77c5-1e876786cb3c');
const START = Instant.parse('2026-11-20T10:00:00Z');

/** What the test knows by itself: a far simpler machine. `sent`: calls that were taken, or may have been. */
interface Model {
  ops: number;
  open: boolean;
  restart: boolean;
  sent: number;
}

/** The decider with its facts, a machine that may or may not obey, and a clock. */
interface Real {
  facts: PowerFact[];
  state: Power;
  now: Instant;
  power: Exclude<MachineReading['power'], 'unknown'>;
  tools: MachineReading['tools'];
  unreached: boolean;
  bootAt: Instant | null;
}

const verdicts = new Set(['VmPoweredOff', 'VmPoweredOn', 'VmRestarted']);
const ends = (type: string) =>
  verdicts.has(type) || /^PowerOperation(Refused|Failed|Expired|Unknown|Cancelled)$/.test(type);
const json = <T>(value: T) => JSON.parse(JSON.stringify(value)) as T;
const fold = (facts: readonly PowerFact[], from: Power = d.initial) => facts.reduce(d.evolve, from);
const reading = ({ power, tools, bootAt, now, unreached }: Real): MachineReading => {
  const about = { observedAt: now, run: 'spec', n: 1, question: null, template: false };
  if (unreached)
    return { ...about, power: 'unknown', lastKnown: { power }, tools: 'unknown', bootAt: null, uptimeSeconds: null };
  return power === 'poweredOn'
    ? { ...about, power, tools, bootAt, uptimeSeconds: bootAt && Instant.wholeSeconds(bootAt, now) }
    : { ...about, power, tools, bootAt: null, uptimeSeconds: null };
};

/** Every call is right for the machine as it is then, and no verdict is told of one that cannot be read. */
const isJudged = (fact: PowerFact, { state, power, tools, unreached }: Real) => {
  if (verdicts.has(fact.type)) expect(unreached).toBe(false);
  if (fact.type !== 'StepStarted' || fact.step === 'wait-tools' || state.is !== 'open') return;
  const { request } = state;
  if (fact.step === 'graceful') expect([unreached, power, toolsRun(tools)]).toEqual([false, 'poweredOn', true]);
  if (fact.step === 'forced' && 'mode' in request && request.mode !== 'hard')
    expect([unreached, power, tools === 'unknown']).toEqual([false, 'poweredOn', false]);
};

/** Decides, appends what came of it, and checks what always holds. */
const act = (given: PowerCommand | WorkReport, model: Model, real: Real) => {
  const command = commandIn(given);
  const decided = d.decide(command, real.state);
  if (isRejection(decided)) return decided;
  const before = real.state;
  real.facts.push(...decided);
  real.state = fold(decided, real.state);
  for (const fact of decided) {
    if (fact.type.endsWith('Requested') && 'deadline' in fact) {
      expect(model.open).toBe(false);
      Object.assign(model, { ops: model.ops + 1, open: true, sent: 0, restart: fact.type === 'RestartRequested' });
      expect(fact.op).toBe(model.ops);
    } else if (ends(fact.type) && fact.op === model.ops) model.open = false;
    else if (fact.type === 'StepStarted' && fact.step !== 'wait-tools') model.sent += 1;
    else if (
      fact.type === 'StepFinished' &&
      fact.step !== 'verify' &&
      fact.step !== 'wait-tools' &&
      fact.outcome === 'failed'
    )
      model.sent -= 1;
    if (model.restart) expect(model.sent).toBeLessThanOrEqual(1);
    isJudged(fact, real);
  }
  expect(real.state.is === 'open').toBe(model.open);
  expect(real.state.op).toBe(model.ops);
  expect(real.state.facts).toBe(real.facts.length);
  // A snapshot that went through JSON, and the facts after it, come to the same.
  expect(JSON.stringify(fold(json(decided), json(before)))).toBe(JSON.stringify(real.state));
  // What is told again adds nothing; only a look at an outcome that stays unknown is kept each time.
  const again = d.decide(command, real.state);
  if (!isRejection(again) && command.type !== 'Settle') expect(again).toEqual([]);
  return decided;
};

type Kind = 'ask' | 'advance' | 'answer' | 'late' | 'cancel' | 'mark' | 'settle' | 'wait' | 'world' | 'takeover';

/** One thing that happens. It is made concrete when it runs, from where things stand. */
class Happening implements fc.Command<Model, Real> {
  constructor(
    readonly kind: Kind,
    readonly n: number,
    readonly readable: boolean,
  ) {}
  check = () => true;
  toString = () => `${this.kind}(${this.n}${this.readable ? '' : ', unreadable'})`;

  run(model: Model, real: Real) {
    const { kind, n } = this;
    const { state, now } = real;
    const by = { op: state.op, epoch: state.epoch };
    switch (kind) {
      case 'ask':
        return this.ask(model, real);
      case 'advance':
        if (state.is === 'open') this.advance(model, real);
        return;
      case 'answer': {
        if (state.is !== 'open' || state.phase.is !== 'started') return;
        const { step, attempt } = state.phase;
        const outcome = (['succeeded', 'failed', 'unknown'] as const)[n % 3] ?? 'unknown';
        const code = ['busy', 'tools_unavailable', 'provider_error', 'no_answer'][n % 4] ?? 'busy';
        const nextAttemptAt = n > 5 ? Instant.plusSeconds(now, 1) : null;
        const came = outcome === 'succeeded' ? { outcome } : { outcome, fault: { code, detail: 'x' }, nextAttemptAt };
        if (outcome !== 'failed') this.obey(real);
        act({ type: 'FinishStep', ...by, step, attempt, ...came }, model, real);
        return;
      }
      case 'late': {
        const { op, epoch } = by;
        act(
          { type: 'FinishStep', op, epoch: epoch - 1, step: 'graceful', attempt: 1, outcome: 'succeeded' },
          model,
          real,
        );
        return;
      }
      case 'takeover':
        act({ type: 'TakeLease', ...by, holder: `h${n}` }, model, real);
        return;
      case 'cancel':
        act({ type: 'Cancel', op: by.op - (n % 2), at: now }, model, real);
        return;
      case 'mark':
        act({ type: 'Mark', op: by.op - (n % 3), outcome: n > 5 ? 'succeeded' : 'failed' }, model, real);
        return;
      case 'settle':
        act({ type: 'Settle', op: by.op, reading: reading(real), durationSeconds: 1 }, model, real);
        return;
      case 'wait':
        real.now = Instant.plusSeconds(
          now,
          state.is === 'open' && n > 7 ? Math.max(1, Instant.msBetween(now, moments(state)[n % 2] ?? now) / 1000) : n,
        );
        return;
      case 'world':
        real.power = (['poweredOn', 'poweredOff', 'suspended'] as const)[n % 3] ?? 'poweredOn';
        real.tools =
          (['toolsOk', 'toolsOld', 'toolsNotRunning', 'toolsNotInstalled', 'unknown'] as const)[n % 5] ?? 'toolsOk';
        real.unreached = n > 8;
        return;
      default:
        return assertNever(kind);
    }
  }

  private ask(model: Model, real: Real) {
    const { n } = this;
    const { now } = real;
    const mode = (['soft', 'trySoft', 'hard'] as const)[n % 3] ?? 'soft';
    const requests: readonly PowerRequest[] = [
      mode === 'trySoft'
        ? { kind: 'power-off', mode, gracefulUntil: Instant.plusSeconds(now, 8) }
        : { kind: 'power-off', mode, gracefulUntil: null },
      { kind: 'power-on', waitForTools: n > 5 },
      { kind: 'restart', mode },
    ];
    const request = requests[Math.floor(n / 3) % 3] ?? { kind: 'power-on', waitForTools: false };
    const asked = {
      vmId,
      request,
      deadline: Instant.plusSeconds(now, 10),
      bulkId: null,
      view: null,
      reasoned: n > 4,
      failedPrecondition: null,
      name: 'web-01',
    };
    const open = model.open;
    const { restarted, stopping } = real.state;
    const times = {
      ...(restarted && { sinceRestart: Instant.msBetween(restarted.at, now) / 1000 }),
      ...(stopping && { mayStopFor: Instant.msBetween(now, stopping.until) / 1000 }),
    };
    const decided = act({ type: 'RequestPower', ...asked, ...times }, model, real);
    if (open) expect(decided).toMatchObject({ rejected: 'operation_in_progress' });
  }

  /** What the policy would do: the lease, a look, and whatever is next. */
  private advance(model: Model, real: Real) {
    if (real.state.is !== 'open') return;
    const { op, epoch, holder, phase } = real.state;
    if (holder === null || phase.is === 'started') act({ type: 'TakeLease', op, epoch, holder: 'h' }, model, real);
    const look = this.readable
      ? read(reading(real))
      : unreadFor({ code: this.n > 7 ? 'not_found' : 'provider_unreachable', detail: 'x' });
    const next = nextStep(real.state, { look, now: real.now, seconds: 1 });
    if (!next) return;
    const facts = act(next, model, real);
    expect(facts).not.toEqual([]); // what the policy decides on is never empty news
  }

  private obey(real: Real) {
    if (real.state.is !== 'open' || this.n % 2 === 0) return;
    const { kind } = real.state.request;
    real.power = kind === 'power-off' ? 'poweredOff' : 'poweredOn';
    if (kind !== 'power-off') real.bootAt = real.now;
  }
}

const weights: readonly (readonly [Kind, number])[] = [
  ...([
    ['ask', 4],
    ['advance', 10],
    ['answer', 6],
    ['wait', 3],
    ['world', 1],
    ['takeover', 1],
  ] as const),
  ...([
    ['late', 1],
    ['cancel', 1],
    ['mark', 1],
    ['settle', 1],
  ] as const),
];
const happenings = weights.map(([kind, weight]) => ({
  weight,
  arbitrary: fc.tuple(fc.nat(9), fc.boolean()).map(([n, off]) => new Happening(kind, n, !off || n > 3)),
}));

it('T-MOD-1, K18: a power operation keeps its model, whatever happens in whatever order', () => {
  const one = fc.oneof(...happenings) as fc.Arbitrary<fc.Command<Model, Real>>;
  const reached = new Set<string>();
  fc.assert(
    fc.property(fc.commands([one], { maxCommands: 40, size: 'max' }), (commands) => {
      const real: Real = {
        facts: [],
        state: d.initial,
        now: START,
        power: 'poweredOn',
        tools: 'toolsOk',
        unreached: false,
        bootAt: Instant.plusSeconds(START, -60),
      };
      fc.modelRun(() => ({ model: { ops: 0, open: false, restart: false, sent: 0 }, real }), commands);
      expect(fold(json(real.facts))).toEqual(real.state); // and so does the whole history, from its first fact
      for (const { type } of real.facts) reached.add(type);
    }),
    { numRuns: SEQUENCES },
  );
  expect(reached.size).toBe(17); // every kind of fact was met, so no rule went untried
});
