// Finds one machine by its name or by an alias, within what the actor may read. Never: one chosen of several; the candidates
// are the answer.
import { VmLookupQuery } from '@drover/contracts';
import { asked, defineQuery, reaches, reject, scopeOf, VmId, type Scalar } from '@drover/kernel';
import type { View } from '@drover/ports';
import { aliasText } from './vms.projection.js';
import { isRetired, LIVING, type VmRow } from './vm-row.js';
import { refuseGone } from './gone-vm.js';
import { shownCandidate, knownVmRow } from './vm-members.js';
import type { PagePorts } from '../views/page.js';
import { presentVm } from './shown-vm.js';

/** What the query reads. */
export interface LookupVmPorts extends PagePorts {
  readonly vms: View<VmRow>;
}

const CANDIDATES = 20;

const alone = (row: VmRow) => (isRetired(row) ? { rows: [], total: 0 } : { rows: [row], total: 1 });

const NARROWER = 'Ask with a name and an alias, or see GET /api/v1/vms?name=…&connection=… for all of them.';

/** One machine by what it is called. A name is a label: when several have it, the candidates are the answer. */
export const lookupVm = defineQuery({
  name: 'vm.lookup',
  input: VmLookupQuery,
  needs: () => asked(['vm:read']),
  async handle({ name, alias }, actor, { vms, connections, moment }: LookupVmPorts) {
    if (name === undefined && alias === undefined)
      return reject('invalid_request', 'Say a name, or an alias as <kind>:<value>.', { pointer: '?' });
    const [, kind = '', value = ''] = /^([^:]+):(.+)$/s.exec(alias ?? '') ?? [];
    const scope = scopeOf(actor, 'vm:read');
    const wanted: Record<string, readonly Scalar[]> = {
      ...(scope !== 'all' && { group: scope }),
      ...(name !== undefined && { name: [name] }),
      ...(alias !== undefined && { alias: [aliasText({ kind, value })] }),
    };
    const find = async (lifecycle: readonly string[], limit: number) => {
      const { rows, total } = await vms.find({ where: { ...wanted, lifecycle }, limit });
      return { rows: rows.map(({ row }) => row), total };
    };

    const now = moment(); // before the rows are read
    // A name that is an id leads there: the advice for a name that several have is to use an id.
    const id = name === undefined || alias !== undefined ? null : VmId.schema.safeParse(name);
    const found = id?.success ? await vms.get(id.data) : null;
    const itself = found && reaches(scope, found.groupIds) ? found : null;
    const { rows, total } = itself?.known ? alone(itself) : await find(LIVING, CANDIDATES);
    const [row] = rows;
    if (row && total === 1) return presentVm(row, connections, now, actor);
    if (row) {
      const cut = total > rows.length ? ` ${rows.length} of them are listed here. ${NARROWER}` : '';
      const because = `${total} machines are called that.${cut} Nothing was chosen.`;
      return reject('name_ambiguous', because, { candidates: rows.map((each) => shownCandidate(knownVmRow(each))) });
    }
    const [gone] = itself?.known ? [itself] : (await find(['retired'], 1)).rows;
    if (gone) return refuseGone(knownVmRow(gone), 'What was called that is gone; its history stays.', { vms, actor });
    return reject('not_found', 'No machine is called that.');
  },
});
