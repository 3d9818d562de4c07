// Working rows in memory, for specs. Never: an object that is shared with a caller; text is kept, as on a disk.
import type { Json } from '@drover/kernel';
import type { WorkStore } from './work-store.js';

/** The reference adapter. It keeps text, as a disk does. */
export const memoryWorkStore = (): WorkStore => {
  const kinds = new Map<string, Map<string, string>>();
  let writes = 0;
  const of = (kind: string) => kinds.get(kind) ?? kinds.set(kind, new Map()).get(kind)!;
  return {
    rows: async (kind, { from = '', limit = Infinity } = {}) =>
      [...of(kind)]
        .filter(([key]) => key >= from)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .slice(0, limit)
        .map(([key, text]) => ({ key, row: JSON.parse(text) as Json })),
    write: async (rows) => {
      const texts = rows.map(({ kind, key, row }) => [kind, key, row === null ? null : JSON.stringify(row)] as const);
      if (texts.length > 0) writes += 1;
      for (const [kind, key, text] of texts)
        if (text === null) of(kind).delete(key);
        else of(kind).set(key, text);
    },
    stamp: async () => String(writes),
  };
};
