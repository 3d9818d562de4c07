import * as z from 'zod';
import type { FleetSummary } from '@drover/contracts';
import { yieldToEventLoop, ConnectionId, defineQuery, Instant } from '@drover/kernel';
import { rowsOf, type View } from '@drover/ports';
import { cursorOf } from '../../domain/cursor.js';
import type { OperationRow } from '../operations/operation-row.js';
import { hourOf } from '../operations/operations.projection.js';
import type { VmRow } from './vm-row.js';
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

/** Counts of the fleet. Whoever is retired is counted as that and nowhere else. */
export const getFleet = defineQuery({
  name: 'fleet.get',
  input: z.strictObject({}),
  needs: () => ['vm:read'],
  async handle(_input, _actor, ports: GetFleetPorts): Promise<FleetSummary> {
    const { vms, operations, moment, shown } = ports;
    const { incarnation, position } = shown();
    const now = moment();
    const { complete, incomplete } = completeness(ports, now);
    const lifecycle = await vms.count('lifecycle');
    const states = await operations.count('state');
    return {
      asOf: now.at,
      position: cursorOf(incarnation, position),
      total: Object.entries(lifecycle).reduce((sum, [state, count]) => sum + (state === 'retired' ? 0 : count), 0),
      lifecycle,
      power: await vms.count('fleet.power'),
      protection: await vms.count('fleet.protection'),
      health: await vms.count('fleet.health'),
      workers: {},
      operations: {
        running: states['running'] ?? 0,
        waiting: states['waiting'] ?? 0,
        unknown: states['unknown'] ?? 0,
        failed24h: await failedSince(operations, Instant.plusSeconds(now.at, -24 * 3600)),
      },
      alarms: {},
      launches: { expected: 0, registered: 0, silent: 0 },
      complete,
      incomplete: incomplete.map(ConnectionId.parse),
    };
  },
});
