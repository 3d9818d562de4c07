// The fleet as pages: filters become indexes of the view, and all pages show the fleet as it was at the first. Its ETag
// names what an answer depends on, so an unchanged list costs no read. Never: leave out of the ETag what changes an answer
// for good.
import * as z from 'zod';
import { namesEtag, VmListQuery, type Page, type Vm } from '@drover/contracts';
import { asked, defineQuery, hashOf, isRejection, reaches, scopeOf } from '@drover/kernel';
import type { View } from '@drover/ports';
import { vmsProjection } from './vms.projection.js';
import { LIVING, type VmRow } from './vm-row.js';
import { groupsWithin } from '../views/groups.js';
import { completeness, readRows, whereOf, type PagePorts } from '../views/page.js';
import { shownVm } from './shown-vm.js';

/** What the query reads. */
export interface ListVmsPorts extends PagePorts {
  readonly vms: View<VmRow>;
}

const chosen = (vm: Vm, fields: readonly (keyof Vm)[] | undefined): Partial<Vm> => {
  if (!fields) return vm;
  const wanted = new Set<string>([...fields, 'id']);
  return Object.fromEntries(Object.entries(vm).filter(([member]) => wanted.has(member)));
};

/**
 * The fleet, page by page: any of the values within a filter, all filters together. Page by page it is as it was at the
 * first.
 */
export const listVms = defineQuery({
  name: 'vm.list',
  input: z.strictObject({ ...VmListQuery.shape, ifNoneMatch: z.string().exactOptional() }),
  needs: () => asked(['vm:read']),
  async handle(
    { limit, cursor, sort, fields, ifNoneMatch, lifecycle, unclaimed, group, ...filters },
    actor,
    ports: ListVmsPorts,
  ) {
    const { vms, connections, shown, parked } = ports;
    const { incarnation, position } = shown();
    const scope = scopeOf(actor, 'vm:read');
    const { aged } = ports.moment();
    // Weak: `asOf` and uptimes move on while nothing happens. What is news, and no event: that the view has grown old,
    // that something of it is parked or was taken after all, that no further connection is waited for.
    const { complete } = completeness(ports, { aged }, scope);
    const more = `${aged ? '-aged' : ''}${complete ? '' : '-incomplete'}`;
    const within = scope === 'all' ? '' : `-${hashOf(scope)}`;
    const etag = `W/"${incarnation}-${position}.${parked.changes()}${more}${within}"`;
    if (namesEtag(ifNoneMatch, etag)) return { etag, page: null };

    const groups = groupsWithin(scope, group);
    const where = {
      ...whereOf({
        ...filters,
        lifecycle: lifecycle?.length ? lifecycle : LIVING,
        ...(unclaimed !== undefined && { unclaimed: [unclaimed] }),
      }),
      ...(groups && { group: groups }),
    };
    const index = sort.replace(/^-/, '');
    const of = vmsProjection.index[index];
    if (!of) throw new Error(`the fleet has no index ${index}`);
    const descending = sort.startsWith('-');
    const mayRead = ({ groupIds }: VmRow) => reaches(scope, groupIds);
    const found = await readRows(
      { view: vms, where, sort: { index, of }, descending, limit, cursor, pinned: true, mayRead, scope },
      ports,
    );
    if (isRejection(found)) return found;
    const { rows, moment, ...rest } = found;
    const items = rows.map(({ row }) => chosen(shownVm(row, connections, moment), fields));
    const page: Page<Partial<Vm>> = { items, ...rest };
    return { etag, page };
  },
});
