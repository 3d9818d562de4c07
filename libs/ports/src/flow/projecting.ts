// What a slice of a log changes in the views of a group, computed before anything is written. Never: a write here; rows and
// checkpoint are committed together by whoever reads.
import type { Json, Projection } from '@drover/kernel';
import type { Move, ViewCommit, ViewGroup, Write } from '../view-store/view-store.js';

/** Any projection over these entries, whatever its rows. */
export type AnyProjection<Entry extends { readonly type: string }> = Omit<Projection<Entry, never>, 'evolve'> & {
  evolve(row: never, entry: Entry): Json | null;
};

/**
 * What a slice of a log changes in the views of a group. Rows that several entries change are read once and written once.
 * An entry that was taken before must leave its row as it is; the checkpoint moves with the rows, so it comes again only
 * after the rows were lost with it.
 */
export const writesOf = async <Entry extends { readonly type: string }>(
  group: ViewGroup,
  projections: readonly AnyProjection<Entry>[],
  entries: readonly Entry[],
): Promise<Pick<ViewCommit, 'revision' | 'writes'>> => {
  const revision = await group.revision(); // before any row is read
  const writes: Write[] = [];
  for (const projection of projections as readonly Projection<Entry, Json>[]) {
    const { view, listensTo, key: keyOf, evolve } = projection;
    const types = new Set<string>(listensTo);
    const rows = new Map<string, Json | null>();
    const before = new Map<string, Json | null>();
    for (const entry of entries) {
      const key = types.has(entry.type) ? keyOf(entry) : null;
      if (key === null) continue;
      if (!rows.has(key)) {
        const row = await group.view<Json>(view).get(key);
        before.set(key, row);
        rows.set(key, row);
      }
      rows.set(key, evolve(rows.get(key) ?? null, entry));
    }
    // The same value means that nothing changed: an unchanged row is not written again.
    for (const [key, row] of rows) if (row !== before.get(key)) writes.push({ view, key, row });
  }
  return { revision, writes };
};

/** A checkpoint that stays where it is. */
export const standstill = async (group: ViewGroup, source: string): Promise<Move> => {
  const at = await group.checkpoint(source);
  return { from: at, upTo: at };
};
