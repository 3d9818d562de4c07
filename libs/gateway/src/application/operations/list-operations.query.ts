// The list of operations of all services, from the view that is made of their public events. Never: a total for whoever does
// not see all; it would count what is out of reach.
import { OperationListQuery, type Operation, type Page } from '@drover/contracts';
import { asked, defineQuery, isRejection, scopeOf, type ConnectionId } from '@drover/kernel';
import { readsOperation, shownOperation } from '@drover/operations';
import type { View } from '@drover/ports';
import { cursorOf } from '../../domain/cursor.js';
import type { OperationRow } from './operation-row.js';
import type { VmRow } from '../fleet/vm-row.js';
import { incarnationAt } from '../journal/read-journal.js';
import { groupsIn } from '../views/groups.js';
import { readRows, whereOf, type PagePorts } from '../views/page.js';

/** What the query reads. */
export interface ListOperationsPorts extends PagePorts {
  readonly vms: View<VmRow>;
  readonly operations: View<OperationRow>;
}

/** The operation as clients see it, with its target's name, which stands in another row. */
const presented = async (row: OperationRow, ports: ListOperationsPorts): Promise<Operation> => {
  const { vms, connections } = ports;
  const { endedBy, ...record } = row;
  const { target, targetCount } = record;
  const nameOf = async () => {
    const row = target.type === 'vm' ? await vms.get(target.id) : connections.get(target.id as ConnectionId); // by its type
    return row?.name ?? target.id;
  };
  return {
    ...shownOperation(record, { name: targetCount === null ? await nameOf() : `${targetCount} machines` }),
    ...(endedBy !== null && { position: cursorOf(await incarnationAt(endedBy, ports), endedBy) }),
  };
};

/**
 * Operations of the last 30 days, newest first, as far as public events tell. A bulk comes without its items, which may
 * be a thousand: its owner tells them with the operation.
 */
export const listOperations = defineQuery({
  name: 'operation.list',
  input: OperationListQuery,
  needs: () => asked(['vm:read']),
  async handle({ limit, cursor, ...filters }, actor, ports: ListOperationsPorts) {
    const sort = { index: 'requestedAt', of: ({ requestedAt }: OperationRow) => requestedAt };
    const where = whereOf(filters);
    const scope = scopeOf(actor, 'vm:read');
    const list = { view: ports.operations, where, sort, descending: true, limit, cursor, pinned: true, scope };
    const seesAll = scope === 'all';
    const groupsOf = groupsIn(ports);
    const mayRead = (row: OperationRow) => readsOperation(row, actor, groupsOf);
    const found = await readRows({ ...list, ...(!seesAll && { mayRead }) }, ports);
    if (isRejection(found)) return found;
    const { rows, moment: _, ...rest } = found;
    const items = await Promise.all(rows.map(({ row }) => presented(row, ports)));
    const page: Page<Operation> = { items, ...rest, ...(!seesAll && { total: null }) };
    return page;
  },
});
