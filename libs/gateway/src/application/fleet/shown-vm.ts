// A machine as clients see it, made from its row when it is read: how old it is, why it may be out of date, what stands in
// the way of each verb. Never: claim to be newer than the view, and never ask a provider or another service.
import { routes, Verb, vmEtag, type RouteDefinition, type Vm } from '@drover/contracts';
import { Instant, reaches, scopeOf, type Actor, type ConnectionId } from '@drover/kernel';
import { isClosed, isUnread, type FleetConnection } from '../views/connections.projection.js';
import { lifecycleOf, membersOf, powerOf, knownVmRow } from './vm-members.js';
import type { KnownVmRow, VmRow } from './vm-row.js';
import type { Moment } from '../views/moment.js';

type Connections = ReadonlyMap<ConnectionId, FleetConnection>;
type Staleness = { readonly reason: NonNullable<Vm['staleReason']>; readonly since: Instant };

/** A provider that is silent for some seconds is not lost: what it said last still stands. */
const isBelieved = ({ state, code }: FleetConnection) =>
  state === 'up' || (state === 'degraded' && code === 'provider_unreachable');

/** Why the row may be out of date, and since when; null when it is not. */
const stalenessOf = (row: KnownVmRow, connections: Connections, moment: Moment): Staleness | null => {
  const { at, aged, past } = moment;
  if (past) return null;
  const parkedAt = moment.parkedAt(row.vmId);
  if (parkedAt !== null) return { reason: 'parked', since: parkedAt };
  const connection = row.connectionId === null ? null : connections.get(row.connectionId);
  const believed = connection === null || (connection !== undefined && isBelieved(connection));
  const { life } = row;
  const { since } = lifecycleOf(row);
  if (life.is !== 'retired' && !believed) return { reason: 'connection', since: connection?.since ?? since };
  if ('unreachedSince' in life && life.unreachedSince !== null)
    return { reason: 'disconnected', since: life.unreachedSince };
  if (life.is !== 'retired' && connection && isUnread(connection, row.vmId))
    return { reason: 'age', since: powerOf(row).observedAt ?? since };
  return aged ? { reason: 'age', since: at } : null;
};

/**
 * The machine as clients see it, as old as the view. It is stale while its connection is not to be believed, and then as
 * old as that, and when the view itself is old. The uptime is reckoned here, because a row does not change while the time
 * passes.
 */
export const shownVm = (row: VmRow, connections: Connections, moment: Moment): Vm => {
  const { at } = moment;
  const told = knownVmRow(row);
  const { power, ...members } = membersOf(told);
  const { bootAt } = powerOf(told);
  const staleness = stalenessOf(told, connections, moment);
  const running = power.state === 'poweredOn';
  const uptimeSeconds = running ? bootAt && Instant.wholeSeconds(bootAt, at) : power.state === 'poweredOff' ? 0 : null;
  return {
    ...members,
    power: { ...power, uptimeSeconds },
    asOf: staleness && staleness.since < at ? staleness.since : at,
    stale: staleness !== null,
    ...(staleness && { staleReason: staleness.reason }),
    version: vmEtag({ i: told.sequence, p: told.p, r: 0, m: 0 }),
  };
};

/** The machine as it is now, with what stands in the way of each verb for whoever asks. */
export const presentVm = (row: VmRow, connections: Connections, moment: Moment, actor: Actor): Vm => ({
  ...shownVm(row, connections, moment),
  actions: actionsOf(knownVmRow(row), connections, actor),
});

/** One of these lets somebody ask for a verb: what the route of its command says. */
const takes = (verb: Verb): readonly string[] => {
  const needs = Object.values<RouteDefinition>(routes).find(({ name }) => name === `vm.${verb}`)?.needs ?? [];
  return typeof needs === 'string' ? [] : needs;
};
const verbs = Verb.options.map((verb) => ({ verb, rights: takes(verb) }));

/**
 * What the door refuses of each verb, as far as the view knows; null when it refuses nothing. Whether the machine itself is
 * in a state that takes the verb, its provider says when it is asked.
 */
const actionsOf = (row: KnownVmRow, connections: Connections, actor: Actor): Required<Vm>['actions'] => {
  const connection = row.connectionId === null ? undefined : connections.get(row.connectionId);
  const inTheWay = (verb: Verb, rights: readonly string[]): string | null => {
    if (row.life.is === 'retired') return 'vm_gone';
    const may = actor.rights.some((right) => rights.includes(right) && reaches(scopeOf(actor, right), row.groupIds));
    if (!may) return 'forbidden';
    if (verb === 'edit') return null;
    if (row.operation) return 'operation_in_progress';
    if (verb === 'retire') return null;
    if (row.life.is === 'expected') return 'vm_not_ready';
    return connection && isClosed(connection) ? 'connection_blocked' : null;
  };
  return Object.fromEntries(verbs.map(({ verb, rights }) => [verb, inTheWay(verb, rights)]));
};
