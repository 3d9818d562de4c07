// Advances the open operation of one machine: look at the provider, record the intent, make the call, record what came of it,
// look again. What comes next is decided by `next-step.ts`. Each turn starts from the stored state, so it is safe to repeat,
// run twice or kill at any point. Never: a call without a recorded StepStarted, a second restart call while the first may
// have been taken, a success without a reading that verifies it.
import { LOOK_AGAIN } from '@drover/contracts';
import { isRejection, policyActor, VmId, type Policy } from '@drover/kernel';
import { unfinishedIn, type OpenOperationRow } from '@drover/operations';
import { contextOf, type JobQueue, type StreamsOf, type View } from '@drover/ports';
import type { WorkReport } from '../../domain/power-work.js';
import type { powerDecider } from '../../domain/power.decider.js';
import { powerOperation, powerStream, type PowerFact } from '../../domain/power.events.js';
import type { OpenOperation } from '../../domain/power.js';
import { nextStep } from '../../domain/next-step.js';
import { endsOperation } from '../operations/open-operations.projection.js';
import { executeStep, type StartedStep, type StepPorts } from './execute-step.js';
import { LOOK_MS } from './look-times.js';
import { look, type LookPorts, type ProviderLook } from './look.js';
import { requestedAt, type OperationTimes, type RequestTimes } from './operation-time.js';
import { lookAfter, untilNext } from './waits.js';
import { workersOf, type StepWorker, type WorkerPorts } from './workers.js';

/** What the policy may touch. */
export interface PowerPolicyPorts extends LookPorts, StepPorts, WorkerPorts {
  readonly powers: StreamsOf<typeof powerDecider>;
  readonly open: View<OpenOperationRow>;
  readonly jobs: JobQueue;
  readonly times: OperationTimes;
}

const NAME = 'power';

/** When an operation was requested, and the earlier one whose guest may still stop its machine. */
const requestsOf = async (vmId: VmId, power: OpenOperation, ports: PowerPolicyPorts): Promise<RequestTimes> => {
  const own = await requestedAt(vmId, power, ports);
  if (!own) throw new Error(`${powerOperation(vmId, power.op)} has no request`);
  return { own, earlier: power.earlier && (await requestedAt(vmId, power.earlier, ports)) };
};

/** A look as long as those of its connection take, also where that is past the deadline: the last one is to tell the end. */
const freshLook = async (
  { vmId, power, requests }: { vmId: VmId; power: OpenOperation; requests: RequestTimes },
  signal: AbortSignal,
  ports: PowerPolicyPorts,
): Promise<ProviderLook> => {
  const entry = await ports.directory.entry(vmId);
  const own = ports.times.of(vmId, power, requests);
  const usual = entry?.connection ? ports.looks.usual(entry.connection.target.id) : LOOK_MS;
  const ms = untilNext(own.power, own.now, { least: usual, most: LOOK_MS });
  return look(entry, { ms, signal }, ports);
};

/** The step of a provider that was begun, and under which reference its machine was read. */
const begunIn = (facts: readonly PowerFact[], found: ProviderLook): StartedStep | null => {
  const intent = facts.find((fact) => fact.type === 'StepStarted');
  if (!intent || intent.step === 'wait-tools') return null;
  return { step: intent.step, attempt: intent.attempt, ref: found.is === 'read' ? found.ref : undefined };
};

/** Another worker was faster, or it is over; a machine that was not found is looked for once more, a little later. */
const isIdle = (facts: readonly PowerFact[], next: WorkReport) =>
  facts.length === 0 || (next.type === 'Note' && next.look.is === 'failed');

/** The power policy, and which machines it is at work on. */
export const powerPolicy = (ports: PowerPolicyPorts): Policy & { watches(key: string): boolean } => {
  const { powers, open, jobs, clock, times, process, crash } = ports;
  const watched = new Set<string>();

  // No commandId: an answer that was only replayed would let two workers believe that the step is theirs.
  const record = async (vmId: VmId, report: WorkReport): Promise<readonly PowerFact[]> => {
    const context = contextOf(policyActor(NAME, powerOperation(vmId, report.op)), report, clock.now());
    const outcome = await powers.transact(powerStream(vmId), { type: 'Work', report }, context);
    return isRejection(outcome) ? [] : outcome.facts;
  };
  const workers = workersOf(NAME, ports, record);

  /** Makes the call of a step that was begun; false when this process may not act any more. */
  const execute = async (vmId: VmId, begun: StartedStep, requests: RequestTimes): Promise<boolean> => {
    const { state } = await powers.load(powerStream(vmId));
    if (state.is === 'idle') return true;
    const { op, epoch } = state;
    const outcome = await executeStep(vmId, times.of(vmId, state, requests), begun, ports);
    if (!outcome) return false;
    const { step, attempt } = begun;
    await record(vmId, { type: 'FinishStep', op, epoch, step, attempt, ...outcome });
    crash(step, 'after-record');
    return true;
  };

  /** Only time can help: it is looked at again after that. */
  const rest = (vmId: VmId, ms: number): false => {
    jobs.nudge(NAME, vmId, ms);
    return false;
  };

  /** One look and what follows from it; false when only time can help. */
  const turn = async (vmId: VmId, worker: StepWorker, signal: AbortSignal): Promise<boolean> => {
    const power = await workers.leased(vmId, worker);
    if (!power) return false;
    const requests = await requestsOf(vmId, power, ports);
    const step = power.phase.is === 'waiting' ? 'wait-tools' : 'verify';
    crash(step, 'before-call');
    const found = await freshLook({ vmId, power, requests }, signal, ports);
    if (found.is === 'failed' && found.fault.code === 'not_found') jobs.nudge(LOOK_AGAIN, vmId); // however it ends
    crash(step, 'after-call');
    const own = times.of(vmId, power, requests);
    const next = nextStep(own.power, { look: found, now: own.now, seconds: own.seconds });
    if (!next) return rest(vmId, lookAfter(own));
    const facts = await record(vmId, times.stamped(next, own));
    crash(step, 'after-record');
    if (power.bulkId !== null && facts.some(endsOperation)) jobs.nudge('bulk', power.bulkId, 500);
    const begun = begunIn(facts, found);
    if (begun && !(await execute(vmId, begun, requests))) return rest(vmId, process.askAgainMs);
    return isIdle(facts, next) ? rest(vmId, 1_000) : true;
  };

  return {
    name: NAME,
    watches: (key) => watched.has(key),
    unfinished: () => unfinishedIn('power', open),
    advance: async (key, signal) => {
      const vmId = VmId.parse(key);
      const worker: StepWorker = { name: null };
      watched.add(vmId);
      try {
        let more = true;
        while (more && !signal.aborted) more = await turn(vmId, worker, signal);
        if ((await powers.load(powerStream(vmId))).state.is === 'idle') watched.delete(vmId);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        workers.left(worker);
      }
    },
  };
};
