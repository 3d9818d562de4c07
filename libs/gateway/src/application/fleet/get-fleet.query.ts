// The fleet in numbers. Whoever may see all of it gets the counts that the views keep; whoever may see some groups has them
// counted row by row, by the same indexes. Never: a count that takes in a machine which whoever asked may not see.
import * as z from 'zod';
import type { FleetSummary } from '@drover/contracts';
import { asked, ConnectionId, defineQuery, Instant, scopeOf, yieldToEventLoop, type Actor } from '@drover/kernel';
import { readsOperation } from '@drover/operations';
import { rowsOf, type View } from '@drover/ports';
import { cursorOf } from '../../domain/cursor.js';
import type { OperationRow } from '../operations/operation-row.js';
import { hourOf } from '../operations/operations.projection.js';
import type { VmRow } from './vm-row.js';
import { vmsProjection } from './vms.projection.js';
import { groupsIn } from '../views/groups.js';
import { completeness, type PagePorts } from '../views/page.js';

/** What the query reads. */
export interface GetFleetPorts extends PagePorts {
  readonly vms: View<VmRow>;
  readonly operations: View<OperationRow>;
}

/**
 * Has the views count what a summary tells, one thing after the other: of a large fleet each takes a moment, and is
 * carried on from then.
 */
export const countFleet = async ({ vms, operations }: Pick<GetFleetPorts, 'vms' | 'operations'>) => {
  for (const index of ['lifecycle', 'fleet.power', 'fleet.protection', 'fleet.health']) {
    await vms.count(index);
    await yieldToEventLoop();
  }
  for (const index of ['state', 'failedHour']) {
    await operations.count(index);
    await yieldToEventLoop();
  }
};

/** Failures are counted by the hour; of the hour in which the day began, one by one. */
const failedSince = async (operations: View<OperationRow>, since: Instant) => {
  const edge = hourOf(since);
  const whole = Object.entries(await operations.count('failedHour')).filter(([hour]) => hour > edge);
  let late = 0;
  for await (const { endedAt } of rowsOf(operations, { where: { failedHour: [edge] } }))
    if (endedAt !== null && endedAt >= since) late += 1;
  return whole.reduce((sum, [, count]) => sum + count, late);
};

type Counts = Readonly<Record<string, number>>;

/** What a summary counts. */
interface Counted {
  readonly lifecycle: Counts;
  readonly power: Counts;
  readonly protection: Counts;
  readonly health: Counts;
  readonly states: Counts;
  readonly failed: number;
}

const countAll = async ({ vms, operations }: GetFleetPorts, since: Instant): Promise<Counted> => ({
  lifecycle: await vms.count('lifecycle'),
  power: await vms.count('fleet.power'),
  protection: await vms.count('fleet.protection'),
  health: await vms.count('fleet.health'),
  states: await operations.count('state'),
  failed: await failedSince(operations, since),
});

/** One by one: what somebody may see of the fleet is kept nowhere. */
const countWithin = async (
  scope: readonly string[],
  actor: Actor,
  { vms, operations, connections }: GetFleetPorts,
  since: Instant,
): Promise<Counted> => {
  const counts = { lifecycle: {}, power: {}, protection: {}, health: {}, states: {} } as Record<
    string,
    Record<string, number>
  >;
  const add = (name: string, value: unknown) => {
    const of = (counts[name] ??= {});
    if (typeof value === 'string') of[value] = (of[value] ?? 0) + 1;
  };
  for await (const row of rowsOf(vms, { where: { group: scope } })) {
    add('lifecycle', vmsProjection.index['lifecycle']?.(row));
    for (const name of ['power', 'protection', 'health']) add(name, vmsProjection.index[`fleet.${name}`]?.(row));
  }
  const groupsOf = groupsIn({ vms, connections });
  let failed = 0;
  for await (const row of rowsOf(operations, {
    where: { state: ['running', 'waiting', 'unknown', 'failed', 'expired'] },
  })) {
    if (!(await readsOperation(row, actor, groupsOf))) continue;
    add('states', row.state);
    if ((row.state === 'failed' || row.state === 'expired') && row.endedAt !== null && row.endedAt >= since)
      failed += 1;
  }
  return { ...(counts as unknown as Omit<Counted, 'failed'>), failed };
};

/** Counts of the fleet. Whoever is retired is counted as that and nowhere else. */
export const getFleet = defineQuery({
  name: 'fleet.get',
  input: z.strictObject({}),
  needs: () => asked(['vm:read']),
  async handle(_input, actor, ports: GetFleetPorts): Promise<FleetSummary> {
    const { moment, shown } = ports;
    const scope = scopeOf(actor, 'vm:read');
    const { incarnation, position } = shown();
    const now = moment();
    const { complete, incomplete } = completeness(ports, now, scope);
    const since = Instant.plusSeconds(now.at, -24 * 3600);
    const counted = await (scope === 'all' ? countAll(ports, since) : countWithin(scope, actor, ports, since));
    const { lifecycle, states } = counted;
    return {
      asOf: now.at,
      position: cursorOf(incarnation, position),
      total: Object.entries(lifecycle).reduce((sum, [state, count]) => sum + (state === 'retired' ? 0 : count), 0),
      lifecycle,
      power: counted.power,
      protection: counted.protection,
      health: counted.health,
      workers: {},
      operations: {
        running: states['running'] ?? 0,
        waiting: states['waiting'] ?? 0,
        unknown: states['unknown'] ?? 0,
        failed24h: counted.failed,
      },
      alarms: {},
      launches: { expected: 0, registered: 0, silent: 0 },
      complete,
      incomplete: incomplete.map(ConnectionId.parse),
    };
  },
});
