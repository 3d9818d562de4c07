// Reads the views of a group: as they are, or as they were at a revision that is still kept. A file that takes no writes is
// read all the same. Never: a write but the note that somebody was shown the present.
import type { Json } from '@drover/kernel';
import { PageExpired, type View } from '@drover/ports';
import type { pinsOf } from './pins.sqlite.js';
import { sqliteFault } from '../file/refusal.sqlite.js';
import type { Statements } from '../file/statements.sqlite.js';
import type { finder } from './view-find.sqlite.js';
import type { StoredView } from './view-rows.sqlite.js';

const rowAt = 'SELECT body FROM row WHERE view = ? AND key = ? AND since <= ? AND until > ?';

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
  /** A file that takes nothing is read all the same: the list cannot be read on later. */
  const show = (revision: number) => {
    try {
      notePast();
      pins.show(revision);
    } catch (error) {
      if (!sqliteFault(error)) throw error;
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
      find: (query) =>
        ask(() => {
          const now = present();
          const at = revisionOf(query.at, now);
          const found = find(query, at, at === now);
          if (isPinned && at === now) show(at);
          return found;
        }),
      count: (index) => ask(() => count(index)),
    };
  };
};
