import { LOOK_AGAIN } from '@drover/contracts';
import { Instant, isRejection, policyActor, VmId, type Policy } from '@drover/kernel';
import { unfinishedIn, type OpenOperationRow } from '@drover/operations';
import { contextOf, type JobQueue, type ProcessLease, type Sent, type StreamsOf, type View } from '@drover/ports';
import type { WorkCommand, Fault } from '../../domain/power-work.js';
import { moments, nextStep, passing, PROOF_SECONDS } from '../../domain/next-step.js';
import type { powerDecider } from '../../domain/power.decider.js';
import type { PowerFact } from '../../domain/power.events.js';
import type { Call } from '../../domain/steps.js';
import { callOf, isSentOnce } from '../../domain/power-verbs.js';
import { powerOperation, powerStream, type OpenOperation } from '../../domain/power.js';
import { endsOperation } from '../operations/open-operations.projection.js';
import { machineAt, type Directory } from '../directory/directory.js';
import { callProvider, look, LOOK_MS, type Called, type ProviderPorts } from './look.js';
import { requestedAt, type InOwnTime, type OperationTimes, type Requests } from './operation-time.js';

/** Told of each point at which a process may die: a step, and whether its call is to come, was made or was recorded. */
export type Crash = (
  step: Call | 'verify' | 'wait-tools',
  phase: 'before-call' | 'after-call' | 'after-record',
) => void;

/** What the policy may touch. */
export interface PowerPolicyPorts extends ProviderPorts {
  readonly powers: StreamsOf<typeof powerDecider>;
  readonly directory: Directory;
  readonly open: View<OpenOperationRow>;
  readonly jobs: JobQueue;
  readonly times: OperationTimes;
  readonly process: ProcessLease;
  readonly random: () => number;
  readonly crash: Crash;
}

const NAME = 'power';
const CALL_MS = 15_000;

/** How long until each moment that is still to come. */
const ahead = (power: OpenOperation, now: Instant) =>
  moments(power)
    .map((moment) => Instant.msBetween(now, moment))
    .filter((ms) => ms > 0);

/** How long until something must be decided; not so short that a provider that is well could not answer. */
const untilNext = (
  power: OpenOperation,
  now: Instant,
  { least, most }: { readonly least: number; readonly most: number },
) => (now >= power.deadline ? least : Math.max(least, Math.min(most, ...ahead(power, now))));

/** 1, 2, 4, 8 seconds, the upper half of it by chance, so that many do not come back at once. */
const backOff = (attempt: number, random: () => number) => Math.min(8, 2 ** (attempt - 1)) * (0.5 + random() / 2);

/** Someone who works on an operation: its name once it stands in the stream. */
interface Worker {
  name: string | null;
}

/** What came of a call: taken, surely not, or nobody knows. */
type CameOf = { readonly outcome: 'succeeded' | 'failed' | 'unknown'; readonly fault: Fault | null } & Sent;

const outcomeOf = (made: Called<Sent>): CameOf => {
  if (!made.fault) return { outcome: 'succeeded', fault: null, ...made.answer };
  return { outcome: made.sent === 'maybe' ? 'unknown' : 'failed', fault: made.fault };
};

/** When a step may be decided on again after a call that was not simply taken. */
const nextAttempt = (
  { request, phase }: OpenOperation,
  { outcome, fault }: CameOf,
  now: Instant,
  random: () => number,
): Instant | null => {
  if (outcome === 'succeeded' || phase.is !== 'started') return null;
  if (outcome === 'unknown')
    return Instant.plusSeconds(now, isSentOnce(request) ? PROOF_SECONDS : backOff(phase.attempt, random));
  return fault && passing.has(fault.code) ? Instant.plusSeconds(now, backOff(phase.attempt, random)) : null;
};

/** From 0.25 s to 2 s between looks, longer the longer nothing happened; never past the next moment that matters. */
const lookAfter = ({ power, now, quietMs }: InOwnTime) => {
  const quiet = Math.min(2_000, Math.max(250, quietMs / 2));
  return Math.max(1, Math.min(quiet, ...ahead(power, now)));
};

/**
 * Works on the open operation of a machine: look, record the intent, do the deed, record what came of it, look again.
 * It starts from the state each time, so it may be nudged, killed and run twice at any point. Never: a call without its
 * intent on record, a second call of a restart, a verdict that was not read.
 */
