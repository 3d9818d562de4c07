import { Instant } from '@drover/kernel';
import { turnsRed } from '../laws/testing.js';
import { clockLaws } from './clock.contract.js';
import { virtualClock } from './clock.memory.js';
import type { Clock } from './clock.js';

const benchOf = (change: (clock: Clock) => Partial<Clock> = () => ({})) => {
  const virtual = virtualClock();
  return { clock: { ...virtual, ...change(virtual) }, pass: () => virtual.advance(20), jump: virtual.jump };
};

/** Wrong on purpose: it looks at the time of day once, when the process starts. */
const standing = () =>
  benchOf(({ now }) => ({
    now: (
      (then) => () =>
        then
    )(now()),
  }));

/** Wrong on purpose: it counts by the time of day. */
const following = () => benchOf(({ now }) => ({ monotonic: () => Date.parse(now()) }));

/** Wrong on purpose: it waits for a time of day. */
const dated = () =>
  benchOf(({ now, after }) => ({
    after: (ms, call) => {
      const until = Instant.plusSeconds(now(), ms / 1000);
      const look = (): (() => void) => after(1, () => (now() >= until ? call() : void look()));
      return look();
    },
  }));

/** Wrong on purpose: it counts seconds where milliseconds are asked for. */
const coarse = () => benchOf(({ monotonic }) => ({ monotonic: () => monotonic() / 1000 }));

/** Wrong on purpose: it does not wait, as a double likes to do that wants tests to be quick. */
const hasty = () =>
  benchOf(() => ({
    after: (_ms, call) => {
      call();
      return () => {};
    },
  }));

/** Wrong on purpose: it calls too soon. */
const early = () => benchOf(({ after }) => ({ after: (ms, call) => after(ms / 2, call) }));

/** Wrong on purpose: what was called off is called all the same. */
const stubborn = () =>
  benchOf(({ after }) => ({
    after: (ms, call) => {
      after(ms, call);
      return () => {};
    },
  }));

/** Wrong on purpose: it calls again and again. */
const repeating = () =>
  benchOf(({ after }) => ({
    after: (ms, call) => {
      let cancel = () => {};
      const again = () => {
        cancel = after(ms, again);
        call();
      };
      cancel = after(ms, again);
      return () => cancel();
    },
  }));

const once = 'calls once, in order, and not when it was called off';
const steady = 'T-CLK-1: waits and counts on, however the time of day is set';
const notBefore = 'calls when the time has come, and not before';

turnsRed(clockLaws, benchOf, [
  [standing, 'goes on, in both of its ways of counting', steady],
  [following, steady],
  [dated, steady],
  [coarse, 'goes on, in both of its ways of counting', notBefore, steady],
  [hasty, once, notBefore, steady, 'ends a sleep early when it is aborted'],
  [early, notBefore],
  [stubborn, once],
  [repeating, once, notBefore, steady],
]);
