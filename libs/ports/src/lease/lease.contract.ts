// The laws of leases, on clocks that a test can stall: one holder at a time, nobody follows before a whole TTL of silence,
// and a holder that slept knows it before any timer ran. Never: compare two clocks in a law; no adapter may need that.
import { expect } from '@jest/globals';
import type { Clock } from '../clock/clock.js';
import { virtualClock } from '../clock/clock.memory.js';
import { closing, lawsApart, type Laws } from '../laws/testing.js';
import type { LeaseStore, Leases } from './lease.js';
import type { LeasesOptions } from './leases.js';

/** What the suite runs on: handles of one store, as each process has one, and leases on such a handle. */
export interface LeaseBench {
  handle(): LeaseStore;
  leases(options: LeasesOptions): Leases;
  close?(): Promise<void>;
}

const NAME = 'journal-writer';
const TTL_MS = 10_000;
/** Of a lease whose work must go on soon. */
const SHORT_MS = 3_000;

/** A process: its own handle and its own clock, which a test can stall: time passes and no timer runs. */
const processOn = (bench: LeaseBench, holder: string) => {
  const clock = virtualClock();
  let stalledMs = 0;
  const own: Clock = { ...clock, monotonic: () => clock.monotonic() + stalledMs };
  const leases = bench.leases({ clock: own, store: bench.handle(), holder, report: () => {} });
  return { leases, clock, stall: (ms: number) => void (stalledMs += ms) };
};
const processes = (bench: LeaseBench) => [processOn(bench, 'one'), processOn(bench, 'two')] as const;

/** Lets the same time pass for all, second by second, and has `each` look in between. */
const pass = async (
  ms: number,
  all: readonly { readonly clock: { advance(ms: number): Promise<void> } }[],
  each: () => Promise<unknown> = async () => {},
) => {
  for (let passed = 0; passed < ms; passed += 1_000) {
    for (const { clock } of all) await clock.advance(1_000);
    await each();
  }
};

