// Opens a stream: judges the request, says where it goes on, and hands over what is read from there. Never: a refusal once the
// first byte is written, or a machine that its reader may not see.
import * as z from 'zod';
import { StreamQuery, type Vm } from '@drover/contracts';
import { asked, defineQuery, isRejection, reaches, reject } from '@drover/kernel';
import type { ViewQuery, SessionStore } from '@drover/ports';
import { filterOf } from '../../domain/filter-query.js';
import { cursorOf } from '../../domain/cursor.js';
import { interestIn } from '../../domain/interest.js';
import type { Filter } from '../../domain/stream-filter.js';
import { LIVING, type VmRow } from '../fleet/vm-row.js';
import { groupsWithin } from '../views/groups.js';
import type { Moment } from '../views/moment.js';
import {
  endOf,
  journalAfter,
  placeOf,
  resumptionAt,
  type PlacePorts,
  type ReadJournalPorts,
} from '../journal/read-journal.js';
import { shownVm } from '../fleet/shown-vm.js';

/** What the query reads. */
export interface StreamEventsPorts extends ReadJournalPorts, PlacePorts {
  readonly sessions: SessionStore;
  readonly moment: () => Moment;
}

const PAGE = 200;

/** The machines that a filter selects, as they are now: the moment is pinned by the first page. */
async function* machinesOf(
  filter: Filter,
  { vms, connections, moment }: StreamEventsPorts,
): AsyncGenerator<readonly Vm[]> {
  const { vm, worker, group, scope } = filter;
  const groups = groupsWithin(scope, group ?? undefined);
  const ids = vm && worker ? vm.filter((id) => worker.includes(id)) : (vm ?? worker);
  const now = moment();
  const show = (row: VmRow) => shownVm(row, connections, now);
  if (ids) {
    const rows = await Promise.all(ids.map((id) => vms.get(id)));
    const wanted = (row: VmRow | null): row is VmRow =>
      row?.known === true && (groups === null || reaches(groups, row.groupIds));
    yield rows.filter(wanted).map(show);
    return;
  }
  const where: ViewQuery['where'] = { lifecycle: LIVING, ...(groups && { group: groups }) };
  let page = await vms.find({ where, limit: PAGE });
  for (;;) {
    yield page.rows.map(({ row }) => show(row));
    const after = page.rows.at(-1)?.sortKey;
    if (!after || page.rows.length < PAGE) return;
    page = await vms.find({ where, limit: PAGE, after, at: page.revision });
  }
}

/**
 * The journal, live: what a reader may have of it and where it goes on. Whatever can be refused is refused here, before
 * the first byte; the rest is asked for when the stream is open, because the journal moves on.
 */
export const streamEvents = defineQuery({
  name: 'event.stream',
  input: z.strictObject({ ...StreamQuery.shape, lastEventId: z.string().exactOptional() }),
  needs: () => asked(['vm:read']),
  async handle({ lastEventId, last_event_id, snapshot, on_gap, ...filters }, actor, ports: StreamEventsPorts) {
    const { sessions, shown } = ports;
    const filter = filterOf(filters, actor);
    if (isRejection(filter)) return filter;
    const session = actor.session === undefined ? null : await sessions.get(actor.session);
    // Without it nothing would end the stream: neither the session's time nor its sign-out, which is past.
    if (!session && actor.session !== undefined)
      return reject('unauthenticated', 'The session is over. Nothing was opened.');
    const cursor = lastEventId || last_event_id || null;
    const begin = () => {
      if (cursor === null) return { at: null, gap: null };
      const from = resumptionAt(cursor, ports);
      return from.is === 'at' ? { at: { position: from.position, cursor }, gap: null } : { at: null, gap: from.is };
    };
    const place = cursor === null ? null : await placeOf(cursor, ports);
    if (place?.is === 'behind')
      return reject('view_behind', 'The view does not reach that place yet. Nothing was opened.', {
        retryAfterSeconds: 1,
      });
    if (on_gap === '410' && begin().gap !== null)
      return reject('cursor_expired', 'The journal cannot go on from this cursor. Nothing was opened.');
    return {
      interest: interestIn(filter),
      session,
      principal: actor.sub,
      begin,
      end: () => endOf(ports),
      cursorAt: (position: number) => cursorOf(shown().incarnation, position),
      pageAfter: (position: number) => journalAfter(ports, filter, position),
      // The position is read before the rows: what happens meanwhile is told after them, once more at worst.
      snapshot: snapshot ? () => ({ position: shown().position, pages: machinesOf(filter, ports) }) : null,
    };
  },
});
