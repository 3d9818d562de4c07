// The view store in memory: each row with the shapes that it had, so that a pinned view can show an earlier revision.
// Several handles share one disk. Never: hand out a row that is kept; a reader could change it, so every row is a copy.
import type { Json, Scalar } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import {
  PageExpired,
  ViewsMoved,
  type ViewQuery,
  type ViewPage,
  type SortKey,
  type View,
  type ViewDefinition,
  type ViewGroup,
  type ViewStore,
} from './view-store.js';

const KEPT_MS = 600_000;
/** How far the revisions of two groups of one consumer are apart at least, when the newer one is made. */
const APART = 1_000_000;
const UNOPENED_MS = 24 * 3_600_000;

/** One shape a row had, for the revisions from `from` up to, not including, `to`. */
interface Shape {
  readonly from: number;
  to: number;
  endedAt: number;
  readonly row: Json;
}

const compare = (a: Scalar, b: Scalar) => (a < b ? -1 : a > b ? 1 : 0);

/** Rows without a value come last, whichever way the others go; equal values stand in the order of their keys. */
const byPlace = (descending: boolean) => (a: SortKey, b: SortKey) => {
  const sign = descending ? -1 : 1;
  if (a.value === null || b.value === null)
    return a.value === b.value ? compare(a.key, b.key) * sign : a.value === null ? 1 : -1;
  return (compare(a.value, b.value) || compare(a.key, b.key)) * sign;
};

const memoryView = (definition: ViewDefinition<Json>, clock: Clock, revision: () => number, first: number) => {
  const shapes = new Map<string, Shape[]>();
  let oldest = first; // the first revision that is still kept whole
  const values = (index: string, row: Json): readonly Scalar[] => {
    const of = definition.index[index];
    if (!of) throw new Error(`${definition.view} has no index ${index}`);
    const value = of(row);
    return value === null ? [] : [value].flat();
  };
  const shapeAt = (key: string, at: number) => shapes.get(key)?.find(({ from, to }) => from <= at && at < to);
  const must = (at: number | undefined) => {
    if (at !== undefined && (at < oldest || at > revision())) throw new PageExpired(`revision ${at} is not kept`);
    return at ?? revision();
  };
  const copy = <Row>(row: Json) => structuredClone(row) as Row;

  const view: View<Json> = {
    get: async (key, at) => {
      const shape = shapeAt(key, must(at));
      return shape ? copy(shape.row) : null;
    },
    find: async ({ where = {}, sort, descending = false, after, limit, at }: ViewQuery): Promise<ViewPage<Json>> => {
      const pinned = must(at);
      const order = byPlace(descending);
      const all = [...shapes.keys()]
        .flatMap((key) => {
          const row = shapeAt(key, pinned)?.row;
          if (row === undefined) return [];
          const fits = Object.entries(where).every(([index, any]) => values(index, row).some((v) => any.includes(v)));
          return fits ? [{ key, row, sortKey: { key, value: sort ? (values(sort, row)[0] ?? null) : null } }] : [];
        })
        .sort((a, b) => order(a.sortKey, b.sortKey));
      const rows = after ? all.filter(({ sortKey }) => order(sortKey, after) > 0) : all;
      return {
        rows: rows.slice(0, limit).map(({ row, ...rest }) => ({ ...rest, row: copy<Json>(row) })),
        total: all.length,
        revision: pinned,
      };
    },
    count: async (index) => {
      const counts: Record<string, number> = {};
      for (const key of shapes.keys()) {
        const row = shapeAt(key, revision())?.row;
        if (row !== undefined)
          for (const value of values(index, row)) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
      }
      return counts;
    },
  };

  const write = (key: string, row: Json | null, from: number) => {
    const now = clock.monotonic();
    const kept = definition.pinned ? KEPT_MS : 0;
    const past = shapes.get(key) ?? [];
    const current = past.find(({ to }) => to === Infinity);
    if (current) Object.assign(current, { to: from, endedAt: now });
    const next = row === null ? [] : [{ from, to: Infinity, endedAt: Infinity, row: structuredClone(row) }];
    const still = [...past.filter(({ endedAt, from: began, to }) => began < to && now - endedAt < kept), ...next];
    for (const gone of past)
      if (!still.includes(gone) && gone.from < gone.to) oldest = Math.max(oldest, Math.min(gone.to, from));
    if (still.length > 0) shapes.set(key, still);
    else shapes.delete(key);
  };
  return { view, write };
};

/** View stores in memory that share their groups. `reshaped`: as a process has it whose views have another shape. */
export interface MemoryViewStore extends ViewStore {
  reshaped(shape: string): MemoryViewStore;
}

/** What all handles of one store share. */
const disk = () => new Map<string, { readonly consumer: string; readonly group: ViewGroup; openedAt: number }>();

/** The reference adapter. `reshaping`: what its views have beside their revisions, for specs. */
export const memoryViewStore = (clock: Clock, groups = disk(), reshaping = ''): MemoryViewStore => {
  const create = (name: string, definitions: readonly ViewDefinition<Json>[], first: number): ViewGroup => {
    const checkpoints = new Map<string, number>();
    let revision = first;
    const fresh = () => new Map(definitions.map((each) => [each.view, memoryView(each, clock, () => revision, first)]));
    let views = fresh();
    const named = (name: string) => {
      const found = views.get(name);
      if (!found) throw new Error(`there is no view ${name} in this group`);
      return found;
    };
    return {
      name,
      checkpoint: async (source) => checkpoints.get(source) ?? 0,
      revision: async () => revision,
      commit: async ({ source, from, upTo, revision: readAt, writes }) => {
        for (const { view } of writes) named(view);
        const reached = checkpoints.get(source) ?? 0;
        if (reached !== from) throw new ViewsMoved(`${source} was taken up to ${reached}, not ${from}`);
        if (revision !== readAt) throw new ViewsMoved(`the rows are of revision ${revision}, not ${readAt}`);
        revision += 1;
        for (const { view, key, row } of writes) named(view).write(key, row, revision);
        checkpoints.set(source, upTo);
      },
      remove: async (rows, ifRevision) => {
        for (const { view } of rows) named(view);
        if (revision !== ifRevision) return false;
        revision += 1;
        for (const { view, key } of rows) named(view).write(key, null, revision);
        return true;
      },
      view: <Row extends Json>(name: string): View<Row> => {
        named(name);
        const at = () => named(name).view as View<Row>; // a reset makes new ones
        return { get: (...a) => at().get(...a), find: (...a) => at().find(...a), count: (...a) => at().count(...a) };
      },
      reset: async (ifRevision = revision) => {
        if (revision !== ifRevision) return false;
        views = fresh();
        checkpoints.clear();
        revision += 1;
        return true;
      },
    };
  };

  return {
    reshaped: (shape) => memoryViewStore(clock, groups, shape),
    open: async (consumer, definitions) => {
      const now = clock.monotonic();
      const shape = JSON.stringify(definitions.map(({ view, revision }) => [view, revision]).sort());
      const name = `${consumer}@${shape}${reshaping}`;
      for (const [other, { consumer: of, openedAt }] of groups)
        if (of === consumer && other !== name && now - openedAt > UNOPENED_MS) groups.delete(other);
      const older = [...groups.values()].filter(({ consumer: of }) => of === consumer);
      const revisions = await Promise.all(older.map(({ group }) => group.revision()));
      const first = revisions.length === 0 ? 0 : Math.max(...revisions) + APART;
      const group = groups.get(name)?.group ?? create(name, definitions as readonly ViewDefinition<Json>[], first);
      groups.set(name, { consumer, group, openedAt: now });
      return group;
    },
  };
};