/** The laws of leases and of the store that they stand in, each with its test. */
export const leaseLaws = {
  'a row is changed by who saw it as it is, and by nobody else': async (bench) => {
    const [one, two] = [bench.handle(), bench.handle()];
    const first = { holder: 'a', beat: 1 };
    expect([await one.read(NAME), await one.replace(NAME, null, first)]).toEqual([null, true]);
    expect(await two.read(NAME)).toEqual(first);
    expect([await two.replace(NAME, null, { holder: 'b', beat: 1 }), await two.read(NAME)]).toEqual([false, first]);
    const stale = { holder: 'a', beat: 7 };
    expect(await one.replace(NAME, stale, { holder: 'b', beat: 8 })).toBe(false);
    expect(await two.replace(NAME, first, { holder: null, beat: 2 })).toBe(true);
    expect([await one.read(NAME), await one.read('other')]).toEqual([{ holder: null, beat: 2 }, null]);
  },

  'of many that take a lease at once one holds it': async (bench) => {
    const all = Array.from({ length: 20 }, (_, n) => processOn(bench, `p${n}`));
    const taken = await Promise.all(all.map(({ leases }) => leases.take(NAME)));
    expect(taken.filter((lease) => lease?.isHeld())).toHaveLength(1);
  },

  'a holder that lives is not followed, however long others ask': async (bench) => {
    const [one, two] = processes(bench);
    const lease = await one.leases.take(NAME);
    await pass(60_000, [one, two], async () => expect(await two.leases.take(NAME)).toBeNull());
    expect([lease?.isHeld(), await two.leases.isAlive(NAME, 'one')]).toEqual([true, true]);
  },

  'a silent holder is followed after a whole TTL, as the follower saw it, and not before': async (bench) => {
    const [one, two] = processes(bench);
    await one.leases.take(NAME);
    await pass(60_000, [two]); // nobody looked: nothing was seen to be silent
    expect([await two.leases.take(NAME), await two.leases.isAlive(NAME, 'one')]).toEqual([null, true]);
    await pass(TTL_MS - 1_000, [two]);
    expect([await two.leases.take(NAME), await two.leases.isAlive(NAME, 'one')]).toEqual([null, true]);
    await pass(1_000, [two]);
    expect(await two.leases.isAlive(NAME, 'one')).toBe(false);
    expect((await two.leases.take(NAME))?.isHeld()).toBe(true);
  },

  'a lease that was released is free at once': async (bench) => {
    const [one, two] = processes(bench);
    const lease = await one.leases.take(NAME);
    await lease?.release();
    expect([lease?.isHeld(), lease?.signal.aborted, one.leases.holds(NAME)]).toEqual([false, true, false]);
    expect(await two.leases.isAlive(NAME, 'one')).toBe(false);
    expect((await two.leases.take(NAME))?.isHeld()).toBe(true);
    expect([one.leases.holds(NAME), two.leases.holds(NAME)]).toEqual([false, true]);
    expect(await two.leases.isAlive(NAME, 'two')).toBe(true);
  },

  'who took it again is not followed for the silence that was seen before': async (bench) => {
    const [one, two] = processes(bench);
    const first = await one.leases.take(NAME);
    await two.leases.take(NAME); // it saw the first beat
    await first?.release();
    await pass(TTL_MS, [two]);
    const again = await one.leases.take(NAME);
    expect([again?.isHeld(), await two.leases.take(NAME)]).toEqual([true, null]);
  },

  'who sleeps past his lease may not act when he wakes, before any timer ran': async (bench) => {
    const [one, two] = processes(bench);
    const lease = await one.leases.take(NAME);
    await two.leases.take(NAME);
    one.stall(TTL_MS);
    expect([lease?.isHeld(), lease?.signal.aborted]).toEqual([false, false]);
    await pass(TTL_MS, [two]);
    const follower = await two.leases.take(NAME);
    await pass(5_000, [one, two]);
    expect([lease?.isHeld(), lease?.signal.aborted, follower?.isHeld()]).toEqual([false, true, true]);
    expect(await one.leases.take(NAME)).toBeNull();
  },

  'a lease is over for its holder before anybody may follow': async (bench) => {
    const [one, two] = processes(bench);
    const lease = await one.leases.take(NAME);
    await two.leases.take(NAME);
    one.stall(TTL_MS - 1_000);
    await pass(TTL_MS - 1_000, [two]);
    expect([lease?.isHeld(), await two.leases.take(NAME)]).toEqual([false, null]);
  },

  'who asks as often as it is told to follows soon after a silence, and nobody who lives': async (bench) => {
    const [one, two] = processes(bench);
    const { askAgainMs } = two.leases;
    expect(askAgainMs > 0 && askAgainMs < TTL_MS).toBe(true);
    await one.leases.take(NAME);
    for (let passed = 0; passed < 60_000; passed += askAgainMs) {
      for (const { clock } of [one, two]) await clock.advance(askAgainMs);
      expect(await two.leases.take(NAME)).toBeNull();
    }
    let waited = 0;
    for (; (await two.leases.take(NAME)) === null && waited < 60_000; waited += askAgainMs)
      await two.clock.advance(askAgainMs);
    expect(waited).toBeLessThanOrEqual(TTL_MS + 2 * askAgainMs);
  },

  'a lease with a time of its own is followed after that time, and one beside it after its own': async (bench) => {
    const [one, two] = processes(bench);
    await one.leases.withTtl(SHORT_MS).take('short');
    await one.leases.take('usual');
    const short = two.leases.withTtl(SHORT_MS);
    const followed = async () => {
      const taken = [await short.take('short'), await two.leases.take('usual')];
      return taken.map((lease) => lease !== null);
    };
    expect(await followed()).toEqual([false, false]);
    await pass(SHORT_MS - 1_000, [two]);
    expect(await followed()).toEqual([false, false]);
    expect(await short.isAlive('short', 'one')).toBe(true);
    await pass(1_000, [two]);
    expect(await short.isAlive('short', 'one')).toBe(false);
    expect(await followed()).toEqual([true, false]);
    await pass(TTL_MS - SHORT_MS, [two]);
    expect(await followed()).toEqual([true, true]);
  },

  'a holder with a time of its own that lives is not followed, and one that sleeps is over before': async (bench) => {
    const [one, two] = processes(bench);
    const [short, other] = [one.leases.withTtl(SHORT_MS), two.leases.withTtl(SHORT_MS)];
    const lease = await short.take(NAME);
    expect(other.askAgainMs > 0 && other.askAgainMs < SHORT_MS).toBe(true);
    for (let passed = 0; passed < 30_000; passed += other.askAgainMs) {
      for (const { clock } of [one, two]) await clock.advance(other.askAgainMs);
      expect(await other.take(NAME)).toBeNull();
    }
    one.stall(SHORT_MS - 500);
    expect(lease?.isHeld()).toBe(false);
  },

  'a process sees and releases what it holds, whatever its time': async (bench) => {
    const [one, two] = processes(bench);
    const short = one.leases.withTtl(SHORT_MS);
    const lease = await short.take(NAME);
    expect([one.leases.holds(NAME), short.holds(NAME), two.leases.holds(NAME)]).toEqual([true, true, false]);
    await one.leases.close();
    expect([lease?.signal.aborted, (await two.leases.take(NAME))?.isHeld()]).toEqual([true, true]);
  },

  'a process that ends releases all that it holds': async (bench) => {
    const [one, two] = processes(bench);
    const taken = [await one.leases.take('a'), await one.leases.take('b')];
    await one.leases.close();
    expect(taken.map((lease) => lease?.signal.aborted)).toEqual([true, true]);
    expect([(await two.leases.take('a'))?.isHeld(), (await two.leases.take('b'))?.isHeld()]).toEqual([true, true]);
  },
} satisfies Laws<LeaseBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const leaseContract = (name: string, open: () => Promise<LeaseBench>) =>
  lawsApart(`${name} keeps the laws of leases`, leaseLaws, open, closing);

