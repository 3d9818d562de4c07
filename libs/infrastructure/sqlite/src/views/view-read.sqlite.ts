// Reads the views of a group: as they are, or as they were at a revision that is still kept. A file that takes no writes is
// read all the same. Never: a write but the note that somebody was shown the present.
import type { Json } from '@drover/kernel';
import { PageExpired, type View } from '@drover/ports';
import type { pinsOf } from './pins.sqlite.js';
import { isBusy, sqliteFault } from '../file/refusal.sqlite.js';
import type { Statements } from '../file/statements.sqlite.js';
import type { finder } from './view-find.sqlite.js';
import type { StoredView } from './view-rows.sqlite.js';

const rowAt = 'SELECT body FROM row WHERE view = ? AND key = ? AND since <= ? AND until > ?';

/** How long a lock keeps a list from being read on later. */
const LOCKED_MS = 2_000;

/** What reading takes. `ask`: asks once nobody has a lock on the file. */
interface ViewReaderPorts {
  readonly sql: Statements;
  readonly pins: ReturnType<typeof pinsOf>;
  readonly present: () => number;
  readonly ask: <Value>(question: () => Value) => Promise<Value>;
  readonly notePast: () => void;
}

/** A view with what finds in it. */
type Found = { readonly view: StoredView } & ReturnType<typeof finder>;

/** Reads the views of one group. */
export const viewReader = ({ sql, pins, present, ask, notePast }: ViewReaderPorts) => {
  /**
   * Notes that somebody is shown the present, before it is read: whoever writes next keeps what was so. A lock is waited for;
   * a file that takes nothing, or is locked for long, is read all the same: the list cannot be read on later.
   */
  const show = (since: number): number => {
    notePast();
    for (;;) {
      const now = present();
      try {
        pins.show(now);
      } catch (error) {
        if (!sqliteFault(error) || (isBusy(error) && performance.now() - since < LOCKED_MS)) throw error;
        return now;
      }
      if (present() === now) return now; // else another process wrote before it was noted
    }
  };
  return (name: string, { view, find, count }: Found): View<Json> => {
    const isPinned = view.definition.pinned ?? false;
    const revisionOf = (at: number | undefined, now: number) => {
      if (isPinned || at === undefined || at === now) return pins.must(at, now);
      throw new PageExpired(`${name} is kept as it is now, not as it was`);
    };
    return {
      get: (key, at) =>
        ask(() => {
          const revision = revisionOf(at, present());
          const row = sql(rowAt).get(view.id, key, revision, revision);
          return row ? (JSON.parse(String(row['body'])) as Json) : null;
        }),
      find: (query) => {
        const since = performance.now();
        return ask(() => {
          const isOfNow = query.at === undefined || query.at === present();
          const now = isPinned && isOfNow ? show(since) : present();
          const at = revisionOf(query.at, now);
          const found = find(query, at, at === now);
          // Another process may have written while it was read; what was noted is kept.
          return isPinned && at === now && present() !== now ? find(query, at, false) : found;
        });
      },
      count: (index) => ask(() => count(index)),
    };
  };
};
