import type { SourcePowerState } from '@drover/contracts';
import { defineQuery, Instant, isRejection, reject, type PowerState, type VmId } from '@drover/kernel';
import type { Clock, PowerReading } from '@drover/ports';
import * as z from 'zod';
import { outOfReach } from '../../domain/next-step.js';
import type { VmRow } from '../directory/vm-directory.projection.js';
import { machineAt, type Directory } from '../directory/directory.js';
import { look, LOOK_MS, type Look, type ProviderPorts } from '../work/look.js';

/** Who shows machines, and is told what was found of one: what is shown may be wrong. */
export interface Showing {
  readonly onReading?: (vmId: VmId, power: PowerState) => void;
  /** Its provider did not find it. */
  readonly onAbsence?: (vmId: VmId) => void;
}

/** What reading a provider now takes. */
export interface StatePorts extends ProviderPorts, Showing {
  readonly directory: Directory;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

/** Tells whoever shows the machine what a look found. */
export const tell = (vmId: VmId, { reading, fault }: Look, { onReading, onAbsence }: Showing) => {
  if (reading) onReading?.(vmId, reading.power);
  else if (fault.code === 'not_found') onAbsence?.(vmId);
};

const uptime = ({ power, uptimeSeconds, bootAt }: PowerReading, now: Instant) =>
  power !== 'poweredOn' ? 0 : Math.max(0, uptimeSeconds ?? (bootAt === null ? 0 : Instant.wholeSeconds(bootAt, now)));

/** What a fault of the look is to whoever asked. */
const refusalOf = (code: string, detail: string, vmId: VmId) => {
  if (code === 'not_found') return reject('not_found', 'Its provider does not know it.', { vmId });
  if (code === 'connection_blocked') return reject('connection_blocked', detail, { vmId });
  const connection = code === 'provider_unreachable' || code === 'certificate_refused' || code === 'no_answer';
  return reject(connection ? 'provider_unreachable' : 'provider_error', `${code}: ${detail}`, { vmId });
};

/** When the state that was read began; null where what was seen before is another one, and nobody saw the change. */
const changedAt = ({ power, bootAt }: PowerReading, vm: VmRow) => {
  if (power === 'poweredOn') return bootAt;
  return vm.lastSeen?.power === power ? vm.changedAt : null;
};

/** No state of now. Drover's own shapes show a machine that was out of reach at that time; the older ones refuse. */
const unreached = (reading: PowerReading, { vmId, lastSeen }: Pick<VmRow, 'vmId' | 'lastSeen'>) => ({
  ...reject('provider_error', outOfReach(reading, lastSeen), { vmId }),
  unreachedAt: reading.observedAt,
});

/** The power of one machine, read from its provider now. A machine is found by any of its names. */
export const powerState = defineQuery({
  name: 'power.state',
  input: z.strictObject({ called: z.string().min(1).max(253), vcenter: z.string().exactOptional() }),
  needs: () => ['vm:read'],
  async handle({ called, vcenter }, _actor, ports: StatePorts) {
    const { directory, clock, stopping } = ports;
    const vm = await directory.called(called, vcenter);
    if (isRejection(vm)) return vm;
    const place = await directory.entry(vm.vmId);
    if (!place || !machineAt(place)) return reject('not_found', 'No provider shows it yet.');
    const found = await look(place, { ms: LOOK_MS, signal: stopping }, ports).catch((error: unknown) => {
      if (!stopping.aborted) throw error;
      return null;
    });
    if (!found) return reject('not_ready', 'The process stops. Nothing was read.');
    const { reading, fault } = found;
    tell(vm.vmId, found, ports);
    if (!reading) return refusalOf(fault.code, fault.detail, vm.vmId);
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
