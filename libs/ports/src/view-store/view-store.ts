// The port of views: groups of tables that are written from one position and committed with it. A view is derived, and may
// be dropped at any time. Never: keep in a view what no event says; a rebuild would lose it.
import type { Json, Projection, Scalar } from '@drover/kernel';

/** One view of a group: its name, its shape's revision, and what its rows are found by. */
export type ViewDefinition<Row extends Json = Json> = Pick<Projection<never, Row>, 'view' | 'revision' | 'index'> & {
  /** Keeps what a row was for ten minutes after it changed, so a list can be read on as it was. */
  readonly pinned?: boolean;
};

/** A row as it is to be; null removes it. */
export interface Write {
  readonly view: string;
  readonly key: string;
  readonly row: Json | null;
}

/** What to find: rows in which each index given has one of its values. Sorted by an index, then by key. */
export interface ViewQuery {
  readonly where?: Readonly<Record<string, readonly Scalar[]>>;
  /** The name of an index; without one, by key. */
  readonly sort?: string;
  readonly descending?: boolean;
  /** The last row of the page before, as its `place` said. */
  readonly after?: SortKey;
  readonly limit: number;
  /** As the view was at this revision of its group; only of pinned views. */
  readonly at?: number;
}

/** Where a row stands in a sorted list. */
export interface SortKey {
  readonly value: Scalar | null;
  readonly key: string;
}

/** Some rows, how many there are in all, and the revision they are of. */
export interface ViewPage<Row> {
  readonly rows: readonly { readonly key: string; readonly row: Row; readonly sortKey: SortKey }[];
  readonly total: number;
  readonly revision: number;
}

/** Reads one view. */
export interface View<Row> {
  get(key: string, at?: number): Promise<Row | null>;
  /** Rows without a value for `sort` come last, ascending or not. Throws PageExpired when `at` is no longer kept. */
  find(query: ViewQuery): Promise<ViewPage<Row>>;
  /** How many rows there are with each value of an index. */
  count(index: string): Promise<Readonly<Record<string, number>>>;
}

/** What a reader took of a source: the entries after one position, up to another. */
export interface Progress {
  readonly source: string;
  readonly from: number;
  readonly upTo: number;
}

/** From which position to which a checkpoint moves. */
export type Move = Pick<Progress, 'from' | 'upTo'>;

/** How rows are to be, after what was taken. `revision`: the group's when the rows before were read. */
export interface ViewCommit extends Progress {
  readonly revision: number;
  readonly writes: readonly Write[];
}

/** The views that one consumer writes, and how far it has got in each of its sources: both move in one step, or not at all. */
export interface ViewGroup {
  /** The consumer and the shape of its views: of all processes that have the group open under this name, one writes it. */
  readonly name: string;
  /** 0 for a source it has read nothing of. */
  checkpoint(source: string): Promise<number>;
  /** Grows by one with every commit. To be asked before rows are read that are to be written. */
  revision(): Promise<number>;
  /**
   * Writes rows and moves the checkpoint. Throws ViewsMoved, and changes nothing, when the checkpoint is not `from`, or the
   * revision is another one: somebody wrote in between, and the rows have to be read and folded again.
   */
  commit(change: ViewCommit): Promise<void>;
  /** Removes rows, for housekeeping: no checkpoint moves. False, and nothing is removed, when the revision is another one. */
  remove(rows: readonly Pick<Write, 'view' | 'key'>[], ifRevision: number): Promise<boolean>;
  view<Row extends Json>(name: string): View<Row>;
  /**
   * Drops all rows and checkpoints: the next reading begins at the first fact. False, and nothing is dropped, when a
   * revision is given and the group is at another one: somebody has written since.
   */
  reset(ifRevision?: number): Promise<boolean>;
}

/**
 * Keeps views, for all processes that open the same store. What it loses in a power cut it loses together with the
 * checkpoint, and builds again.
 */
export interface ViewStore {
  /**
   * Opens a consumer's views. The shapes of all of them are part of the name: with another revision of one, another group is
   * opened, which begins empty, beside the older one. That is dropped once nobody has had it open for a day.
   */
  open(consumer: string, definitions: readonly ViewDefinition<never>[]): Promise<ViewGroup>;
}

/** Somebody else wrote to the group since its rows were read. Read them again, fold again. */
export class ViewsMoved extends Error {
  override readonly name = 'ViewsMoved';
}

/** The list was read too long ago to be read on. */
export class PageExpired extends Error {
  override readonly name = 'PageExpired';
}
