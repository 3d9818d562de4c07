// Those whom nobody knows: their denials are counted and written together, and their guesses of secrets are bounded. Both
// are counted in this process alone. Never: more than one commit a minute for them, or a whole address in what is stored.
import { CommitId, sourceOf, type Actor, type Instant } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { AuditLog } from './audit.js';

/** What somebody unknown was refused: the route as the catalogue spells it, and the code of the refusal. */
export interface StrangersDenial {
  readonly route: string;
  readonly code: string;
}

/** Those who are not known: what they are refused is counted, and how often they may guess a secret is bounded. */
export interface Strangers {
  /** Counts a denial. It is written with the others, at most once a minute: nobody unknown decides how much is written. */
  denied(denial: StrangersDenial, address: string | undefined): void;
  /** Counts a wrong secret. Zero, or the seconds until the next may come from that address: five a minute may. */
  guessed(address: string | undefined): number;
  /** Writes what was counted; resolves when it is durable, or was reported. */
  flush(): Promise<void>;
}

/** What they are counted with. */
export interface StrangersOptions {
  readonly audit: Pick<AuditLog, 'recordAll'>;
  readonly clock: Clock;
  readonly report: (where: string, error: unknown) => void;
}

const MINUTE_MS = 60_000;
/** Pairs of address and route that are told apart within one minute; what comes on top is one row. */
const MOST_PAIRS = 1000;
const REST = '*';
const GUESSES = 5;
/** Addresses whose guesses are remembered. */
const MOST_ADDRESSES = 10_000;

interface Row extends StrangersDenial {
  readonly network?: string;
  readonly since: Instant;
  count: number;
}

/** Buckets of five, one for each address, that fill up within a minute. */
const guessesOf = (clock: Clock) => {
  const buckets = new Map<string, { left: number; at: number }>();
  return (from: string): number => {
    const now = clock.monotonic();
    const { left, at } = buckets.get(from) ?? { left: GUESSES, at: now };
    const filled = Math.min(GUESSES, left + ((now - at) / MINUTE_MS) * GUESSES);
    buckets.delete(from); // the order is that of use: the first is the one that guessed nothing for longest
    buckets.set(from, { left: filled >= 1 ? filled - 1 : filled, at: now });
    const [oldest] = buckets.keys();
    if (buckets.size > MOST_ADDRESSES && oldest !== undefined) buckets.delete(oldest);
    return filled >= 1 ? 0 : Math.ceil(((1 - filled) / GUESSES) * (MINUTE_MS / 1000));
  };
};

/** Adds to the row of a pair, or to that of the rest when there are too many pairs. */
const put = (rows: Map<string, Row>, pair: string, row: Row) => {
  const isRest = !rows.has(pair) && rows.size >= MOST_PAIRS;
  const key = isRest ? REST : pair;
  const known = rows.get(key);
  if (known) known.count += row.count;
  else rows.set(key, isRest ? { route: '*', code: '*', since: row.since, count: row.count } : row);
};

/** Those who are not known, of one process. */
export const strangersOf = ({ audit, clock, report }: StrangersOptions): Strangers => {
  const guess = guessesOf(clock);
  let rows = new Map<string, Row>();
  let cancel: (() => void) | null = null;

  const later = () => {
    cancel ??= clock.after(MINUTE_MS, () => void flush());
  };

  const write = async () => {
    cancel?.();
    cancel = null;
    if (rows.size === 0) return;
    const written = rows;
    rows = new Map();
    const facts = [...written.values()].map((row) => ({
      ...({ type: 'AuditDenialRecorded', right: null, target: null } as const),
      ...row,
    }));
    const nobody: Actor = { sub: 'anonymous', rights: [], requestId: CommitId.createAt(clock.now()) };
    await audit.recordAll(facts, nobody).catch((error: unknown) => {
      report('audit of strangers', error);
      for (const [pair, row] of rows) put(written, pair, row);
      rows = written;
      later();
    });
  };

  let writing = Promise.resolve();
  const flush = () => (writing = writing.then(write));

  return {
    denied: ({ route, code }, address = '') => {
      const { of, network } = sourceOf(address);
      put(rows, JSON.stringify([of, route, code]), { route, code, network, since: clock.now(), count: 1 });
      later();
    },
    guessed: (address = '') => guess(sourceOf(address).of),
    flush,
  };
};
