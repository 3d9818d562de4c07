// Tells who listens of commits, in order of positions: of this process's own at once, of what another process appends when it
// is looked for, twice a second. Before its own are told, those of the others that stand before them are. Never: a commit that
// is not on the disk yet, or out of its order.
import type { Clock, Commit } from '@drover/ports';

/** What telling listeners takes: where the log ends, its commits, and word of other writers. */
interface ListenerPorts {
  readonly head: () => number;
  readonly after: (position: number, limit: number) => readonly Commit[];
  /** Called when another process has appended. */
  readonly moved: () => void;
  /** Given where other processes append to the same file: by it their commits are looked for. */
  readonly shared: Clock | undefined;
}

type Listener = (commits: readonly Commit[]) => void;

/** How often the commits of other processes are looked for. */
const LOOK_MS = 500;
/** How many of them are read at once. */
const AT_ONCE = 500;

/** Those who listen to a store. */
export const storeListeners = ({ head, after, moved, shared }: ListenerPorts) => {
  const listeners = new Set<Listener>();
  let told = shared ? head() : 0;
  const hand = (commits: readonly Commit[]) => {
    for (const listener of listeners) listener(commits);
  };

  /** Tells of what other processes have appended, up to a position. */
  const tellOfOthers = (upTo: number) => {
    while (told < upTo) {
      const commits = listeners.size === 0 ? [] : after(told, Math.min(AT_ONCE, upTo - told));
      const news = commits.filter(({ position }) => position <= upTo);
      told = news.at(-1)?.position ?? upTo;
      if (news.length > 0) hand(news);
    }
  };

  let rest = () => {};
  const lookForOthers = (clock: Clock) => {
    rest = clock.after(LOOK_MS, () => {
      try {
        const last = head();
        if (last > told) moved();
        tellOfOthers(last);
      } catch {
        // A lock, or a disk that is not read now: the next look finds the same.
      }
      lookForOthers(clock);
    });
  };

  return {
    subscribe: (listener: Listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Begins to look for what others append. */
    start: () => shared && lookForOthers(shared),
    /** Tells of commits of this process, from one position to another; `made` makes them only where somebody listens. */
    tell: (first: number, last: number, made: () => readonly Commit[]) => {
      if (shared) tellOfOthers(first - 1);
      told = last;
      if (listeners.size > 0) hand(made());
    },
    stop: () => rest(),
  };
};
