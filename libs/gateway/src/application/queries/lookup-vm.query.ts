import { VmLookupQuery } from '@drover/contracts';
import { defineQuery, reject, VmId, type Candidate, type Scalar } from '@drover/kernel';
import type { View } from '@drover/ports';
import { aliasText } from '../projections/vms.projection.js';
import { LIVING, type VmRow } from '../projections/vm-row.projection.js';
import type { PagePorts } from './page.query.js';
import { presentVm } from './shown-vm.query.js';

/** What the query reads. */
export interface LookupVmPorts extends PagePorts {
  readonly vms: View<VmRow>;
}

const CANDIDATES = 20;

/** What tells a machine from another of its name. */
const candidateOf = ({ id, name, connectionId, hardware, power }: VmRow): Candidate => ({
  ...{ id, name, connectionId, power: power.state },
  ...{ datacenter: hardware?.datacenter ?? null, path: hardware?.path ?? null },
});

const livingFirst = (row: VmRow) => (row.lifecycle.state === 'retired' ? [] : [row]);

/** One machine by what it is called. A name is a label: when several have it, the candidates are the answer. */
export const lookupVm = defineQuery({
  name: 'vm.lookup',
  input: VmLookupQuery,
  needs: () => ['vm:read'],
  async handle({ name, alias }, actor, { vms, connections, moment }: LookupVmPorts) {
    if (name === undefined && alias === undefined)
      return reject('invalid_request', 'Say a name, or an alias as <kind>:<value>.', { pointer: '?' });
    const [, kind = '', value = ''] = /^([^:]+):(.+)$/s.exec(alias ?? '') ?? [];
    const wanted: Record<string, readonly Scalar[]> = {
      ...(name !== undefined && { name: [name] }),
      ...(alias !== undefined && { alias: [aliasText({ kind, value })] }),
    };
    const find = async (lifecycle: readonly string[]) =>
      (await vms.find({ where: { ...wanted, lifecycle }, limit: CANDIDATES })).rows.map(({ row }) => row);

    const now = moment(); // before the rows are read
    // A name that is an id leads there: the advice for a name that several have is to use an id.
    const id = name === undefined || alias !== undefined ? null : VmId.schema.safeParse(name);
    const itself = id?.success ? await vms.get(id.data) : null;
    const [row, ...others] = itself?.known ? livingFirst(itself) : await find(LIVING);
    if (row && others.length === 0) return presentVm(row, connections, now, actor);
    if (row) {
      const candidates = [row, ...others].map(candidateOf);
      return reject('name_ambiguous', `${candidates.length} machines are called that. Nothing was chosen.`, {
        candidates,
      });
    }
    const [gone] = itself?.known ? [itself] : await find(['retired']);
    if (gone) return reject('vm_gone', 'What was called that is gone; its history stays.', { vmId: gone.id });
    return reject('not_found', 'No machine is called that.');
  },
});
