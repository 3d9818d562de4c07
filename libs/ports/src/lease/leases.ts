// Who holds a lease, and until when. A holder shows by its beat that it lives; whoever wants to follow it watches the beat
// on its own monotonic clock for a whole TTL. Never: two clocks compared; it must matter to nobody that one is wrong.
import type { ProcessRunId } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { Lease, LeaseRow, Leases, LeaseStore } from './lease.js';

/** How leases are held. */
export interface LeasesOptions {
  readonly clock: Clock;
  readonly store: LeaseStore;
  /** This process, as one incarnation. */
  readonly holder: ProcessRunId;
  /** How long a holder may be silent, where nothing else is said of a lease: 10 s. */
  readonly ttlMs?: number;
  /** How often a lease is renewed: about three times in that time. */
  readonly renewMs?: number;
  /** How long before its end a lease counts as over for its holder: for what is on its way then. */
  readonly marginMs?: number;
  readonly report: (where: string, error: unknown) => void;
}

/** What was last seen of a row, and when this process first saw it so. */
interface Seen {
  readonly row: LeaseRow;
  readonly since: number;
}

const TTL_MS = 10_000;

type Times = Required<Pick<LeasesOptions, 'ttlMs' | 'renewMs' | 'marginMs'>>;
const timesOf = (ttlMs: number): Times => ({ ttlMs, renewMs: ttlMs * 0.3, marginMs: ttlMs / 5 });

/** Holds nothing yet. */
export const leasesOn = (options: LeasesOptions): Leases => {
  const { clock, store, holder, report } = options;
  const usual = timesOf(options.ttlMs ?? TTL_MS);
  const seen = new Map<string, Seen>();
  const held = new Map<string, Lease>();
  const taking = new Map<string, Promise<Lease | null>>();

  /** The row now, and how long this process has seen it unchanged. */
  const watched = async (name: string): Promise<{ readonly row: LeaseRow | null; readonly quietMs: number }> => {
    const row = await store.read(name);
    const now = clock.monotonic(); // after the answer: what was written while it was on its way is not older than that
    const before = seen.get(name);
    if (row && before?.row.beat === row.beat) return { row, quietMs: now - before.since };
    if (row) seen.set(name, { row, since: now });
    else seen.delete(name);
    return { row, quietMs: 0 };
  };

  const hold = (name: string, first: LeaseRow, sentAt: number, { ttlMs, renewMs, marginMs }: Times): Lease => {
    const over = new AbortController();
    let row = first;
    let until = sentAt + ttlMs - marginMs; // reckoned from before the write: others may have seen it so long
    let [rest, end] = [() => {}, () => {}];
    const isHeld = () => !over.signal.aborted && clock.monotonic() < until;
    const lose = () => {
      if (held.get(name) === lease) held.delete(name);
      [rest, end].forEach((cancel) => cancel());
      over.abort(new Error(`the lease ${name} is over`));
    };
    const watchEnd = () => {
      end();
      if (over.signal.aborted) return;
      end = clock.after(until - clock.monotonic(), () => (isHeld() ? watchEnd() : lose()));
    };
    const beat = async () => {
      const asked = clock.monotonic();
      const next = { holder, beat: row.beat + 1 };
      if (!(await store.replace(name, row, next))) {
        const found = await store.read(name);
        if (found?.holder !== holder) return lose();
        row = found; // an earlier beat was written and its answer lost
        return beat();
      }
      row = next;
      until = asked + ttlMs - marginMs;
      watchEnd();
    };
    let beating: Promise<unknown> = Promise.resolve();
    const goOn = () => {
      rest = clock.after(renewMs, () => {
        // Where the store is in the way it is tried again, until the lease is over.
        beating = beat().catch((error: unknown) => report(`lease ${name}`, error));
        void beating.then(() => over.signal.aborted || goOn());
      });
    };
    const lease: Lease = {
      ...{ name, holder, isHeld, signal: over.signal },
      release: async () => {
        if (over.signal.aborted) return;
        lose();
        await beating;
        await store.replace(name, row, { holder: null, beat: row.beat + 1 });
      },
    };
    held.set(name, lease);
    watchEnd();
    goOn();
    return lease;
  };

  const tryToTake = async (name: string, times: Times): Promise<Lease | null> => {
    const { row, quietMs } = await watched(name);
    // A lease of this process that is over acts no more: it need not wait for itself.
    const isFree = !row || row.holder === null || row.holder === holder || quietMs >= times.ttlMs;
    if (!isFree) return null;
    const sentAt = clock.monotonic();
    const next = { holder, beat: (row?.beat ?? 0) + 1 };
    return (await store.replace(name, row, next)) ? hold(name, next, sentAt, times) : null;
  };

  /** All that this process holds, as whoever holds and watches it for such times asks for it. */
  const heldFor = (times: Times): Leases => ({
    take: (name) => {
      const mine = held.get(name);
      if (mine?.isHeld()) return Promise.resolve(mine);
      const asked = taking.get(name) ?? tryToTake(name, times).finally(() => taking.delete(name));
      taking.set(name, asked);
      return asked;
    },
    isAlive: async (name, who) => {
      const { row, quietMs } = await watched(name);
      return row?.holder === who && quietMs < times.ttlMs;
    },
    holds: (name) => held.get(name)?.isHeld() ?? false,
    askAgainMs: times.renewMs,
    withTtl: (other) => heldFor(timesOf(other)),
    close: async () => void (await Promise.all([...held.values()].map((lease) => lease.release()))),
  });
  return heldFor({ ...usual, ...options });
};
