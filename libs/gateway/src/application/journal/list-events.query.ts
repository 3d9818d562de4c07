// Lists public events after a cursor, and waits for the next one where that is asked for. A look is bounded in time, however
// few events fit, and the answer says where to go on. Never: an event beyond what the views show.
import { EventListQuery, type CloudEvent, type PublicFact, type Page } from '@drover/contracts';
import { asked, defineQuery, isRejection, reject } from '@drover/kernel';
import type { Clock } from '@drover/ports';
import { filterOf } from '../../domain/filter-query.js';
import { cursorOf } from '../../domain/cursor.js';
import type { Filter } from '../../domain/stream-filter.js';
import type { ViewNotifier } from '../views/view-notifier.js';
import { journalAfter, placeOf, readable, type ReadJournalPorts } from './read-journal.js';

/** What the query reads. */
export interface ListEventsPorts extends ReadJournalPorts {
  readonly clock: Clock;
  readonly notifier: ViewNotifier;
  readonly stopping: AbortSignal;
}

/** How long one look through the journal may take, however few of its entries fit the filter. */
const LOOK_MS = 1000;

interface Looking {
  readonly filter: Filter;
  readonly limit: number;
  /** Of the journal that is meant: in another the same position is another place. */
  readonly generation: string;
}

/** Looks through the journal, page by page, until there is enough, or no more, or the time is over. */
const scan = async ({ filter, limit, generation }: Looking, after: number, ports: ListEventsPorts) => {
  const until = ports.clock.monotonic() + LOOK_MS;
  const facts: PublicFact[] = [];
  let position = after;
  let cut = false; // whether the journal does not reach back to where it looked
  const look = async () => {
    if (ports.stopping.aborted) return false; // the journal may be closed by now: very many may have waited
    if (readable(ports).generation !== generation) return false; // it began anew while others had their turn
    const page = await journalAfter(ports, filter, position);
    cut = page === null;
    if (page === null || page.upTo <= position) return false; // or the end
    for (const { position: at, cursor, json } of page.told) {
      if (facts.length === limit) return false;
      position = at;
      facts.push({ ...(JSON.parse(json()) as CloudEvent), position: cursor });
    }
    // The place of the last one when there is enough: what fits behind it is for the next page.
    if (facts.length < limit) position = page.upTo;
    return true;
  };
  while (facts.length < limit && ports.clock.monotonic() < until) if (!(await ports.share.run(look))) break;
  return { facts, position, cut };
};

/**
 * The journal as JSON: what came after a cursor, from the oldest kept without one; with `wait` the answer is held until
 * something comes. `position` is where to go on, whether or not anything fitted; `next` is there while more waits.
 */
export const listEvents = defineQuery({
  name: 'event.list',
  input: EventListQuery,
  needs: () => asked(['vm:read']),
  async handle({ after, wait, limit, ...filters }, actor, ports: ListEventsPorts) {
    const { clock, notifier, stopping } = ports;
    const filter = filterOf(filters, actor);
    if (isRejection(filter)) return filter;
    const oldest = async () => ({ is: 'at' as const, position: (await ports.journal.state()).floor });
    const from = after === undefined ? await oldest() : await placeOf(after, ports);
    const { generation } = readable(ports);
    const { incarnation: before } = ports.shown();
    if (from.is === 'unreadable' || from.is === 'ahead')
      return reject('cursor_invalid', 'This cursor is not one that the journal gave. Nothing was read.', {
        pointer: '?/after',
      });
    if (from.is === 'behind')
      return reject('view_behind', 'The view does not reach that place yet. Nothing was read.', {
        retryAfterSeconds: 1,
      });
    const expired = () => reject('cursor_expired', 'The journal does not reach back to it. Nothing was read.');
    if (from.is !== 'at') return expired();

    const until = clock.monotonic() + wait * 1000;
    const looking = { filter, limit, generation };
    const more = (position: number) => position < readable(ports).head;
    let found = await scan(looking, from.position, ports);
    // With more than one look goes through, the client says when to go on.
    while (found.facts.length === 0 && !stopping.aborted && !more(found.position)) {
      const left = until - clock.monotonic();
      if (left <= 0 || readable(ports).generation !== generation) break;
      await notifier.next(left);
      if (stopping.aborted) break;
      found = await scan(looking, found.position, ports);
    }
    if (found.cut && found.facts.length === 0) return expired();
    // Another process may have become the writer meanwhile: what came since is of its run.
    const { incarnation, generation: present } = ports.shown();
    const position = cursorOf(present === generation ? incarnation : before, found.position);
    const next = !stopping.aborted && more(found.position) ? position : null;
    const page: Page<PublicFact> = { items: found.facts, total: null, next, position, complete: true, missing: [] };
    return page;
  },
});
