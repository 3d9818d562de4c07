import { expect, it } from '@jest/globals';
import { loopShare } from './loop-share.js';

const turn = () => new Promise((done) => setImmediate(done));

/** A share by a clock that is moved by what is done. */
const share = (ms: number) => {
  let now = 0;
  const { run } = loopShare(() => now, ms);
  const done: string[] = [];
  /** Many slices of one work. */
  const work = async (name: string, slices: number, cost: number) => {
    for (let n = 0; n < slices; n++)
      await run(async () => {
        now += cost;
        done.push(name);
      });
  };
  return { run, work, done };
};

it('K36: several works take no more of a turn together than their share', async () => {
  const { work, done } = share(10);
  const all = Promise.all([work('a', 10, 4), work('b', 10, 4), work('c', 10, 4)]);
  let before = 0;
  for (let turns = 0; done.length < 30; turns++) {
    await turn();
    // Three slices of 4 ms: the third was begun before the share was spent.
    expect(done.length - before).toBeLessThanOrEqual(3);
    before = done.length;
    expect(turns).toBeLessThan(40);
  }
  await all;
});

it('K36: a work that comes later in a turn whose share is spent waits for the next', async () => {
  const { work, done } = share(10);
  await work('a', 1, 50);
  const later = work('b', 1, 1);
  for (let n = 0; n < 20; n++) await Promise.resolve();
  expect(done).toEqual(['a']);
  await later;
  expect(done).toEqual(['a', 'b']);
});

it('takes works in turn, so a long one does not keep a short one from its end', async () => {
  const { work, done } = share(1000);
  await Promise.all([work('long', 5, 1), work('short', 2, 1)]);
  expect(done.slice(0, 4)).toEqual(['long', 'short', 'long', 'short']);
});

it('does not wait for a slice that waits for something outside', async () => {
  const { run, work, done } = share(10);
  void run(() => new Promise<never>(() => {}));
  await work('next', 3, 1);
  expect(done).toEqual(['next', 'next', 'next']);
});

it('goes on after a slice that fails, and gives the failure to who asked for it', async () => {
  const { run, work, done } = share(10);
  const failing = run(() => Promise.reject(new Error('disk')));
  const next = work('next', 1, 1);
  await expect(failing).rejects.toThrow('disk');
  await next;
  expect(done).toEqual(['next']);
});

it('K45: work that makes work for the others begins when none of theirs waits', async () => {
  const { run, runSpare } = loopShare(() => 0, 10);
  const done: string[] = [];
  const work = async (name: string, of: typeof run, slices: number) => {
    for (let n = 0; n < slices; n++) await of(async () => void done.push(name));
  };
  await Promise.all([work('spare', runSpare, 2), work('a', run, 3), work('b', run, 1)]);
  expect(done.slice(-1)).toEqual(['spare']);
  expect(done.filter((name) => name !== 'spare')).toEqual(['a', 'b', 'a', 'a']);
  expect(done.indexOf('a')).toBeLessThan(2); // only what had begun before goes first
  await work('spare', runSpare, 1);
  expect(done.filter((name) => name === 'spare')).toHaveLength(3);
});
