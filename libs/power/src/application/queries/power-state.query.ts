import type { SourcePowerState } from '@drover/contracts';
import { defineQuery, Instant, isRejection, reject, type VmId } from '@drover/kernel';
import type { Clock, PowerReading } from '@drover/ports';
import * as z from 'zod';
import { machineAt, type Directory } from './directory.query.js';
import { look, type ProviderPorts } from './look.query.js';

/** What reading a provider now takes. */
export interface StatePorts extends ProviderPorts {
  readonly directory: Directory;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

const LOOK_MS = 10_000;

const uptime = ({ power, uptimeSeconds, bootAt }: PowerReading, now: Instant) =>
  power !== 'poweredOn' ? 0 : Math.max(0, uptimeSeconds ?? (bootAt === null ? 0 : Instant.wholeSeconds(bootAt, now)));

/** What a fault of the look is to whoever asked. */
const refusalOf = (code: string, detail: string, vmId: VmId) => {
  if (code === 'not_found') return reject('not_found', 'Its provider does not know it.', { vmId });
  if (code === 'connection_blocked') return reject('connection_blocked', detail, { vmId });
  const connection = code === 'provider_unreachable' || code === 'certificate_refused' || code === 'no_answer';
  return reject(connection ? 'provider_unreachable' : 'provider_error', `${code}: ${detail}`, { vmId });
};

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
    const answer: SourcePowerState = {
      vm_id: called,
      power_state: reading.power,
      tools_status: reading.tools,
      last_state_change: reading.power === 'poweredOn' ? reading.bootAt : vm.changedAt,
      uptime_seconds: uptime(reading, clock.now()),
      timestamp: reading.observedAt,
    };
    return answer;
  },
});
