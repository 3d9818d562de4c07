// Makes the call of one step whose intent is on record, and says what came of it. Never: a call without its intent, a second
// call for one attempt, or a call by a process whose lease is over.
import { Instant, type VmId } from '@drover/kernel';
import type { PowerControl, ProcessLease, Sent } from '@drover/ports';
import type { CallOutcome } from '../../domain/power-work.js';
import { powerOperation } from '../../domain/power.events.js';
import type { Call } from '../../domain/power-step.events.js';
import { callOf } from '../../domain/power-verbs.js';
import type { OpenOperation } from '../../domain/power.js';
import { machineAt, type Directory } from '../directory/directory.js';
import { callProvider, type CallAnswer, type CallPorts } from './call-provider.js';
import type { InOwnTime } from './operation-time.js';
import { retryFailed, retryUnclear, untilNext } from './waits.js';

/** Told of each point at which a process may die: a step, and whether its call is to come, was made or was recorded. */
export type Crash = (
  step: Call | 'verify' | 'wait-tools',
  phase: 'before-call' | 'after-call' | 'after-record',
) => void;

/** What making a call takes. */
export interface StepPorts extends CallPorts {
  readonly powerControl: PowerControl;
  readonly directory: Directory;
  readonly process: ProcessLease;
  readonly random: () => number;
  readonly crash: Crash;
}

/** A step that was begun. `ref`: under which reference its machine was read. */
export interface StartedStep {
  readonly step: Call;
  readonly attempt: number;
  readonly ref: string | undefined;
}

const CALL_MS = 15_000;

const outcomeOf = (
  called: CallAnswer<Sent>,
  power: OpenOperation,
  attempt: number,
  { clock, random }: Pick<StepPorts, 'clock' | 'random'>,
): CallOutcome => {
  if (called.is === 'answered') return { outcome: 'succeeded', ...called.answer };
  const { fault, sent } = called;
  const now = clock.now();
  return sent === 'maybe'
    ? { outcome: 'unknown', fault, nextAttemptAt: retryUnclear(power, attempt, now, random) }
    : { outcome: 'failed', fault, nextAttemptAt: retryFailed(fault, attempt, now, random) };
};

/** Makes the call; null when it was not sent and may not be by this process any more. */
export const executeStep = async (
  vmId: VmId,
  { power, now }: InOwnTime,
  { step, attempt, ref }: StartedStep,
  ports: StepPorts,
): Promise<CallOutcome | null> => {
  const { clock, directory, powerControl, process, crash } = ports;
  const entry = await directory.entry(vmId);
  const found = entry && machineAt(entry);
  const machine = found && { ...found, ...(ref !== undefined && { ref }) };
  const call = callOf(power.request.kind, step);
  if (!entry || !machine || !call) throw new Error(`${vmId} was read and cannot be found again`);
  const operationId = powerOperation(vmId, power.op);
  const token = { operationId, attempt, epoch: power.epoch, isHeld: process.isHeld };
  crash(step, 'before-call');
  const begun = clock.monotonic();
  const fromTurnMs = () => {
    const turnAt = Instant.plusSeconds(now, (clock.monotonic() - begun) / 1000);
    return untilNext(power, turnAt, { least: 2_000, most: CALL_MS });
  };
  // It is not cut short when the process stops: its answer is worth the wait.
  const called = await callProvider(entry, { ms: fromTurnMs(), fromTurnMs }, ports, (signal, onTurn) =>
    powerControl.send(machine, call, token, signal, onTurn),
  );
  const outcome = outcomeOf(called, power, attempt, ports);
  crash(step, 'after-call');
  return outcome.outcome === 'failed' && !process.isHeld() ? null : outcome; // whoever follows finds the intent
};
