// How readers and jobs do, as gauges. Each is read when the metrics are asked for, one reading for all gauges, so they cost
// nothing meanwhile. Never: a key or an id as a label.
import { Instant } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import type { JobQueue } from '../job-queue/job-queue.js';
import type { Metrics, GaugeReading } from '../metrics/metrics.js';
import type { Flows } from './flows.js';

/** What is counted. */
export interface FlowMetricsPorts {
  readonly metrics: Metrics;
  readonly flows: Pick<Flows, 'readers' | 'deadLetters'>;
  readonly jobs: Pick<JobQueue, 'failing'>;
  readonly clock: Clock;
}

/** One reading for all who ask while it is made: several gauges show parts of the same. */
const shared = <Value>(read: () => Promise<Value>) => {
  let reading: Promise<Value> | null = null;
  return () => (reading ??= read().finally(() => (reading = null)));
};

/** How many there are of each name. */
const counted = <Label extends string>(label: Label, names: readonly string[]): readonly GaugeReading<Label>[] =>
  [...new Set(names)].map((name) => ({
    labels: { [label]: name } as Readonly<Record<Label, string>>,
    value: names.filter((each) => each === name).length,
  }));

/** How far readers are behind, what they could not take, and which jobs fail: read when the metrics are, as health does. */
export const addFlowMetrics = ({ metrics, flows, jobs, clock }: FlowMetricsPorts) => {
  const readers = shared(() => flows.readers());
  const labels = ['consumer'] as const;
  metrics.gauge(
    {
      name: 'drover_consumer_lag_events',
      help: 'Commits of events that are stored and the reader has not taken.',
      labels,
    },
    async () =>
      (await readers()).flatMap(({ name, behind }) =>
        behind === null ? [] : [{ labels: { consumer: name }, value: behind }],
      ),
  );
  metrics.gauge(
    { name: 'drover_consumer_lag_seconds', help: 'Age of the oldest event that the reader has not taken.', labels },
    async () =>
      (await readers()).flatMap(({ name, behind, since }) => {
        if (behind === null) return [];
        const value = since === null ? 0 : Math.max(0, Instant.msBetween(since, clock.now()) / 1000);
        return [{ labels: { consumer: name }, value }];
      }),
  );
  metrics.gauge(
    { name: 'drover_consumer_failing', help: '1 while the last try of the reader failed.', labels },
    async () =>
      (await readers()).map(({ name, failing }) => ({ labels: { consumer: name }, value: failing === null ? 0 : 1 })),
  );
  metrics.gauge({ name: 'drover_parked', help: 'Keys whose events a reader could not take.', labels }, async () =>
    counted(
      'consumer',
      (await flows.deadLetters.list()).map(({ consumer }) => consumer),
    ),
  );
  metrics.gauge({ name: 'drover_jobs_failing', help: 'Keys that a job is tried again for.', labels: ['job'] }, () =>
    counted(
      'job',
      jobs.failing().map(({ job }) => job),
    ),
  );
};
