import { describe } from '@jest/globals';
import { turnsRed } from '../laws/testing.js';
import { leaseLaws, ownLeaseLaws, type LeaseBench } from './lease.contract.js';
import type { Lease, Leases, LeaseStore } from './lease.js';
import { memoryLeaseStore } from './lease.memory.js';
import { leasesOn, type LeasesOptions } from './leases.js';
import { soleLeases } from './sole-leases.js';

const benchOf = (
  store: LeaseStore = memoryLeaseStore(),
  leases: (options: LeasesOptions) => Leases = leasesOn,
): LeaseBench => ({ handle: () => store, leases });
const right = () => benchOf();

/** Leases that are changed on their way out. */
const leasesWith = (change: (lease: Lease, options: LeasesOptions) => Partial<Lease>) =>
  benchOf(undefined, (options) => {
    const leases = leasesOn(options);
    const take: Leases['take'] = async (name) => {
      const lease = await leases.take(name);
      return lease && { ...lease, ...change(lease, options) };
    };
    return { ...leases, take };
  });

/** Wrong on purpose: it writes whatever stands there. */
const blind = () => {
  const store = memoryLeaseStore();
  const replace: LeaseStore['replace'] = async (name, _expected, next) =>
    store.replace(name, await store.read(name), next);
  return benchOf({ ...store, replace });
};

/** Wrong on purpose: each handle has rows of its own. */
const apart = (): LeaseBench => ({ handle: memoryLeaseStore, leases: leasesOn });

/** Wrong on purpose: it never renews. */
const lazy = () => benchOf(undefined, (options) => leasesOn({ ...options, renewMs: 1e9 }));

/** Wrong on purpose: a holder that was silent for half its time is followed. */
const hasty = () =>
  benchOf(undefined, (options) => leasesOn({ ...options, ttlMs: 5_000, renewMs: 3_000, marginMs: 2_000 }));

/** Wrong on purpose: what is released stays taken. */
const clinging = () => leasesWith(() => ({ release: async () => {} }));

/** Wrong on purpose: beats begin anew once a lease was released. */
const forgetful = () => {
  const store = memoryLeaseStore();
  const gone = new Map<string, { holder: string | null; beat: number } | null>();
  return benchOf({
    read: async (name) => {
      const row = await store.read(name);
      return row && gone.has(name) ? { ...row, beat: row.beat - (gone.get(name)?.beat ?? 0) } : row;
    },
    replace: async (name, expected, next) => {
      const off = gone.get(name)?.beat ?? 0;
      const up = (row: typeof next) => ({ ...row, beat: row.beat + off });
      const done = await store.replace(name, expected && up(expected), up(next));
      if (done && next.holder === null) gone.set(name, up(next));
      return done;
    },
  });
};

/** Wrong on purpose: its end is noticed by a timer alone. */
const timed = () => leasesWith((lease) => ({ isHeld: () => !lease.signal.aborted }));

/** Wrong on purpose: it may act to the last moment. */
const marginless = () => benchOf(undefined, (options) => leasesOn({ ...options, marginMs: 0 }));

/** Wrong on purpose: it says that there is time. */
const unhurried = () => benchOf(undefined, (options) => ({ ...leasesOn(options), askAgainMs: 60_000 }));

/** Leases whose other times are not what they should be. */
const timedAs = (withTtl: (options: LeasesOptions, leases: Leases) => Leases['withTtl']) =>
  benchOf(undefined, (options) => {
    const leases = leasesOn(options);
    return { ...leases, withTtl: withTtl(options, leases) };
  });

/** Wrong on purpose: of every lease it waits the same time. */
const uniform = () => timedAs((_, leases) => () => leases);

/** Wrong on purpose: what it holds for another time it renews as seldom as the rest. */
const sluggish = () => timedAs((options) => (ttlMs) => leasesOn({ ...options, ttlMs, renewMs: 3_000 }));

/** Wrong on purpose: for each time it is another process. */
const divided = () => timedAs((options) => (ttlMs) => leasesOn({ ...options, ttlMs }));

/** Wrong on purpose: it ends and lets go of nothing. */
const leaving = () => benchOf(undefined, (options) => ({ ...leasesOn(options), close: async () => {} }));

const row = 'a row is changed by who saw it as it is, and by nobody else';
const once = 'of many that take a lease at once one holds it';
const living = 'a holder that lives is not followed, however long others ask';
const silent = 'a silent holder is followed after a whole TTL, as the follower saw it, and not before';
const free = 'a lease that was released is free at once';
const again = 'who took it again is not followed for the silence that was seen before';
const sleeping = 'who sleeps past his lease may not act when he wakes, before any timer ran';
const soon = 'who asks as often as it is told to follows soon after a silence, and nobody who lives';
const margin = 'a lease is over for its holder before anybody may follow';

const other = 'a lease with a time of its own is followed after that time, and one beside it after its own';
const brief = 'a holder with a time of its own that lives is not followed, and one that sleeps is over before';
const whole = 'a process sees and releases what it holds, whatever its time';

turnsRed(leaseLaws, right, [
  [blind, row, sleeping],
  [apart, row, once, living, silent, again, sleeping, margin, soon, other, brief],
  [lazy, living, sleeping, soon],
  [hasty, living, silent, sleeping, margin, soon],
  [unhurried, soon],
  [clinging, free, again],
  [forgetful, row, again],
  [timed, sleeping, margin],
  [marginless, margin],
  [uniform, other, brief],
  [sluggish, brief, whole],
  [divided, whole],
  [leaving, whole, 'a process that ends releases all that it holds'],
]);

const sole = async () => soleLeases('one');
/** Sole leases that are changed on their way out. */
const soleWith = (change: (leases: Leases) => Partial<Leases>) => {
  const leases = soleLeases('one');
  return { ...leases, ...change(leases) };
};
/** Wrong on purpose: each take makes a lease of its own. */
const doubling = async () => soleWith((leases) => ({ take: async (name) => ({ ...(await leases.take(name))! }) }));
/** Wrong on purpose: what was released is still held. */
const holding = async () =>
  soleWith((leases) => ({ take: async (name) => Object.assign((await leases.take(name))!, { isHeld: () => true }) }));
/** Wrong on purpose: a release ends them all. */
const sweeping = async () =>
  soleWith((leases) => ({
    take: async (name) => Object.assign((await leases.take(name))!, { release: leases.close }),
  }));
/** Wrong on purpose: everybody is alive. */
const trusting = async () => soleWith(() => ({ isAlive: async () => true }));
/** Wrong on purpose: what it holds outlives it. */
const outliving = async () => soleWith(() => ({ close: async () => {} }));

describe("the laws of a process's own leases", () =>
  turnsRed(ownLeaseLaws, sole, [
    [doubling, 'a lease that was taken is held, and taken again it is the same'],
    [
      holding,
      'one that was released is over for its holder at once, and can be taken anew',
      'leases of other names go on',
      'a process that ends holds nothing',
    ],
    [sweeping, 'leases of other names go on'],
    [trusting, 'alive is who holds the lease, and nobody else'],
    [outliving, 'a process that ends holds nothing'],
  ]));
