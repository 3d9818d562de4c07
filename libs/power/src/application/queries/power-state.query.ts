import type { SourcePowerState } from '@drover/contracts';
import { defineQuery, Instant, isRejection, reject, type PowerState, type VmId } from '@drover/kernel';
import type { Clock, PowerReading } from '@drover/ports';
import * as z from 'zod';
import { outOfReach } from '../../domain/next-step.js';
import type { VmRow } from '../projections/vm-directory.projection.js';
import { machineAt, type Directory } from './directory.query.js';
import { look, LOOK_MS, type ProviderPorts } from './look.query.js';

/** What reading a provider now takes. */
export interface StatePorts extends ProviderPorts {
  readonly directory: Directory;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
  /** Is told what was read of a machine, for whoever shows it; what was shown may be wrong. */
  readonly onReading?: (vmId: VmId, power: PowerState) => void;
}

const uptime = ({ power, uptimeSeconds, bootAt }: PowerReading, now: Instant) =>
  power !== 'poweredOn' ? 0 : Math.max(0, uptimeSeconds ?? (bootAt === null ? 0 : Instant.wholeSeconds(bootAt, now)));

/** What a fault of the look is to whoever asked. */
const refusalOf = (code: string, detail: string, vmId: VmId) => {
  if (code === 'not_found') return reject('not_found', 'Its provider does not know it.', { vmId });
  if (code === 'connection_blocked') return reject('connection_blocked', detail, { vmId });
  const connection = code === 'provider_unreachable' || code === 'certificate_refused' || code === 'no_answer';
  return reject(connection ? 'provider_unreachable' : 'provider_error', `${code}: ${detail}`, { vmId });
};

/** Why nobody can say: what was known last, and when Drover read it so. */
const lostBecause = (reading: PowerReading, seen: VmRow['seen']) =>
  seen && seen.power === reading.lastKnown?.power
    ? `${outOfReach(reading)} Drover read it so at ${seen.observedAt}.`
    : outOfReach(reading);

/** The power of one machine, read from its provider now. A machine is found by any of its names. */
export const powerState = defineQuery({
  name: 'power.state',
  input: z.strictObject({ called: z.string().min(1).max(253), vcenter: z.string().exactOptional() }),
  needs: () => ['vm:read'],
  async handle({ called, vcenter }, _actor, ports: StatePorts) {
    const { directory, clock, stopping } = ports;
    const vm = await directory.called(called, vcenter);
    if (isRejection(vm)) return vm;
    const place = await directory.place(vm.vmId);
    if (!place || !machineAt(place)) return reject('not_found', 'No provider shows it yet.');
    const found = await look(place, { ms: LOOK_MS, signal: stopping }, ports).catch((error: unknown) => {
      if (!stopping.aborted) throw error;
      return null;
    });
    if (!found) return reject('not_ready', 'The process stops. Nothing was read.');
    const { reading, fault } = found;
    if (!reading) return refusalOf(fault.code, fault.detail, vm.vmId);
    const { power } = reading;
    ports.onReading?.(vm.vmId, power);
    if (power === 'unknown') return reject('provider_error', lostBecause(reading, vm.seen), { vmId: vm.vmId });
    const answer: SourcePowerState = {
      vm_id: called,
      power_state: power,
      tools_status: reading.tools,
      last_state_change: power === 'poweredOn' ? reading.bootAt : vm.changedAt,
      uptime_seconds: uptime(reading, clock.now()),
      timestamp: reading.observedAt,
    };
    return answer;
  },
});
