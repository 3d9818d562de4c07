// What the specs of the decider stand on: facts of one operation, and a shorthand for "given these, when that". Nothing
// here is for production.
import { Instant, VmId, type Seen } from '@drover/kernel';
import type { NextStepInput } from './next-step.js';
import { powerDecider as d, type PowerCommand } from './power.decider.js';
import type { RequestPower } from './power-request.js';
import type { PowerFact } from './power.events.js';
import { blank, type Fault, type Look, type WorkReport } from './power-work.js';
import type { MachineReading } from './power-verbs.js';
import { initialPower, type OpenOperation, type Phase } from './power.js';

/** The machine of the specs. */
export const vmId = VmId.parse('420570c7-f61f-a930-77c5-1e876786cb3c');
/** When its operation was requested. */
export const at = Instant.parse('2026-11-20T10:00:00Z');
/** So many seconds after the request. */
export const later = (seconds: number) => Instant.plusSeconds(at, seconds);
/** When the operation has to be over. */
export const deadline = later(300);
/** When the machine was started. */
export const boot = later(-3600);
/** The operation, and under which lease it is worked on. */
export const [op, epoch] = [1, 1];
type Reached = Exclude<MachineReading, { power: 'unknown' }>;
/** A reading of the machine: on, with tools that run, unless it says otherwise. */
export const reading = (change: Partial<Reached> = {}): Reached => ({
  ...{ power: 'poweredOn', tools: 'toolsOk', observedAt: at, run: 'spec', n: 1, bootAt: boot, question: null },
  ...{ uptimeSeconds: null, template: false },
  ...change,
});
/** The machine, read as on and as off. */
export const [on, off] = [reading(), reading({ power: 'poweredOff', bootAt: null })];
/** The machine out of its provider's reach, which says what it knew last. */
export const unreached = (lastKnown?: MachineReading['lastKnown']): MachineReading => ({
  ...{ ...on, power: 'unknown', tools: 'unknown', bootAt: null, uptimeSeconds: null, ...(lastKnown && { lastKnown }) },
});
/** The machine as inventory has seen it last. */
export const seen = (change: Partial<Seen> = {}): Seen => ({
  ...{ power: 'poweredOn', tools: 'toolsOk', observedAt: at },
  ...change,
});

/** A power-off that only asks the guest. */
export const soft = { kind: 'power-off', mode: 'soft', gracefulUntil: null } as const;
/** The command of a request, with nothing that stands against it. */
export const ask = (change: Partial<RequestPower> = {}): RequestPower => ({
  ...{ type: 'RequestPower', vmId, name: 'web-01', request: soft, deadline },
  ...{ bulkId: null, view: null, reasoned: false, failedPrecondition: null },
  ...change,
});
/** Asked for by a person, for this machine alone. */
export const from = { scheduleId: null, bulkId: null };
/** A `soft` power-off was granted. */
export const offRequested: PowerFact = {
  type: 'PowerOffRequested',
  op,
  mode: 'soft',
  deadline,
  gracefulUntil: null,
  runId: null,
  ...from,
};
/** A `trySoft` power-off was granted. */
export const tried: PowerFact = { ...offRequested, mode: 'trySoft', gracefulUntil: later(240) };
/** A power-on was granted that waits for the tools. */
export const onRequested: PowerFact = {
  type: 'PowerOnRequested',
  op,
  waitForTools: true,
  deadline,
  runId: null,
  ...from,
};
/** A restart was granted. */
export const restartRequested: PowerFact = {
  type: 'RestartRequested',
  op,
  mode: 'trySoft',
  deadline,
  alarmId: null,
  ...from,
};
/** A worker has taken the operation. */
export const lease: Extract<PowerFact, { type: 'LeaseTaken' }> = { type: 'LeaseTaken', op, epoch, holder: 'a' };
/** A look has found the machine so. */
export const lookFinished = (
  attempt: number,
  { power, tools, observedAt, bootAt, run, n }: MachineReading,
): PowerFact => ({
  ...{ type: 'StepFinished', op, step: 'verify', attempt, outcome: 'succeeded', ...blank },
  ...{ power, tools, observedAt, bootAt, run, n },
});
/** The guest is about to be asked. */
export const begun: PowerFact = { type: 'StepStarted', op, step: 'graceful', attempt: 1, epoch };
/** The provider has taken the call. */
export const sent: PowerFact = {
  type: 'StepFinished',
  op,
  step: 'graceful',
  attempt: 1,
  outcome: 'succeeded',
  ...blank,
};
/** Nobody knows whether the provider has taken the call. */
export const unclear: PowerFact = { ...sent, outcome: 'unknown', code: 'no_answer', detail: 'lost' };
/** The provider has surely not taken the call. */
export const rejected: PowerFact = { ...sent, outcome: 'failed', code: 'tools_unavailable', detail: 'no' };
/** It was read to be off. */
export const done: PowerFact = {
  ...{ type: 'VmPoweredOff', op, method: 'graceful', previousState: 'poweredOn', durationSeconds: 5, observedAt: at },
  ...{ run: 'spec', n: 1 },
};
/** The operation ended, and nobody knows how. */
export const unknown: PowerFact = { type: 'PowerOperationUnknown', op, lastObserved: 'poweredOn' };

/** Reports that the guest is about to be asked. */
export const start = { type: 'StartStep', op, epoch, reading: on, step: 'graceful', attempt: 1 } as const;
/** Reports what came of the call, without the outcome. */
export const finish = { type: 'FinishStep', op, epoch, step: 'graceful', attempt: 1, nextAttemptAt: null } as const;
/** Reports that the provider took the call. */
export const taken = { ...finish, outcome: 'succeeded' } as const;
/** Reports that it was read to be off. */
export const confirm = { type: 'Confirm', op, epoch, reading: off, durationSeconds: 5 } as const;
/** Reports that the time is up, without the look. */
export const late = { type: 'RunOut', op, epoch } as const;

/** A report of the work is a command like any other. */
export const commandIn = (c: PowerCommand | WorkReport): PowerCommand =>
  'epoch' in c ? { type: 'Work', report: c } : c;
/** What the decider answers to a command after these facts. */
export const given = (...past: PowerFact[]) => ({
  when: (c: PowerCommand | WorkReport) => d.decide(commandIn(c), past.reduce(d.evolve, d.initial)),
});
/** The same, once the guest is about to be asked. */
export const working = (...past: PowerFact[]) => given(offRequested, lease, lookFinished(1, on), begun, ...past);

/** A look that brought a reading. */
export const read = (reading: MachineReading): Look => ({ is: 'read', reading });
/** A look that brought no reading. */
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
