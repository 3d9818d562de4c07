// Events as streams judge them, with the groups that their machine has after them. Never: the groups of before; whoever lost
// a right would see on.
import type { JournalEntry, Write } from '@drover/ports';
import type { VmRow } from '../fleet/vm-row.js';
import { vmsProjection } from '../fleet/vms.projection.js';
import { groupsIn } from '../views/groups.js';
import type { GatewayViews } from '../views/views.js';
import { positioned } from './read-journal.js';

/**
 * Entries as streams get them. The groups of a machine are those that it has after them: `writes` says what they changed in
 * the views; of what is not among it the views are asked.
 */
export const liveEntries = (
  views: GatewayViews,
  incarnation: string,
  entries: readonly JournalEntry[],
  writes: readonly Write[],
) => {
  const changed = writes.filter(({ view }) => view === vmsProjection.view);
  const rows = new Map(changed.map(({ key, row }) => [key, row as VmRow | null]));
  const groupsOf = groupsIn(views);
  return positioned(incarnation, entries, async (subject) => {
    const row = subject.type === 'vm' ? rows.get(subject.id) : null;
    return row?.groupIds ?? (await groupsOf(subject)) ?? [];
  });
};
