import { EventListQuery, type Fact, type Page } from '@drover/contracts';
import { defineQuery, isRejection, reject } from '@drover/kernel';
import type { Clock } from '@drover/ports';
import { filterOf } from '../../domain/asked-filter.js';
import { cursorOf } from '../../domain/cursor.js';
import { nameFor, type Filter } from '../../domain/stream-filter.js';
import type { Growth } from './growth.query.js';
import { journalAfter, readable, resumptionAt, type ReadJournalPorts } from './read-journal.query.js';

/** What the query reads. */
export interface ListEventsPorts extends ReadJournalPorts {
  readonly clock: Clock;
  readonly growth: Growth;
  readonly stopping: AbortSignal;
}

/** How many pages of the journal one request looks through, however few of its entries fit the filter. */
const PAGES = 20;

const scan = async (filter: Filter, after: number, limit: number, ports: ListEventsPorts) => {
  const facts: Fact[] = [];
  let position = after;
  for (let pages = 0; pages < PAGES && facts.length < limit; pages++) {
    const page = await journalAfter(ports, position);
    if (page.length === 0) break;
    for (const { position: at, cursor, event, traits } of page) {
      if (facts.length === limit) break;
      position = at;
      if (nameFor(filter, traits) !== null) facts.push({ ...event, position: cursor });
    }
  }
  return { facts, position };
};

/**
 * The journal as JSON: what came after a cursor, from the oldest kept without one; with `wait` the answer is held until
 * something comes. `position` is where to go on, whether or not anything fitted; `next` is there while more waits.
 */
export const listEvents = defineQuery({
  name: 'event.list',
  input: EventListQuery,
  needs: () => ['vm:read'],
  async handle({ after, wait, limit, ...asked }, actor, ports: ListEventsPorts) {
    const { clock, growth, stopping } = ports;
    const filter = filterOf(asked, actor);
    if (isRejection(filter)) return filter;
    const { generation, floor } = readable(ports);
    const from = after === undefined ? { is: 'at' as const, position: floor } : resumptionAt(after, ports);
    if (from.is === 'unreadable' || from.is === 'ahead')
      return reject('cursor_invalid', 'This cursor is not one that the journal gave. Nothing was read.', {
        pointer: '?/after',
      });
    if (from.is !== 'at') return reject('cursor_expired', 'The journal does not reach back to it. Nothing was read.');

    const until = clock.monotonic() + wait * 1000;
    let found = await scan(filter, from.position, limit, ports);
    for (;;) {
      const left = until - clock.monotonic();
      if (found.facts.length > 0 || left <= 0 || stopping.aborted || readable(ports).generation !== generation) break;
      if (found.position >= readable(ports).head) await growth.next(left);
      found = await scan(filter, found.position, limit, ports);
    }
    const position = cursorOf(generation, found.position);
    const next = found.position < readable(ports).head ? position : null;
    const page: Page<Fact> = { items: found.facts, total: null, next, position, complete: true, missing: [] };
    return page;
  },
});
