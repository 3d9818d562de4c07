import { routes, Verb, vmEtag, type RouteDefinition, type Vm } from '@drover/contracts';
import { Instant, reaches, scopeOf, type Actor } from '@drover/kernel';
import { isBlocked, isUnread, type ConnectionRow } from '../views/connections.projection.js';
import { DISCONNECTED } from './vm-inventory.js';
import type { VmRow } from './vm-row.js';
import type { Moment } from '../views/moment.js';

type Connections = ReadonlyMap<string, ConnectionRow>;
type Staleness = { readonly reason: NonNullable<Vm['staleReason']>; readonly since: Instant };

/** A provider that is silent for some seconds is not lost: what it said last still stands. */
const isBelieved = ({ state, code }: ConnectionRow) =>
  state === 'up' || (state === 'degraded' && code === 'provider_unreachable');

/** Why the row may be out of date, and since when; null when it is not. */
const stalenessOf = (row: VmRow, connections: Connections, moment: Moment): Staleness | null => {
  const { at, aged, past } = moment;
  if (past) return null;
  const parkedAt = moment.parkedAt(row.id);
  if (parkedAt !== null) return { reason: 'parked', since: parkedAt };
  const connection = row.connectionId === null ? null : connections.get(row.connectionId);
  const believed = connection === null || (connection !== undefined && isBelieved(connection));
  const living = row.lifecycle.state !== 'retired';
  if (living && !believed) return { reason: 'connection', since: connection?.since ?? row.lifecycle.since };
  const disconnected = row.health.reasons.find(({ code }) => code === DISCONNECTED);
  if (disconnected) return { reason: 'disconnected', since: disconnected.since };
  if (living && connection && isUnread(connection, row.id))
    return { reason: 'age', since: row.power.observedAt ?? row.lifecycle.since };
  return aged ? { reason: 'age', since: at } : null;
};

/**
 * The machine as clients see it, as old as the view. It is stale while its connection is not to be believed, and then as
 * old as that, and when the view itself is old. The uptime is reckoned here, because a row does not change while the time
 * passes.
 */
export const shownVm = (row: VmRow, connections: Connections, moment: Moment): Vm => {
  const { at } = moment;
  const { known: _, simulated: _simulated, mergedInto: _into, sources: _sources, bootAt, i, p, power, ...vm } = row;
  const staleness = stalenessOf(row, connections, moment);
  const running = power.state === 'poweredOn';
  const uptimeSeconds = running ? bootAt && Instant.wholeSeconds(bootAt, at) : power.state === 'poweredOff' ? 0 : null;
  return {
    ...vm,
    power: { ...power, uptimeSeconds },
    asOf: staleness && staleness.since < at ? staleness.since : at,
    stale: staleness !== null,
    ...(staleness && { staleReason: staleness.reason }),
    version: vmEtag({ i, p, r: 0, m: 0 }),
  };
};

/** The machine as it is now, with what stands in the way of each verb for whoever asks. */
export const presentVm = (row: VmRow, connections: Connections, moment: Moment, actor: Actor): Vm => ({
  ...shownVm(row, connections, moment),
  actions: actionsOf(row, connections, actor),
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
const actionsOf = (row: VmRow, connections: Connections, actor: Actor): Required<Vm>['actions'] => {
  const connection = row.connectionId === null ? undefined : connections.get(row.connectionId);
  const inTheWay = (verb: Verb, rights: readonly string[]): string | null => {
    if (row.lifecycle.state === 'retired') return 'vm_gone';
    const may = actor.rights.some((right) => rights.includes(right) && reaches(scopeOf(actor, right), row.groupIds));
    if (!may) return 'forbidden';
    if (verb === 'edit') return null;
    if (row.operations.power) return 'operation_in_progress';
    if (verb === 'retire') return null;
    if (row.lifecycle.state !== 'active') return 'vm_not_ready';
    return connection && isBlocked(connection) ? 'connection_blocked' : null;
  };
  return Object.fromEntries(verbs.map(({ verb, rights }) => [verb, inTheWay(verb, rights)]));
};
