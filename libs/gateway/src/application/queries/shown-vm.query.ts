import { vmEtag, type Verb, type Vm } from '@drover/contracts';
import { Instant, type Actor } from '@drover/kernel';
import { isBlocked, type ConnectionRow } from '../projections/connections.projection.js';
import { DISCONNECTED } from '../projections/vm-inventory.projection.js';
import type { VmRow } from '../projections/vm-row.projection.js';

/** When a machine is looked at: now, or as it was; then nothing is stale. */
export interface Moment {
  readonly at: Instant;
  readonly past?: true;
}

type Connections = ReadonlyMap<string, ConnectionRow>;

/** Why what is known of a machine may not be so any more, and since when; null when nothing says so. */
const staleness = (row: VmRow, connections: Connections): readonly [NonNullable<Vm['staleReason']>, Instant] | null => {
  if (row.lifecycle.state === 'retired' || row.connectionId === null) return null;
  const connection = connections.get(row.connectionId);
  if (connection?.state !== 'up') return ['connection', connection?.since ?? row.lifecycle.since];
  const disconnected = row.health.reasons.find(({ code }) => code === DISCONNECTED);
  if (disconnected) return ['disconnected', disconnected.since];
  return connection.unread.includes(row.id) ? ['age', row.power.observedAt ?? row.lifecycle.since] : null;
};

/**
 * The machine as clients see it. It is stale while its connection is not up or does not reach it, and then as old as that;
 * else it is of this moment. The uptime is reckoned here, because a row does not change while the time passes.
 */
export const shownVm = (row: VmRow, connections: Connections, { at, past }: Moment): Vm => {
  const { known: _, simulated: _simulated, bootAt, i, p, power, ...vm } = row;
  const [staleReason, since] = (past ? null : staleness(row, connections)) ?? [null, at];
  const running = power.state === 'poweredOn';
  const uptimeSeconds = running ? bootAt && Instant.wholeSeconds(bootAt, at) : power.state === 'poweredOff' ? 0 : null;
  return {
    ...vm,
    power: { ...power, uptimeSeconds },
    asOf: since < at ? since : at,
    stale: staleReason !== null,
    staleReason,
    version: vmEtag({ i, p, r: 0, m: 0 }),
  };
};

/** The machine as it is now, with what stands in the way of each verb for whoever asks. */
export const presentVm = (row: VmRow, connections: Connections, at: Instant, actor: Actor): Vm => ({
  ...shownVm(row, connections, { at }),
  actions: actionsOf(row, connections, actor),
});

const takes: Readonly<Record<Verb, readonly Actor['rights'][number][]>> = {
  'power-on': ['vm:operate'],
  'power-off': ['vm:operate', 'vm:force'],
  restart: ['vm:operate', 'vm:force'],
  edit: ['vm:edit'],
  retire: ['vm:edit'],
};

/**
 * What stands in the way of each verb, as far as the view knows; null when nothing does. What another mode would be
 * allowed is not in the way. It is for a person to see; the owner of the verb decides.
 */
const actionsOf = (row: VmRow, connections: Connections, actor: Actor): Required<Vm>['actions'] => {
  const connection = row.connectionId === null ? undefined : connections.get(row.connectionId);
  const inTheWay = (verb: Verb): string | null => {
    if (row.lifecycle.state === 'retired') return 'vm_gone';
    if (!takes[verb].some((right) => actor.rights.includes(right))) return 'forbidden';
    if (verb === 'edit') return null;
    if (row.operations.power) return 'operation_in_progress';
    if (verb === 'retire') return null;
    if (row.lifecycle.state !== 'active') return 'vm_not_ready';
    if (connection && isBlocked(connection)) return 'connection_blocked';
    // Every other verb has a mode that may go ahead; what does not run cannot be restarted in any.
    if (verb !== 'restart') return null;
    return row.power.state === 'poweredOff' ? 'vm_not_ready' : row.power.state === 'suspended' ? 'vm_suspended' : null;
  };
  const verbs = ['power-on', 'power-off', 'restart', 'edit', 'retire'] as const;
  return Object.fromEntries(verbs.map((verb) => [verb, inTheWay(verb)]));
};
