import { expect, it } from '@jest/globals';
import { metricsContract, samplesIn } from '@drover/ports/testing';
import { promMetrics } from './metrics.telemetry.js';

metricsContract('prom-client', () => ({ metrics: promMetrics() }));

it('tells of the process: its memory, and how late its event loop is', async () => {
  const metrics = promMetrics();
  metrics.addRuntime();
  await metrics.text(); // the delay is told from one reading to the next
  const names = new Set(samplesIn(await metrics.text()).map(({ name }) => name));
  for (const name of [
    'process_resident_memory_bytes',
    'nodejs_eventloop_lag_p50_seconds',
    'nodejs_eventloop_lag_p99_seconds',
  ])
    expect(names).toContain(name);
});
