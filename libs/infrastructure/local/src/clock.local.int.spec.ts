import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, it, jest } from '@jest/globals';
import { clockContract } from '@drover/ports/testing';
import { localClock } from './clock.local.js';

let set = 0;
clockContract('local', () => ({
  clock: localClock(),
  pass: () => wait(40),
  jump: (ms) => {
    set += ms;
    jest.spyOn(Date, 'now').mockImplementation(() => performance.timeOrigin + performance.now() + set);
  },
}));

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

it('waits longer than a timer of Node can, and calls once', () => {
  jest.useFakeTimers();
  const call = jest.fn();
  const days = 24 * 3600 * 1000;
  localClock().after(60 * days, call);
  localClock().after(60 * days, call)(); // called off before the first part is over
  const cancel = localClock().after(60 * days, call);
  jest.advanceTimersByTime(59 * days);
  cancel(); // called off in its last part
  expect(call).not.toHaveBeenCalled();
  jest.advanceTimersByTime(31 * days);
  expect(call).toHaveBeenCalledTimes(1);
});
