// Shows what another process has written: the journal, up to where the views have it. Nothing here writes.
// Never: a place shown without what is parked there.
import { yieldToEventLoop } from '@drover/kernel';
import type { JournalState } from '@drover/ports';
import { loadConnections, shownOf } from '../views/views.js';
import type { JournalPorts } from './journal-ports.js';
import { liveEntries } from './live-entries.js';

/** What following takes. `showAnew`: the journal is another one than the views were read from. */
interface ViewFollowerPorts extends Pick<
  JournalPorts,
  'journal' | 'views' | 'notifier' | 'publisher' | 'share' | 'stopping'
> {
  readonly showAnew: (state: JournalState) => void;
  /** Reads what is parked, where anybody has written of it since. */
  readonly followParked: () => Promise<void>;
}

/** Small, so that sockets get their turn between two of them. */
const LIMIT = 50;

/** Follows to the end of what is written, each time it is called. */
export const viewFollower = (ports: ViewFollowerPorts) => {
  const { journal, views, notifier, publisher, share, stopping, showAnew, followParked } = ports;
  const followSome = async () => {
    const { generation, position, at } = views.shown;
    const upTo = await views.group.checkpoint(generation);
    await followParked(); // after the place: an event is parked before the views move past it
    const entries = (await journal.read(position, LIMIT)).filter((entry) => entry.position <= upTo);
    const state = await journal.state(); // after its entries: they may be of another run than those before
    if (state.generation !== generation) {
      showAnew(state);
      return true;
    }
    const last = entries.at(-1);
    if (upTo > position && (!last || entries.some(({ event }) => /^connections?\//.test(event.subject))))
      await loadConnections(views);
    views.shown = shownOf(state, last?.position ?? Math.max(position, upTo), last?.event.time ?? at);
    if (last) publisher.streams?.publish(await liveEntries(views, views.shown.incarnation, entries, []));
    if (views.shown.position > position) notifier.grown(); // whoever waits for a place has it, though the end is not reached
    return last !== undefined;
  };
  return async () => {
    while (!stopping.aborted && (await share.run(followSome))) await yieldToEventLoop();
  };
};
