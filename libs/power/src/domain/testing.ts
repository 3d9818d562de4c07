// What the specs of the decider stand on: facts of one operation, and a shorthand for "given these, when that". Nothing
// here is for production.
import { Instant, VmId, type Seen } from '@drover/kernel';
import type { NextStepInput } from './next-step.js';
import { powerDecider as d, type RequestPower, type PowerCommand } from './power.decider.js';
import type { PowerFact } from './power.events.js';
import { blank, type Fault, type Look, type WorkReport } from './power-work.js';
import type { MachineReading } from './power-verbs.js';
import { initialPower, type OpenOperation, type Phase } from './power.js';

export const vmId = VmId.parse('420570c7-f61f-a930-77c5-1e876786cb3c');
export const at = Instant.parse('2026-11-20T10:00:00Z');
export const later = (seconds: number) => Instant.plusSeconds(at, seconds);
export const deadline = later(300);
export const boot = later(-3600);
export const [op, epoch] = [1, 1];
export const reading = (change: Partial<MachineReading> = {}): MachineReading => ({
  ...{ power: 'poweredOn', tools: 'toolsOk', observedAt: at, run: 'spec', n: 1, bootAt: boot, question: null },
  ...{ uptimeSeconds: null, template: false },
  ...change,
});
export const [on, off] = [reading(), reading({ power: 'poweredOff', bootAt: null })];
export const seen = (change: Partial<Seen> = {}): Seen => ({
  ...{ power: 'poweredOn', tools: 'toolsOk', observedAt: at },
  ...change,
});

export const soft = { kind: 'power-off', mode: 'soft', gracefulUntil: null } as const;
export const ask = (change: Partial<RequestPower> = {}): RequestPower => ({
  ...{ type: 'RequestPower', vmId, name: 'web-01', request: soft, deadline },
  ...{ bulkId: null, view: null, reasoned: false, failedPrecondition: null },
  ...change,
});
export const from = { scheduleId: null, bulkId: null };
export const offRequested: PowerFact = {
  type: 'PowerOffRequested',
  op,
  mode: 'soft',
  deadline,
  gracefulUntil: null,
  runId: null,
  ...from,
};
export const tried: PowerFact = { ...offRequested, mode: 'trySoft', gracefulUntil: later(240) };
export const onRequested: PowerFact = {
  type: 'PowerOnRequested',
  op,
  waitForTools: true,
  deadline,
  runId: null,
  ...from,
};
export const restartRequested: PowerFact = {
  type: 'RestartRequested',
  op,
  mode: 'trySoft',
  deadline,
  alarmId: null,
  ...from,
};
export const lease: Extract<PowerFact, { type: 'LeaseTaken' }> = { type: 'LeaseTaken', op, epoch, holder: 'a' };
export const lookFinished = (
  attempt: number,
  { power, tools, observedAt, bootAt, run, n }: MachineReading,
): PowerFact => ({
  ...{ type: 'StepFinished', op, step: 'verify', attempt, outcome: 'succeeded', ...blank },
  ...{ power, tools, observedAt, bootAt, run, n },
});
export const begun: PowerFact = { type: 'StepStarted', op, step: 'graceful', attempt: 1, epoch };
export const sent: PowerFact = {
  type: 'StepFinished',
  op,
  step: 'graceful',
  attempt: 1,
  outcome: 'succeeded',
  ...blank,
};
export const unclear: PowerFact = { ...sent, outcome: 'unknown', code: 'no_answer', detail: 'lost' };
export const rejected: PowerFact = { ...sent, outcome: 'failed', code: 'tools_unavailable', detail: 'no' };
export const done: PowerFact = {
  ...{ type: 'VmPoweredOff', op, method: 'graceful', previousState: 'poweredOn', durationSeconds: 5, observedAt: at },
  ...{ run: 'spec', n: 1 },
};
export const unknown: PowerFact = { type: 'PowerOperationUnknown', op, lastObserved: 'poweredOn' };

export const start = { type: 'StartStep', op, epoch, reading: on, step: 'graceful', attempt: 1 } as const;
export const finish = { type: 'FinishStep', op, epoch, step: 'graceful', attempt: 1, nextAttemptAt: null } as const;
export const taken = { ...finish, outcome: 'succeeded' } as const;
export const confirm = { type: 'Confirm', op, epoch, reading: off, durationSeconds: 5 } as const;
export const late = { type: 'RunOut', op, epoch } as const;

/** A report of the work is a command like any other. */
export const commandIn = (c: PowerCommand | WorkReport): PowerCommand =>
  'epoch' in c ? { type: 'Work', report: c } : c;
export const given = (...past: PowerFact[]) => ({
  when: (c: PowerCommand | WorkReport) => d.decide(commandIn(c), past.reduce(d.evolve, d.initial)),
});
export const working = (...past: PowerFact[]) => given(offRequested, lease, lookFinished(1, on), begun, ...past);

/** A look that brought a reading, and one that brought none. */
export const read = (reading: MachineReading): Look => ({ is: 'read', reading });
export const unreadFor = (fault: Fault): Look => ({ is: 'failed', fault });

const { is: _is, lastUnknown: _unknown, ...past } = initialPower;
const attemptsIn = (phase?: Phase): OpenOperation['attempts'] =>
  phase && phase.is !== 'requested' ? { [phase.step]: phase.attempt } : {};
/** What looks found that read the machine so each time. */
export const foundAs = (reading: MachineReading): OpenOperation['findings'] => ({
  ...{ is: 'read', first: reading, power: reading.power, run: reading },
});
/** An operation under way: a `trySoft` power-off of a machine that is on, of which nothing was sent yet. */
export const open = (change: Partial<OpenOperation> = {}): OpenOperation => ({
  ...{ attempts: attemptsIn(change.phase), escalation: 'none' },
  ...{ ...past, is: 'open', op, epoch, request: { kind: 'power-off', mode: 'trySoft', gracefulUntil: later(240) } },
  ...{ deadline, bulkId: null, holder: 'a', looks: 1, findings: foundAs(on), cancelling: false },
  ...{ absent: false, earlier: null, phase: { is: 'requested' } },
  ...change,
});
/** A phase after the first call, of a machine that was on before it. */
export const after = { runBefore: on, taken: null, toolsAway: false } as const;

/** What a nudge finds, in short: a reading, or a fault instead. */
export interface Found {
  readonly reading: MachineReading;
  readonly fault: Fault | null;
  readonly now: Instant;
}
/** A look that finds it on. */
export const found = ({ reading = on, fault = null, now = later(1) }: Partial<Found> = {}): NextStepInput => ({
  ...{ look: fault ? unreadFor(fault) : read(reading), now, seconds: 0 },
});
