// One machine: from the view, from its history up to a moment or a version, or with its power read by the service of power
// just now. Never: write what was read into the view; it comes there as an event, like everything.
import * as z from 'zod';
import { VmQuery, type ProblemCode, type SourcePowerState, type Vm } from '@drover/contracts';
import { defineQuery, isRejection, noSuchVm, ofVm, reject, VmId, type Instant, type Rejection } from '@drover/kernel';
import type { OwnerRequest, View } from '@drover/ports';
import type { HistoryRow } from './history.projection.js';
import { DISCONNECTED } from './vm-members.js';
import type { VmRow } from './vm-row.js';
import { refuseGone } from './gone-vm.js';
import { vmAsOf } from './vm-as-of.js';
import type { PagePorts } from '../views/page.js';
import { presentVm, shownVm } from './shown-vm.js';

/** What the query reads. */
export interface GetVmPorts extends PagePorts {
  readonly vms: View<VmRow>;
  readonly history: View<HistoryRow>;
  /** The service of power reads a machine from its provider now. */
  readonly owners: OwnerRequest;
}

/** The view with what its provider says at this moment. */
const refreshed = (vm: Vm, read: SourcePowerState): Vm => {
  const { power_state: state, tools_status: tools, last_state_change, uptime_seconds: uptimeSeconds, timestamp } = read;
  const lastChangeAt = last_state_change ?? (vm.power.state === state ? vm.power.lastChangeAt : null);
  const power = { ...vm.power, state, tools, lastChangeAt, uptimeSeconds, observedAt: timestamp, lastKnown: null };
  const { staleReason, ...rest } = vm;
  // What could not be taken of its events is lacking all the same.
  if (staleReason === 'parked') return { ...vm, power };
  return { ...rest, power, asOf: timestamp, stale: false };
};

/** Health with one more reason; one that was there keeps its time. */
const withReason = (health: Vm['health'], code: string, since: Instant): Vm['health'] => {
  const known = health.reasons.find((reason) => reason.code === code);
  const others = health.reasons.filter((reason) => reason.code !== code);
  return { ...health, state: 'warning', reasons: [...others, known ?? { code, since }] };
};

/** The view of a machine that its provider cannot reach at this moment, as the view is about to show it. */
const unreached = (vm: Vm, at: Instant): Vm => {
  const { state, observedAt } = vm.power;
  const lastKnown = state === 'unknown' || observedAt === null ? vm.power.lastKnown : { state, at: observedAt };
  const nothing = { state: 'unknown', tools: 'unknown', uptimeSeconds: null } as const;
  const power = { ...vm.power, ...nothing, observedAt: at, lastKnown };
  const now = { ...vm, power, health: withReason(vm.health, DISCONNECTED, at) };
  return vm.staleReason === 'parked' ? now : { ...now, asOf: at, stale: true, staleReason: 'disconnected' };
};

/** One machine: as it is, as it was (`at`, `version`), or with its power read from the provider now (`fresh`). */
export const getVm = defineQuery({
  name: 'vm.get',
  input: z.strictObject({ id: VmId.schema, ...VmQuery.shape }),
  needs: ({ id }) => ofVm(id, ['vm:read']),
  async handle(
    { id, at, version, fresh },
    actor,
    { vms, history, connections, moment, owners }: GetVmPorts,
  ): Promise<Vm | Rejection<ProblemCode>> {
    if ([at, version, fresh || undefined].filter((each) => each !== undefined).length > 1)
      return reject('invalid_request', 'Ask for one of at, version and fresh.', { pointer: '?' });
    const now = moment(); // before the row is read: what happens meanwhile may be in it
    const row = await vms.get(id);
    if (!row?.known) return noSuchVm(id);
    if (at !== undefined || version !== undefined) {
      const upTo = at === undefined ? { version: version ?? 0 } : { at: at < now.at ? at : now.at }; // nobody knows more yet
      const was = await vmAsOf(history, id, upTo);
      if (!was) return reject('not_found', at ? 'The machine was not known yet.' : 'It has no event of that number.');
      return shownVm(was.row, connections, { ...now, at: was.at, past: true });
    }
    const vm = presentVm(row, connections, now, actor);
    if (!fresh) return vm;
    if (row.life.is === 'retired')
      return refuseGone(row, 'The machine is gone, so nobody can read it now. Its history stays.', { vms, actor });
    const read = await owners.send('getSourcePowerState', { params: { vm_id: id }, query: {}, body: {} }, actor);
    if (!isRejection(read)) return refreshed(vm, read);
    // Its provider answered then, and cannot reach the machine: that is known of it.
    return read.asOf === undefined ? read : unreached(vm, read.asOf);
  },
});
