// One page of a list. The first page pins the moment, and a cursor carries it on with the question that was asked, so that every
// page says the same moment. Rows that the asker may not read are passed over until the page is full.
// Never: a cursor read on for another question, in views of another shape, or in those that have begun anew or taken what was
// parked. A list outlives the process that began it: its rows are in the store.
import type { Page } from '@drover/contracts';
import {
  hashOf,
  Instant,
  isRejection,
  reaches,
  reject,
  yieldToEventLoop,
  type ConnectionId,
  type Json,
  type Rejection,
  type Scalar,
  type Scope,
} from '@drover/kernel';
import {
  decodePageCursor,
  encodePageCursor,
  PageExpired,
  queryHash,
  type View,
  type ViewPage,
  type ViewQuery,
} from '@drover/ports';
import { cursorOf } from '../../domain/cursor.js';
import type { FleetConnection } from './connections.projection.js';
import type { ParkedViews } from './parked-views.js';
import { placeOf, type PlacePorts } from '../journal/read-journal.js';
import { momentAt, parkedAtIn, type Moment } from './moment.js';

const KEPT_MS = 600_000;

/** What every list is read with. */
export interface PagePorts extends PlacePorts {
  /** By how many milliseconds the time of day was set forward since an instant: no list ends sooner for that. */
  readonly leapt: (since: Instant) => number;
  /** The name of the views' group, which says their shape. */
  readonly shape: string;
  readonly connections: ReadonlyMap<ConnectionId, FleetConnection>;
  /** Whether inventory has said which connections there are. */
  readonly areAllTold: () => boolean;
  /** What the views could not take. */
  readonly parked: ParkedViews;
  /** The present moment, as far as the views have been told of it. */
  readonly moment: () => Moment;
}

/** A list that is read page by page. */
export interface Listing<Row extends Json> {
  readonly view: View<Row>;
  readonly where: NonNullable<ViewQuery['where']>;
  readonly sort?: { readonly index: string; readonly of: (row: Row) => Scalar | readonly Scalar[] | null };
  readonly descending: boolean;
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Whether the asker may read a row. Where the filters do not see to that, the list is read on until there are enough. */
  readonly mayRead?: (row: Row) => boolean | Promise<boolean>;
  /** For whose machines the asker may read: connections out of reach do not make the list incomplete. */
  readonly scope: Scope;
  /** Whether what rows were is kept, so that every page is of one moment; else the list only grows at its beginning. */
  readonly pinned: boolean;
}

/** Some rows, and what a page says beside them. */
export interface Rows<Row> extends Omit<Page<never>, 'items'> {
  readonly rows: ViewPage<Row>['rows'];
  /** What the rows are of: the moment of the first page. */
  readonly moment: Moment;
}

const firstOf = (value: Scalar | readonly Scalar[] | null) => [value].flat()[0] ?? null;
const invalid = () => reject('cursor_invalid', 'This cursor is not one that this list gave. Nothing was read.');
const expired = () =>
  reject(
    'page_expired',
    'The list is not kept any more: it was begun more than ten minutes ago, in views that were replaced since, or before a ' +
      'change of what is parked. Nothing was read.',
  );

/**
 * Whether all machines are known, and of which connections they are not. Whoever is not configured is not waited for.
 * Inventory says once which connections there are, after each of them: until then one may be missing.
 */
export const completeness = (
  { connections, areAllTold, parked }: Pick<PagePorts, 'connections' | 'areAllTold' | 'parked'>,
  { aged }: Pick<Moment, 'aged'>,
  scope: Scope,
) => {
  const configured = [...connections.values()].filter(
    ({ code, groupIds }) => code !== 'not_configured' && reaches(scope, groupIds),
  );
  const incomplete = configured.filter(({ listed }) => !listed).map(({ id }) => id);
  const whole = !aged && parked.size() === 0;
  return { complete: whole && incomplete.length === 0 && areAllTold(), incomplete };
};

/** Filters as a view takes them: those that were given. */
export const whereOf = (filters: Readonly<Record<string, readonly Scalar[] | undefined>>): Listing<Json>['where'] =>
  Object.fromEntries(Object.entries(filters).flatMap(([name, any]) => (any && any.length > 0 ? [[name, any]] : [])));

/** What all pages of a set have in common. */
interface PageSet {
  readonly begun: Instant;
  readonly position: number;
  readonly moment: Moment;
}

