// The gateway's one consumer: bus, journal, views, streams, in this order for each batch, so whoever hears of an event reads
// views that have it. This file puts the parts together: who writes the views, who follows another process, and whose turn
// it is. Never: anything that touches journal or views outside the turn.
import type { Service } from '@drover/contracts';
import { yieldToEventLoop } from '@drover/kernel';
import { inTurn, unreadableRow, type Consumer, type JournalState } from '@drover/ports';
import { shownOf } from '../views/views.js';
import type { JournalPorts, JournalProjection } from './journal-ports.js';
import { viewFollower } from './view-follower.js';
import { viewShift } from './view-shift.js';
import { viewWriter } from './view-writer.js';

/** The way of every public event into journal, views and streams. */
export const journalConsumer = (ports: JournalPorts): JournalProjection => {
  const { journal, views, notifier, freshness, publisher } = ports;
  const { group } = views;
  const { clock, report } = publisher;
  const turn = inTurn();
  const readFrom = new Map<Service, string>();
  /** From nothing: what was shown before is of another journal. */
  const showAnew = (state: JournalState): void => {
    views.shown = shownOf(state, 0, null);
    writer.forget();
    freshness.forget();
    publisher.streams?.drain('rebuilt', false);
  };
  const follow = viewFollower({ ...ports, showAnew, followParked: () => writer.parked.follow() });
  const writer = viewWriter({ ...ports, turn, follow });
  const { shift, reset } = viewShift({ ...ports, writer, follow, turn, showAnew, report });
  const { parked } = writer;

  const consumer: Consumer = {
    name: 'gateway.journal',
    listensTo: 'all',
    position: async (service) => {
      readFrom.set(service, views.shown.generation);
      const position = await journal.checkpoint(service);
      freshness.took(service, position);
      return position;
    },
    reached: (service) => journal.checkpoint(service),
    heads: (...told) => freshness.heads(...told),
    logs: writer.logs,
    reset,
    parking: parked.park,
    take: ({ service, entries, from, upTo, unreadable }) =>
      turn(async () => {
        // What was read on from a place in another journal would leave a hole in this one.
        const { generation } = views.shown;
        if ((readFrom.get(service) ?? generation) !== generation)
          throw new Error('the journal began anew while this was on its way: it is read again from the beginning');
        // Before the journal moves past it.
        if (unreadable) await writer.unreadable.note(unreadableRow(unreadable, service, clock.now()));
        await writer.drainOn(await journal.append({ service, events: entries, from, upTo }));
        freshness.took(service, upTo, entries.at(-1)?.time);
        notifier.grown(); // for whoever waits for what nobody is told of
      }),
  };

  return {
    parked: { head: parked.head, size: parked.size, changes: parked.changes },
    consumer,
    shift,
    trim: (olderThan, keep) =>
      turn(async () => {
        await journal.trim(olderThan, keep);
        const { floor, runs } = await journal.state();
        views.shown = { ...views.shown, floor, runs };
      }),
    prune: (view, keys) =>
      turn(async () => {
        const rows = keys.map((key) => ({ view, key }));
        while (rows.length > 0 && !(await group.remove(rows, await group.revision()))) await yieldToEventLoop();
      }),
  };
};