export const powerPolicy = (ports: PowerPolicyPorts): Policy & { watches(key: string): boolean } => {
  const { powers, directory, open, jobs, clock, times, powerControl, looks, process, random, crash } = ports;
  const watched = new Set<string>();
  /** Who works in this process now, by the names that stand in the streams. */
  const running = new Set<string>();
  let workers = 0;

  // No commandId: an answer that was only replayed would let two workers believe that the step is theirs.
  const record = async (vmId: VmId, command: WorkCommand): Promise<readonly PowerFact[]> => {
    const actor = policyActor(NAME, powerOperation(vmId, command.op));
    const outcome = await powers.transact(powerStream(vmId), command, contextOf(actor, command, clock.now()));
    return isRejection(outcome) ? [] : outcome.facts;
  };

  /** Makes the call of a step; false when it may not act any more. `ref`: under which reference the machine was read. */
  const executeStep = async (
    vmId: VmId,
    { power, now }: InOwnTime,
    { step, attempt, ref }: { step: Call; attempt: number; ref: string | undefined },
  ) => {
    const place = await directory.entry(vmId);
    const found = place && machineAt(place);
    const machine = found && { ...found, ...(ref !== undefined && { ref }) };
    const call = callOf(power.request.kind, step);
    if (!place || !machine || !call) throw new Error(`${vmId} was read and cannot be found again`);
    const { op, epoch } = power;
    const token = { operationId: powerOperation(vmId, op), attempt, epoch, isHeld: process.isHeld };
    crash(step, 'before-call');
    const begun = clock.monotonic();
    const fromTurnMs = () => {
      const turnAt = Instant.plusSeconds(now, (clock.monotonic() - begun) / 1000);
      return untilNext(power, turnAt, { least: 2_000, most: CALL_MS });
    };
    // It is not cut short when the process stops: its answer is worth the wait.
    const made = await callProvider(place, { ms: fromTurnMs(), fromTurnMs }, ports, (signal, onTurn) =>
      powerControl.send(machine, call, token, signal, onTurn),
    );
    const sent = outcomeOf(made);
    crash(step, 'after-call');
    if (sent.outcome === 'failed' && !process.isHeld()) return false; // whoever follows finds the intent
    const nextAttemptAt = nextAttempt(power, sent, clock.now(), random);
    await record(vmId, { type: 'FinishStep', op, epoch, step, attempt, ...sent, nextAttemptAt });
    crash(step, 'after-record');
    return true;
  };

  /** Whether whoever is named in a stream works on it: a worker of this process, or one of a process that lives. */
  const isWorking = (holder: string): boolean | Promise<boolean> => {
    const [run = holder] = holder.split('/');
    return run === process.run ? running.has(holder) : process.isAlive(run);
  };

  /** The operation under this worker's lease; null when it is over, or another worker has it. */
  const leased = async (vmId: VmId, worker: Worker): Promise<OpenOperation | null> => {
    const { state } = await powers.load(powerStream(vmId));
    if (state.is === 'idle') return null;
    const { holder } = state;
    if (holder !== null && holder === worker.name) return state;
    if (!process.isHeld() || (holder !== null && (await isWorking(holder)))) {
      jobs.nudge(NAME, vmId, process.askAgainMs);
      return null;
    }
    // What this process left waiting it goes on with; a step that was left begun is taken over under a new epoch.
    const goesOn =
      holder !== null && holder.startsWith(`${process.run}/`) && !running.has(holder) && state.phase.is !== 'started';
    const name = goesOn ? holder : `${process.run}/${++workers}`;
    worker.name = name;
    running.add(name);
    if (goesOn) return state;
    const taken = await record(vmId, { type: 'TakeLease', op: state.op, epoch: state.epoch, holder: name });
    if (taken.length === 0) return null;
    const after = await powers.load(powerStream(vmId));
    return after.state.is === 'open' ? after.state : null;
  };

  const requestsOf = async (vmId: VmId, power: OpenOperation): Promise<Requests> => {
    const own = await requestedAt(vmId, power, ports);
    if (!own) throw new Error(`${powerOperation(vmId, power.op)} has no request`);
    return { own, earlier: power.earlier && (await requestedAt(vmId, power.earlier, ports)) };
  };

  /** One look and what follows from it; false when only time can help. */
  const turn = async (vmId: VmId, worker: Worker, signal: AbortSignal): Promise<boolean> => {
    const power = await leased(vmId, worker);
    if (!power) return false;
    const requests = await requestsOf(vmId, power);
    const step = power.phase.is === 'waiting' ? 'wait-tools' : 'verify';
    crash(step, 'before-call');
    const place = await directory.entry(vmId);
    const before = times.of(vmId, power, requests);
    // As long as looks of this connection take, also where that is past the deadline: the last one is to tell the end.
    const usual = place?.connection ? looks.usual(place.connection.target.id) : LOOK_MS;
    const ms = untilNext(before.power, before.now, { least: usual, most: LOOK_MS });
    const { ref, ...found } = await look(place, { ms, signal }, ports);
    if (found.fault?.code === 'not_found') jobs.nudge(LOOK_AGAIN, vmId); // however the operation ends
    crash(step, 'after-call');
    const own = times.of(vmId, power, requests);
    const next = nextStep(own.power, { ...found, now: own.now, seconds: own.seconds });
    if (!next) {
      jobs.nudge(NAME, vmId, lookAfter(own));
      return false;
    }
    const facts = await record(vmId, times.told(next, own));
    crash(step, 'after-record');
    if (power.bulkId !== null && facts.some(endsOperation)) jobs.nudge('bulk', power.bulkId, 500);
    const intent = facts.find((fact) => fact.type === 'StepStarted');
    if (intent && intent.step !== 'wait-tools') {
      const { state } = await powers.load(powerStream(vmId));
      const begun = state.is === 'open' && times.of(vmId, state, requests);
      if (begun && !(await executeStep(vmId, begun, { step: intent.step, attempt: intent.attempt, ref }))) {
        jobs.nudge(NAME, vmId, process.askAgainMs);
        return false;
      }
    }
    // Another worker was faster, or it is over; a machine that was not found is looked for once more, a little later.
    const pause = facts.length === 0 || (next.type === 'Note' && next.fault !== null);
    if (pause) jobs.nudge(NAME, vmId, 1_000);
    return !pause;
  };

  return {
    name: NAME,
    watches: (key) => watched.has(key),
    unfinished: () => unfinishedIn('power', open),
    advance: async (key, signal) => {
      const vmId = VmId.parse(key);
      const worker: Worker = { name: null };
      watched.add(vmId);
      try {
        let more = true;
        while (more && !signal.aborted) more = await turn(vmId, worker, signal);
        if ((await powers.load(powerStream(vmId))).state.is === 'idle') watched.delete(vmId);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        if (worker.name !== null) running.delete(worker.name);
      }
    },
  };
};
