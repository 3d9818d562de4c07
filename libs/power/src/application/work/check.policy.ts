// A second look at an operation of which nobody knows how it ended: the machine is read, and a reading that tells settles
// it. Never: a call that changes the machine, or a look that nobody asked for.
import { LOOK_AGAIN } from '@drover/contracts';
import { isRejection, policyActor, VmId, type Policy } from '@drover/kernel';
import { contextOf, type JobQueue, type StreamsOf } from '@drover/ports';
import type { powerDecider } from '../../domain/power.decider.js';
import { powerOperation, powerStream } from '../../domain/power.events.js';
import type { Directory } from '../directory/directory.js';
import { LOOK_MS } from './look-times.js';
import { differsFrom, look, type LookPorts } from './look.js';
import { requestedAt, type OperationTimes } from './operation-time.js';

/** What a second look takes. */
export interface CheckPolicyPorts extends LookPorts {
  readonly jobs: Pick<JobQueue, 'nudge'>;
  readonly powers: StreamsOf<typeof powerDecider>;
  readonly directory: Directory;
  readonly times: OperationTimes;
}

/**
 * Looks once more at the last operation of a machine whose outcome nobody could read. Only when asked: an outcome that
 * is unknown is a person's to settle. A check that is lost is asked for again, so there is nothing unfinished.
 */
export const checkPolicy = (ports: CheckPolicyPorts): Policy => ({
  name: 'power-check',
  unfinished: async () => [],
  advance: async (key, signal) => {
    const vmId = VmId.parse(key);
    const { powers, directory, clock, times } = ports;
    const { state } = await powers.load(powerStream(vmId));
    if (state.is === 'open' || !state.lastUnknown) return;
    const { op } = state;
    const since = await requestedAt(vmId, state, ports);
    const entry = await directory.entry(vmId);
    const found = await look(entry, { ms: LOOK_MS, signal }, ports);
    if (entry && differsFrom(entry.vm, found)) ports.jobs.nudge(LOOK_AGAIN, vmId);
    if (found.is === 'failed' || !since) return;
    const { reading } = found;
    const durationSeconds = times.seconds(powerOperation(vmId, op), since, Infinity);
    const actor = policyActor('power-check', powerOperation(vmId, op));
    const settle = { type: 'Settle', op, reading, durationSeconds } as const;
    const outcome = await powers.transact(powerStream(vmId), settle, contextOf(actor, settle, clock.now()));
    if (isRejection(outcome)) throw new Error(outcome.because);
  },
});