/** What one process sees of its leases, however they are held. */
export const ownLeaseLaws = {
  'a lease that was taken is held, and taken again it is the same': async (leases) => {
    const lease = await leases.take(NAME);
    expect([lease?.isHeld(), lease?.signal.aborted, leases.holds(NAME), lease?.name]).toEqual([
      true,
      false,
      true,
      NAME,
    ]);
    expect(await leases.take(NAME)).toBe(lease);
  },

  'one that was released is over for its holder at once, and can be taken anew': async (leases) => {
    const first = await leases.take(NAME);
    await first?.release();
    expect([first?.isHeld(), first?.signal.aborted, leases.holds(NAME)]).toEqual([false, true, false]);
    const second = await leases.take(NAME);
    expect([second?.isHeld(), first?.isHeld(), leases.holds(NAME)]).toEqual([true, false, true]);
  },

  'leases of other names go on': async (leases) => {
    const [one, other] = [await leases.take(NAME), await leases.take('other')];
    await one?.release();
    expect([one?.isHeld(), other?.isHeld(), leases.holds('other')]).toEqual([false, true, true]);
  },

  'alive is who holds the lease, and nobody else': async (leases) => {
    const holder = (await leases.take(NAME))?.holder ?? '';
    const alive = [leases.isAlive(NAME, holder), leases.isAlive(NAME, 'nobody'), leases.isAlive('other', holder)];
    expect(await Promise.all(alive)).toEqual([true, false, false]);
  },

  'a process that ends holds nothing': async (leases) => {
    const all = [await leases.take(NAME), await leases.withTtl(3_000).take('other')];
    await leases.close();
    expect(all.map((lease) => lease?.isHeld())).toEqual([false, false]);
    expect([leases.holds(NAME), leases.holds('other')]).toEqual([false, false]);
  },
} as const satisfies Laws<Leases>;

/** Leases of one process keep the laws of theirs, also where no other process can come. */
export const ownLeaseContract = (name: string, open: () => Promise<Leases>) =>
  lawsApart(`${name} keeps the laws of a process's own leases`, ownLeaseLaws, open);
