// The history of a machine from a view that is never trimmed, while the journal is. Never: a page read from the journal,
// whose old end may be gone.
import * as z from 'zod';
import { PageQuery, type PublicFact, type Page } from '@drover/contracts';
import { defineQuery, isRejection, noSuchVm, ofVm, scopeOf, VmId } from '@drover/kernel';
import type { View } from '@drover/ports';
import { cursorOf } from '../../domain/cursor.js';
import { eventIn, type HistoryRow } from './history.projection.js';
import type { VmRow } from './vm-row.js';
import { incarnationAt } from '../journal/read-journal.js';
import { readRows, type PagePorts } from '../views/page.js';

/** What the query reads. */
export interface GetVmHistoryPorts extends PagePorts {
  readonly vms: View<VmRow>;
  readonly history: View<HistoryRow>;
}

/** Every public fact of a machine, newest first. It is kept for ever, also of machines that are gone. */
export const getVmHistory = defineQuery({
  name: 'vm.history',
  input: z.strictObject({ id: VmId.schema, ...PageQuery.shape }),
  needs: ({ id }) => ofVm(id, ['vm:read']),
  async handle({ id, limit, cursor }, actor, ports: GetVmHistoryPorts) {
    const { vms, history } = ports;
    if (!(await vms.get(id))?.known) return noSuchVm(id);
    const found = await readRows(
      {
        ...{ view: history, where: { vm: [id] }, descending: true, limit, cursor, pinned: false },
        scope: scopeOf(actor, 'vm:read'),
      },
      ports,
    );
    if (isRejection(found)) return found;
    const { rows, moment: _, ...rest } = found;
    const incarnation = await incarnationAt(Math.max(0, ...rows.map(({ row }) => row.position)), ports);
    const items = rows.map(({ row }): PublicFact => ({
      ...eventIn(row),
      position: cursorOf(incarnation, row.position),
    }));
    const page: Page<PublicFact> = { items, ...rest };
    return page;
  },
});
