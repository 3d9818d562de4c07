import * as z from 'zod';
import { StreamQuery, type Vm } from '@drover/contracts';
import { defineQuery, isRejection, reject, type Actor } from '@drover/kernel';
import type { Clock, Find, SessionStore } from '@drover/ports';
import type { Filter } from '../../domain/stream-filter.js';
import { filterOf } from '../live/filter.use-cases.js';
import type { Hub } from '../live/hub.use-cases.js';
import type { Sink } from '../live/outlet.use-cases.js';
import { openStream, type StreamPorts } from '../live/streams.use-cases.js';
import type { ConnectionRow } from '../projections/connections.projection.js';
import type { VmRow } from '../projections/vm-row.projection.js';
import { journalAfter, resumptionAt, type ReadJournalPorts } from './read-journal.query.js';
import { shownVm } from './shown-vm.query.js';

/** What the query reads. */
export interface StreamEventsPorts extends ReadJournalPorts {
  readonly clock: Clock;
  readonly hub: Hub;
  readonly sessions: SessionStore;
  readonly connections: ReadonlyMap<string, ConnectionRow>;
  readonly random: () => number;
  readonly report: StreamPorts['report'];
}

const MAX_STREAMS = 500;
const PAGE = 200;

/** The machines that a filter selects, as they are now: the moment is pinned by the first page. */
async function* machinesOf(
  filter: Filter,
  { vms, connections, clock }: StreamEventsPorts,
): AsyncGenerator<readonly Vm[]> {
  const { vm, worker, group } = filter;
  const ids = vm && worker ? vm.filter((id) => worker.includes(id)) : (vm ?? worker);
  const show = (row: VmRow) => shownVm(row, connections, { at: clock.now() });
  if (ids) {
    const rows = await Promise.all(ids.map((id) => vms.get(id)));
    const wanted = (row: VmRow | null): row is VmRow =>
      row?.known === true && (group === null || row.groupIds.some((each) => group.includes(each)));
    yield rows.filter(wanted).map(show);
    return;
  }
  const where: Find['where'] = { lifecycle: ['expected', 'initializing', 'active'], ...(group && { group }) };
  let page = await vms.find({ where, limit: PAGE });
  for (;;) {
    yield page.rows.map(({ row }) => show(row));
    const after = page.rows.at(-1)?.place;
    if (!after || page.rows.length < PAGE) return;
    page = await vms.find({ where, limit: PAGE, after, at: page.revision });
  }
}

const snapshotting = (ports: StreamEventsPorts) => (filter: Filter) => ({
  // Read before the rows: what happens meanwhile is told after them, once more at worst.
  position: ports.shown().position,
  pages: machinesOf(filter, ports),
});

/** Opens the stream to a reader. */
export type Attach = (sink: Sink) => void;

/** The journal, live. Whatever can be refused is refused here, before the first byte; then the reader is attached. */
export const streamEvents = defineQuery({
  name: 'event.stream',
  input: z.strictObject({ ...StreamQuery.shape, lastEventId: z.string().exactOptional() }),
  needs: () => ['vm:read'],
  async handle({ lastEventId, last_event_id, snapshot, on_gap, ...asked }, actor: Actor, ports: StreamEventsPorts) {
    const { hub, sessions, shown, clock, random, report } = ports;
    const filter = filterOf(asked, actor);
    if (isRejection(filter)) return filter;
    if (!hub.open) return reject('not_ready', 'The process stops.', { retryAfterSeconds: 1 });
    if (hub.size >= MAX_STREAMS)
      return reject('too_many_streams', `${MAX_STREAMS} streams are open. Nothing was opened.`, {
        retryAfterSeconds: 5,
      });
    const cursor = lastEventId || last_event_id || null;
    const from = cursor === null ? null : resumptionAt(cursor, ports);
    if (on_gap === '410' && from && from.is !== 'at')
      return reject('cursor_expired', 'The journal cannot go on from this cursor. Nothing was opened.');
    const session = actor.session === undefined ? null : await sessions.get(actor.session);

    const pageAfter = (position: number) => journalAfter(ports, position);
    const parts = { clock, hub, shown, random, report, pageAfter, snapshot: snapshotting(ports) };
    const attach: Attach = (sink) => {
      const now = cursor === null ? null : resumptionAt(cursor, ports); // the journal may have moved since
      openStream({ filter, from: now, cursor, snapshot, session }, sink, parts);
    };
    return { attach };
  },
});
