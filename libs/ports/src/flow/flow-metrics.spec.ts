import { expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { virtualClock } from '../clock/clock.memory.js';
import { memoryMetrics } from '../metrics/metrics.memory.js';
import { samplesIn } from '../metrics/samples-in.js';
import { addFlowMetrics, type FlowMetricsPorts } from './flow-metrics.js';

it('tells how far each reader is behind, what is parked and what fails, with one reading of the readers', async () => {
  const clock = virtualClock(Instant.parse('2026-11-20T10:00:00Z'));
  const metrics = memoryMetrics();
  const since = Instant.plusSeconds(clock.now(), -90);
  let reads = 0;
  const flows = {
    readers: async () => {
      reads += 1;
      return [
        { name: 'views', behind: 0, since: null, failing: null },
        { name: 'journal', behind: 120, since, failing: 'disk' },
        { name: 'lost', behind: null, since: null, failing: 'no store' },
      ];
    },
    deadLetters: { list: async () => [{ consumer: 'views' }, { consumer: 'views' }] },
  } as unknown as FlowMetricsPorts['flows'];
  const failure = { key: 'a', failures: 3, error: 'no' };
  const jobs = { failing: () => [{ ...failure, job: 'power' }] };
  addFlowMetrics({ metrics, flows, jobs, clock });
  const told = samplesIn(await metrics.text()).map(({ name, labels, value }) => [
    name,
    ...Object.values(labels),
    value,
  ]);
  expect(told).toEqual([
    ['drover_consumer_lag_events', 'views', 0],
    ['drover_consumer_lag_events', 'journal', 120],
    ['drover_consumer_lag_seconds', 'views', 0],
    ['drover_consumer_lag_seconds', 'journal', 90],
    ['drover_consumer_failing', 'views', 0],
    ['drover_consumer_failing', 'journal', 1],
    ['drover_consumer_failing', 'lost', 1],
    ['drover_parked', 'views', 2],
    ['drover_jobs_failing', 'power', 1],
  ]);
  expect(reads).toBe(1);
  await metrics.text();
  expect(reads).toBe(2);
});
