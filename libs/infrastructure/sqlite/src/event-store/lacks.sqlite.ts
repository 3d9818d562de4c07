// What a store lacks of what it had: what its anchor, its readers and the data directory know of it, compared with what is
// there. SQLite answers a damaged write-ahead log by dropping its end in silence, and an older copy looks healthy. Never: a
// write.
import type { DatabaseSync } from 'node:sqlite';
import { anchorAt } from './anchor.sqlite.js';
import { chainOf, saysFault, START, type ChainFault } from './chain.sqlite.js';
import { hashOfRow, namedIn, type CommitReader } from './commits.sqlite.js';
import type { StoreName } from '../data/origins.sqlite.js';

/** The commits at the end that are looked at whenever a store is opened. */
const CHECKED = 500;

/** What others know of a store: who wrote down what it had. */
export interface KnownStore {
  /** What the store is called in sentences: the service it belongs to. */
  readonly service: string;
  /** Which store it is; null when nobody noted it yet. */
  readonly name: StoreName | null;
  /** How far it had got, by each who says so. */
  readonly reached: readonly { readonly by: string; readonly position: number }[];
}

/** Something that a store lacks. A foreign file is never accepted. `from`, `to`: the positions that are missing. */
export type Lack =
  | { readonly is: 'foreign'; readonly says: string }
  | { readonly is: 'older'; readonly says: string }
  | { readonly is: 'short'; readonly says: string; readonly from: number; readonly to: number }
  | { readonly is: 'damaged'; readonly says: string; readonly faults: readonly ChainFault[] }
  | { readonly is: 'unsure'; readonly says: string };

/** A store as it was found. */
interface FoundStore {
  readonly path: string;
  readonly db: DatabaseSync;
  readonly reader: CommitReader;
  readonly lost: ReadonlyMap<number, string>;
  readonly name: StoreName | null;
  readonly anchorPath?: string;
  readonly known?: KnownStore;
}

const range = (from: number, to: number) => (from === to ? `position ${from} is` : `positions ${from} to ${to} are`);
const list = (words: readonly string[]) => words.join(' and ');

/** The last commits. */
const endOf = ({ db, reader, lost }: FoundStore, head: number) => {
  const from = Math.max(0, head - CHECKED);
  const row = from === 0 ? undefined : reader.one(from);
  const reached = from === 0 ? START : { position: from, hash: lost.get(from) ?? (row ? hashOfRow(row) : null) };
  return chainOf(db, reader, lost).look(reached, CHECKED).faults;
};

const byName = ({ name, known, path }: FoundStore): Lack | null => {
  const expected = known?.name;
  if (!expected || !name) return null;
  if (name.id !== expected.id)
    return {
      is: 'foreign',
      says: `The file at ${path} is not the store that format.json names: put back the right one.`,
    };
  return name.run < expected.run
    ? { is: 'older', says: 'It is a copy from before the last loss that was accepted' }
    : null;
};

const byReach = ({ known }: FoundStore, head: number, anchored: number): Lack | null => {
  const reached = [...(anchored > 0 ? [{ by: 'its anchor', position: anchored }] : []), ...(known?.reached ?? [])];
  const to = Math.max(0, ...reached.map(({ position }) => position));
  if (to <= head) return null;
  const witnesses = [...new Set(reached.filter(({ position }) => position > head).map(({ by }) => by))];
  const end = head === 0 ? 'It holds nothing' : `It ends at position ${head}`;
  return {
    is: 'short',
    says: `${end}, but ${range(head + 1, to)} known to have been stored (by ${list(witnesses)})`,
    from: head + 1,
    to,
  };
};

/** What the store lacks; null when nothing is known to be missing. */
export const lackOf = (store: FoundStore): Lack | null => {
  const foreign = byName(store);
  if (foreign?.is === 'foreign') return foreign;
  const tail = store.reader.tail();
  const faults = endOf(store, tail.position);
  if (faults.length > 0) return { is: 'damaged', says: `It is damaged: ${faults.map(saysFault).join('; ')}`, faults };
  let anchor;
  try {
    anchor = store.anchorPath === undefined ? null : anchorAt(store.anchorPath);
  } catch {
    return {
      is: 'unsure',
      says: `Its anchor at ${store.anchorPath} cannot be read, so nobody knows whether it is whole`,
    };
  }
  const short = byReach(store, tail.position, anchor?.position ?? 0);
  if (short || foreign || !anchor) return short ?? foreign;
  const { position, id, hash } = anchor;
  const [commit] = store.reader.after(position - 1, 1);
  const row = store.reader.one(position);
  const same =
    commit?.position === position &&
    commit.commitId === id &&
    row &&
    (store.lost.get(position) ?? hashOfRow(row)) === hash;
  if (same) return null;
  const one: ChainFault = { position, of: row ? namedIn(row) : null, is: 'was changed', hash };
  return position === tail.position
    ? { is: 'damaged', says: `It is damaged: ${saysFault(one)}`, faults: [one] }
    : { is: 'older', says: `The commit at position ${position} is not the one that was stored there` };
};

/** What is missing, in one sentence. */
export const saysMissing = (lack: Lack, service: string | undefined) => {
  if (lack.is === 'foreign') return lack.says;
  const who = service === undefined ? 'The store' : `The ${service} store`;
  return `${who} lacks what it had: ${lack.says.charAt(0).toLowerCase()}${lack.says.slice(1)}.`;
};

/** What is missing, and the remedy: which backup would fit, and how the loss is accepted. */
export const saysLack = (lack: Lack, service: string | undefined) => {
  if (lack.is === 'foreign') return lack.says;
  const what = saysMissing(lack, service);
  const fits = lack.is === 'short' ? ` that reaches position ${lack.to}` : '';
  const otherwise = service === undefined ? '' : `, or accept the loss: npm run store -- accept-loss ${service}`;
  return `${what} Restore a backup${fits}${otherwise}.`;
};
