// A machine as it was, folded from its history by the fold of the view. Never: the present row as a beginning; it is told
// from the first event on.
import type { Instant, VmId } from '@drover/kernel';
import { rowsOf, type View } from '@drover/ports';
import { eventIn, type HistoryRow } from './history.projection.js';
import { vmsProjection } from './vms.projection.js';
import type { VmRow } from './vm-row.js';

/** The whole history of a machine, in the order of the journal. */
const historyOf = (history: View<HistoryRow>, vm: VmId) => rowsOf(history, { where: { vm: [vm] }, sort: 'position' });

/** Up to which of its facts a machine is wanted: those of an instant and before, or up to one fact of its inventory. */
export type UpTo = { readonly at: Instant } | { readonly version: number };

const ofInventory = (source: string) => source === '/drover/inventory';

/** When the fact of that number happened; null when there is none. */
const instantOf = async (history: View<HistoryRow>, vm: VmId, version: number) => {
  for await (const row of historyOf(history, vm)) {
    const { source, sequence, time } = eventIn(row);
    if (ofInventory(source) && Number(sequence) === version) return time;
  }
  return null;
};

/** The machine as it was: its facts up to there, folded as the view folds them. Null when it was not known yet. */
export const vmAsOf = async (history: View<HistoryRow>, vm: VmId, upTo: UpTo) => {
  const at = 'at' in upTo ? upTo.at : await instantOf(history, vm, upTo.version);
  if (at === null) return null;
  let row: VmRow | null = null;
  for await (const each of historyOf(history, vm)) {
    const event = eventIn(each);
    // Facts of one commit have one instant: what came behind the one that was asked for is not in it.
    const later = 'version' in upTo && ofInventory(event.source) && Number(event.sequence) > upTo.version;
    if (event.time > at || later) continue;
    row = vmsProjection.evolve(row, { type: event.type, position: each.position, event, simulated: each.simulated });
  }
  return row?.known ? { row, at } : null;
};
