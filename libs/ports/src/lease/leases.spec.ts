import { expect, it } from '@jest/globals';
import { virtualClock } from '../clock/clock.memory.js';
import type { LeaseStore } from './lease.js';
import { memoryLeaseStore } from './lease.memory.js';
import { leasesOn } from './leases.js';

const open = (change: (store: LeaseStore) => Partial<LeaseStore> = () => ({})) => {
  const clock = virtualClock();
  const right = memoryLeaseStore();
  const told: unknown[] = [];
  const store = { ...right, ...change(right) };
  const leases = leasesOn({ clock, store, holder: 'one', report: (_, error) => told.push(error) });
  return { clock, right, told, leases };
};

it('keeps a lease whose renewal was written and its answer lost', async () => {
  let losing = false;
  const { clock, leases, told } = open((store) => ({
    replace: async (...swap) => {
      const done = await store.replace(...swap);
      if (losing) throw new Error('the answer is lost');
      return done;
    },
  }));
  const lease = await leases.take('a');
  losing = true;
  await clock.advance(3_000);
  losing = false;
  await clock.advance(60_000);
  expect([lease?.isHeld(), told.length]).toEqual([true, 1]);
});

it('is over when the store takes no renewal until its end, and can be taken anew once it does', async () => {
  let broken = false;
  const { clock, leases, told } = open((store) => ({
    replace: async (...swap) => {
      if (broken) throw new Error('the disk is full');
      return store.replace(...swap);
    },
  }));
  const lease = await leases.take('a');
  broken = true;
  await clock.advance(7_000);
  expect(lease?.isHeld()).toBe(true);
  await clock.advance(2_000);
  expect([lease?.isHeld(), lease?.signal.aborted, told.length > 1]).toEqual([false, true, true]);
  broken = false;
  expect((await leases.take('a'))?.isHeld()).toBe(true);
});

it('leaves the row free when it is released while a renewal is on its way', async () => {
  let slow = () => {};
  let waits = false;
  const { clock, leases, right } = open((store) => ({
    replace: async (...swap) => {
      if (waits) await new Promise<void>((done) => (slow = done));
      return store.replace(...swap);
    },
  }));
  const lease = await leases.take('a');
  waits = true;
  await clock.advance(3_000);
  waits = false;
  const released = lease?.release();
  slow();
  await released;
  expect(await right.read('a')).toMatchObject({ holder: null });
});

it('gives the same lease to all parts of the process that ask for it', async () => {
  const { leases } = open();
  const [one, two] = await Promise.all([leases.take('a'), leases.take('a')]);
  expect([one === two, (await leases.take('a')) === one, one?.isHeld()]).toEqual([true, true, true]);
});
