// Tells who listens of new entries, in order: of this process's own at once, of what another process writes when it is looked
// for, twice a second. Before its own are told, those of the others that stand before them are. Never: an entry that is not on
// the disk yet, or out of its order.
import type { Clock, JournalEntry, JournalState } from '@drover/ports';

/** What telling takes. `shared`: given where other processes write to the journal. */
interface ListenerPorts {
  readonly state: () => JournalState;
  readonly entriesAfter: (after: number, limit: number) => readonly JournalEntry[];
  readonly shared?: Clock;
}

type Listener = (entries: readonly JournalEntry[]) => void;

/** How often what other processes write is looked for. */
const LOOK_MS = 500;
const AT_ONCE = 500;

/** Those who listen to a journal. */
export const journalListeners = ({ state, entriesAfter, shared }: ListenerPorts) => {
  const listeners = new Set<Listener>();
  let told = { generation: '', position: 0 };
  const hand = (entries: readonly JournalEntry[]) => {
    for (const listener of listeners) listener(entries);
  };

  /** Tells of what other processes have written, before a place. */
  const tellOfOthers = (before: number, generation: string) => {
    if (told.generation !== generation) told = { generation, position: 0 };
    for (let more = true; more && told.position < before - 1;) {
      const entries = listeners.size === 0 ? [] : entriesAfter(told.position, AT_ONCE);
      const news = entries.filter(({ position }) => position < before);
      more = news.length > 0 && news.length === entries.length;
      told = { generation, position: news.at(-1)?.position ?? before - 1 };
      if (news.length > 0) hand(news);
    }
  };

  let rest = () => {};
  const lookForOthers = (clock: Clock) => {
    rest = clock.after(LOOK_MS, () => {
      try {
        const { generation, head } = state();
        tellOfOthers(head + 1, generation);
      } catch {
        // A lock, or a disk that is not read now: the next look finds the same.
      }
      lookForOthers(clock);
    });
  };
  if (shared) {
    const { generation, head } = state();
    told = { generation, position: head };
    lookForOthers(shared);
  }

  return {
    subscribe: (listener: Listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** To be called once entries of this process are on the disk. */
    tell: (entries: readonly JournalEntry[]) => {
      const [first, last] = [entries[0], entries.at(-1)];
      if (!first || !last) return;
      const { generation } = state();
      if (shared) tellOfOthers(first.position, generation);
      told = { generation, position: last.position };
      hand(entries);
    },
    stop: () => rest(),
  };
};
