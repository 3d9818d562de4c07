import { expect, it } from '@jest/globals';
import { Instant, VmId, type Fact } from '@drover/kernel';
import { virtualClock, watchWallSteps, type Commit } from '@drover/ports';
import { powerStream } from '../../domain/power.events.js';
import type { Stopping } from '../../domain/power.js';
import { operationTimes } from './operation-time.js';

const vmId = VmId.create();
const open = () => {
  const clock = virtualClock();
  const times = operationTimes(clock, watchWallSteps(clock, () => {}).leapt);
  const hear = (fact: Fact) => times.hear({ stream: powerStream(vmId), facts: [{ fact }] } as unknown as Commit);
  return { clock, times, hear };
};
const HOUR = 3_600_000;

it('K4: a restart that this process saw is as long ago as it is, whatever the clock says', async () => {
  const { clock, times, hear } = open();
  hear({ type: 'RestartRequested', op: 1 });
  const restartedAt = clock.now();
  hear({ type: 'VmRestarted', op: 1 });
  clock.jump(HOUR);
  await clock.advance(5000);
  expect(times.sinceRestart(vmId, restartedAt, 600)).toBe(5);
  clock.jump(-2 * HOUR);
  expect(times.sinceRestart(vmId, restartedAt, 600)).toBe(5);
});

it('a later restart that was not done leaves the cool-down as it was', async () => {
  const { clock, times, hear } = open();
  const restartedAt = Instant.plusSeconds(clock.now(), -300);
  expect(times.sinceRestart(vmId, restartedAt, 600)).toBe(300); // found at boot, when it was asked for
  hear({ type: 'RestartRequested', op: 2 });
  hear({ type: 'PowerOperationFailed', op: 2 });
  await clock.advance(60_000);
  expect(times.sinceRestart(vmId, restartedAt, 600)).toBe(360);
  const again = clock.now();
  hear({ type: 'RestartRequested', op: 3 });
  hear({ type: 'VmRestarted', op: 3 });
  expect(times.sinceRestart(vmId, again, 600)).toBe(0);
});

it('K4: of a restart that was found at boot no more is believed than matters', () => {
  const { clock, times } = open();
  expect(times.sinceRestart(vmId, Instant.plusSeconds(clock.now(), 3600), 600)).toBe(0);
  expect(times.sinceRestart(VmId.create(), Instant.plusSeconds(clock.now(), -86_400), 600)).toBe(600);
});

it.each([
  [1, 180],
  [-1, 0],
])('K4: found at boot and then set by %d h, a restart is never longer ago than it is', async (hours, seconds) => {
  const { clock, times } = open();
  const restartedAt = Instant.plusSeconds(clock.now(), -60);
  await clock.advance(60_000);
  clock.jump(hours * HOUR);
  await clock.advance(60_000);
  expect(times.sinceRestart(vmId, restartedAt, 600)).toBe(seconds);
});

it.each([
  [1, 120],
  [-1, 300],
])('K4: found at boot and then set by %d h, a guest may stop as long as it was given', async (hours, seconds) => {
  const { clock, times } = open();
  const requestedAt = Instant.plusSeconds(clock.now(), -60);
  const stopping: Stopping = { op: 1, firstFact: 0, until: Instant.plusSeconds(requestedAt, 300), bootAt: null };
  await clock.advance(60_000);
  clock.jump(hours * HOUR);
  await clock.advance(60_000);
  expect(times.mayStopFor(vmId, stopping, requestedAt)).toBe(seconds);
});