/**
 * By which views all pages of a set must be read: of one shape where their revisions count, and lacking the same. Once an
 * event that was parked is taken, the rows of the set lack it and nothing says so any more.
 */
const viewsOf = ({ pinned }: Pick<Listing<Json>, 'pinned'>, { shape, parked }: Pick<PagePorts, 'shape' | 'parked'>) =>
  hashOf([pinned ? shape : null, parked.changes()]).slice(0, 8);

/** Whether a place of the first page is one of this journal, whoever writes it by now. Only what is pinned is read soon. */
const isOurs = async (incarnation: string, position: number, pinned: boolean, ports: PagePorts) => {
  const { is } = await placeOf(cursorOf(incarnation, position), ports);
  return is === 'at' || is === 'behind' || (is === 'too_old' && !pinned);
};

const startOf = async <Row extends Json>(list: Listing<Row>, asked: string, ports: PagePorts) => {
  const { clock, leapt, parked } = ports;
  const { cursor, view, sort, pinned } = list;
  if (cursor === undefined) return null;
  const place = decodePageCursor(cursor);
  if (place?.asked !== asked) return invalid();
  const [, incarnation = '', views] = /^(.+)-(.{8})$/.exec(place.generation) ?? [];
  if (views !== viewsOf(list, ports) || !(await isOurs(incarnation, place.position, pinned, ports))) return expired();
  const { key, revision: at, begun, position, asOf } = place;
  const set: PageSet = { begun, position, moment: momentAt(asOf, begun, parkedAtIn(parked)) };
  const age = Instant.msBetween(begun, clock.now()) - leapt(begun); // below 0 where the clock was set back
  if (!pinned) return { set, after: { key, value: null } };
  if (age > KEPT_MS) return expired();
  const row = await view.get(key, at);
  if (!row || !((await list.mayRead?.(row)) ?? true)) return invalid(); // nobody learns where a row of others stands
  return { set, at, after: { key, value: sort ? firstOf(sort.of(row)) : null } };
};

/** Rows that the asker may read: as many as a page needs, or all that there are. */
const readEnough = async <Row extends Json>({ view, limit, mayRead }: Listing<Row>, first: ViewQuery) => {
  let page = await view.find(first);
  const { total, revision } = page;
  if (!mayRead) return page;
  const rows: ViewPage<Row>['rows'][number][] = [];
  for (;;) {
    for (const each of page.rows) if (await mayRead(each.row)) rows.push(each);
    const after = page.rows.at(-1)?.sortKey;
    if (rows.length > limit || !after || page.rows.length < (first.limit ?? 0)) return { rows, total, revision };
    await yieldToEventLoop();
    page = await view.find({ ...first, at: revision, after });
  }
};

/**
 * Reads one page. The first one pins the moment, and the cursor carries it on: every page of the set says the position
 * and the age of the first. Its filters and order go with it.
 */
export const readRows = async <Row extends Json>(
  list: Listing<Row>,
  ports: PagePorts,
): Promise<Rows<Row> | Rejection<'cursor_invalid' | 'page_expired'>> => {
  const { where, sort, descending, limit } = list;
  const asked = queryHash([where, sort?.index ?? null, descending]);
  // Read before the rows: what happens after it may be in them, nothing from before it is missing.
  const { incarnation, position } = ports.shown();
  const [moment, generation] = [ports.moment(), `${incarnation}-${viewsOf(list, ports)}`];
  const find = { where, descending, limit: limit + 1, ...(sort && { sort: sort.index }) };
  try {
    const start = await startOf(list, asked, ports);
    if (start !== null && isRejection(start)) return start;
    const { set, ...from } = start ?? { set: { begun: ports.clock.now(), position, moment } };
    const { rows, total, revision } = await readEnough(list, { ...find, ...from });
    const more = rows.length > limit;
    const shownRows = rows.slice(0, limit);
    const key = shownRows.at(-1)?.key ?? '';
    return {
      rows: shownRows,
      total,
      complete: completeness(ports, set.moment, list.scope).complete,
      missing: [],
      moment: set.moment,
      position: cursorOf(incarnation, set.position),
      asOf: set.moment.at,
      next: more ? encodePageCursor({ ...set, asOf: set.moment.at, generation, revision, asked, key }) : null,
    };
  } catch (error) {
    if (error instanceof PageExpired) return expired();
    throw error;
  }
};
