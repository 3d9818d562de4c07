// The power of one machine, read from its provider now, for the older path. Never: an answer from a view where the provider
// did not answer. What it reads is recorded by nobody; where it differs from what was seen, inventory is asked to look.
import { lastSeenIn, LOOK_AGAIN, type SourcePowerState, type VmRecord } from '@drover/contracts';
import { asked, defineQuery, Instant, isRejection, reject, scopeOf, type VmId } from '@drover/kernel';
import type { Clock, JobQueue, PowerReading } from '@drover/ports';
import * as z from 'zod';
import { outOfReach } from '../../domain/next-step.js';
import type { Fault } from '../../domain/power-work.js';
import { machineAt, type Directory } from '../directory/directory.js';
import { LOOK_MS } from '../work/look-times.js';
import { differsFrom, look, type LookPorts } from '../work/look.js';

/** What reading a provider now takes. */
export interface StatePorts extends LookPorts {
  readonly jobs: Pick<JobQueue, 'nudge'>;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

const uptime = ({ power, uptimeSeconds, bootAt }: PowerReading, now: Instant) =>
  power !== 'poweredOn' ? 0 : Math.max(0, uptimeSeconds ?? (bootAt === null ? 0 : Instant.wholeSeconds(bootAt, now)));

/** What a fault of the look is to whoever asked. */
const refusalOf = ({ code, detail }: Fault, vmId: VmId) => {
  if (code === 'not_found') return reject('not_found', 'Its provider does not know it.', { vmId });
  if (code === 'connection_blocked') return reject('connection_blocked', detail, { vmId });
  const connection = code === 'provider_unreachable' || code === 'certificate_refused' || code === 'no_answer';
  return reject(connection ? 'provider_unreachable' : 'provider_error', `${code}: ${detail}`, { vmId });
};

/** When the state that was read began; null where what was seen before is another one, and nobody saw the change. */
const changedAt = ({ power, bootAt }: PowerReading, { observed }: VmRecord) => {
  if (power === 'poweredOn') return bootAt;
  return lastSeenIn(observed)?.power === power ? (observed?.changedAt ?? null) : null;
};

/** No state of now: its provider answered, and cannot reach the machine. The refusal says when. */
const unreached = (reading: PowerReading, { vmId, observed }: VmRecord) =>
  reject('provider_error', outOfReach(reading, lastSeenIn(observed)), { vmId, asOf: reading.observedAt });

/** The power of one machine, read from its provider now. A machine is found by any of its names. */
export const powerState = defineQuery({
  name: 'power.state',
  input: z.strictObject({ called: z.string().min(1).max(253), vcenter: z.string().exactOptional() }),
  needs: () => asked(['vm:read']),
  async handle({ called, vcenter }, actor, ports: StatePorts) {
    const { directory, clock, jobs, stopping } = ports;
    const vm = await directory.called(called, { scope: scopeOf(actor, 'vm:read'), vcenter });
    if (isRejection(vm)) return vm;
    const entry = await directory.entry(vm.vmId);
    if (!entry || !machineAt(entry)) return reject('not_found', 'No provider shows it yet.');
    const found = await look(entry, { ms: LOOK_MS, signal: stopping }, ports).catch((error: unknown) => {
      if (!stopping.aborted) throw error;
      return null;
    });
    if (!found) return reject('not_ready', 'The process stops. Nothing was read.');
    if (differsFrom(vm, found)) jobs.nudge(LOOK_AGAIN, vm.vmId);
    if (found.is === 'failed') return refusalOf(found.fault, vm.vmId);
    const { reading } = found;
    const { power } = reading;
    if (power === 'unknown') return unreached(reading, vm);
    const answer: SourcePowerState = {
      vm_id: called,
      power_state: power,
      tools_status: reading.tools,
      last_state_change: changedAt(reading, vm),
      uptime_seconds: uptime(reading, clock.now()),
      timestamp: reading.observedAt,
    };
    return answer;
  },
});
