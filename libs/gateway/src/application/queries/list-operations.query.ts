import { OperationListQuery, problemInside, type Operation, type Page } from '@drover/contracts';
import { defineQuery, isRejection } from '@drover/kernel';
import type { View } from '@drover/ports';
import type { OperationRow } from '../projections/operation-row.projection.js';
import type { VmRow } from '../projections/vm-row.projection.js';
import { readRows, whereOf, type PagePorts } from './page.query.js';

/** What the query reads. */
export interface ListOperationsPorts extends PagePorts {
  readonly vms: View<VmRow>;
  readonly operations: View<OperationRow>;
}

type Item = NonNullable<Operation['items']>[number];
const MOST = 1000;

const problem = (error: OperationRow['error']) => error && problemInside(error.code, error.detail);

/**
 * Joins what stands in other rows: names of machines, and the children of a bulk in the order in which they were asked
 * for.
 */
const joining = ({ vms, operations, connections }: ListOperationsPorts) => {
  const named = async (
    { type, id }: OperationRow['target'],
    targetIds: OperationRow['targetIds'],
  ): Promise<Operation['target']> => {
    if (targetIds) return { type, id, name: `${targetIds.length} machines` };
    const name = type === 'vm' ? (await vms.get(id))?.name : connections.get(id)?.name;
    return { type, id, name: name ?? id };
  };
  const itemsOf = async ({ id, targetIds, endedAt }: OperationRow): Promise<readonly Item[] | null> => {
    if (!targetIds) return null;
    const { rows } = await operations.find({ where: { parent: [id] }, limit: MOST });
    const children = new Map(rows.map(({ row }) => [row.target.id, row]));
    const items: Item[] = [];
    for (const vm of targetIds) {
      const child = children.get(vm);
      // Without an operation of its own it waits, or it was refused: the bulk's owner knows why.
      const state = child?.state ?? (endedAt ? 'failed' : 'queued');
      const target = await named({ type: 'vm', id: vm }, null);
      items.push({ target, state, operation: child?.id ?? null, error: problem(child?.error ?? null) });
    }
    return items;
  };
  return async (row: OperationRow): Promise<Operation> => {
    const { targetIds, error, target, ...rest } = row;
    return { ...rest, target: await named(target, targetIds), items: await itemsOf(row), error: problem(error) };
  };
};

/** Operations of the last 30 days, newest first, as far as public events tell. */
export const listOperations = defineQuery({
  name: 'operation.list',
  input: OperationListQuery,
  needs: () => ['vm:read'],
  async handle({ limit, cursor, ...filters }, _actor, ports: ListOperationsPorts) {
    const sort = { index: 'requestedAt', of: ({ requestedAt }: OperationRow) => requestedAt };
    const where = whereOf(filters);
    const list = { view: ports.operations, where, sort, descending: true, limit, cursor, pinned: true };
    const found = await readRows(list, ports);
    if (isRejection(found)) return found;
    const { rows, ...rest } = found;
    const join = joining(ports);
    const items: Operation[] = [];
    for (const { row } of rows) items.push(await join(row));
    const page: Page<Operation> = { items, ...rest };
    return page;
  },
});
