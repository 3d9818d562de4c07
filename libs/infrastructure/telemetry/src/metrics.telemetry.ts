// The port of metrics by prom-client, in a registry of its own, so that two houses in one process count apart. Every metric
// is bounded in its series. Never: let a gauge that cannot be read fail the whole page, or show a zero that nobody read.
import { seriesWithin, type SeriesLabels, type MetricDefinition, type Metrics, type ReadGauge } from '@drover/ports';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Metrics by prom-client, in a registry of their own. */
export interface PromMetrics extends Metrics {
  /** Adds those of the process: memory, handles, garbage, and how late the event loop is. Once a process. */
  addRuntime(): void;
}

/** How often the delay of the event loop is looked at, in ms. */
const LOOK_MS = 20;

const attempt = async <Label extends string>(read: ReadGauge<Label>) => {
  try {
    return await read();
  } catch {
    return [];
  }
};

/** Keeps metrics as Prometheus' own client does. */
export const promMetrics = (): PromMetrics => {
  const registry = new Registry();
  const registers = [registry];
  return {
    counter: <const Label extends string>({ name, help, labels = [] }: MetricDefinition<Label>) => {
      const counter = new Counter<Label>({ name, help, labelNames: labels, registers });
      const bounded = seriesWithin<Label>(labels);
      return {
        add: (given: SeriesLabels<Label>, by = 1) => {
          if (!(by >= 0)) throw new Error(`${name} is a counter: it does not fall`);
          counter.inc(bounded(given), by);
        },
      };
    },
    histogram: ({ name, help, labels = [], buckets }) => {
      const histogram = new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers });
      const bounded = seriesWithin(labels);
      return { observe: (given, value) => histogram.observe(bounded(given), value) };
    },
    gauge: ({ name, help, labels = [] }, read) => {
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: labels,
        registers,
        collect: async () => {
          // What cannot be read is not shown, and of a gauge without labels no zero that nobody read.
          const shown = await attempt(read);
          if (labels.length > 0) gauge.reset();
          else gauge.remove();
          const bounded = seriesWithin(labels);
          for (const reading of shown) gauge.set(bounded(reading.labels), reading.value);
        },
      });
    },
    text: () => registry.metrics(),
    addRuntime: () => collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOK_MS }),
  };
};
