import { turnsRed } from '../laws/testing.js';
import { metricsLaws, type MetricsBench } from './metrics.contract.js';
import { memoryMetrics } from './metrics.memory.js';
import type { Metrics } from './metrics.js';

const benchOf = (change: (memory: Metrics) => Partial<Metrics> = () => ({})): MetricsBench => {
  const memory = memoryMetrics();
  return { metrics: { ...memory, ...change(memory) } };
};

/** Wrong on purpose: it counts each time as one. */
const simple = () =>
  benchOf(({ counter }) => ({
    counter: (definition) => {
      const { add } = counter(definition);
      return { add: (labels, by = 1) => add(labels, Math.sign(by)) };
    },
  }));

/** Wrong on purpose: it takes a fall for nothing. */
const lenient = () =>
  benchOf(({ counter }) => ({
    counter: (definition) => {
      const { add } = counter(definition);
      return { add: (labels, by = 1) => (by >= 0 ? add(labels, by) : undefined) };
    },
  }));

/** Wrong on purpose: its last bucket is the last that was named. */
const capped = () =>
  benchOf(({ text }) => ({
    text: async () => (await text()).replace(/^.*le="\+Inf".*\n/gm, ''),
  }));

/** Wrong on purpose: it shows what a gauge was at first. */
const stale = () =>
  benchOf(({ gauge }) => ({
    gauge: (definition, read) => {
      let first: ReturnType<typeof read> | null = null;
      gauge(definition, () => (first ??= read()));
    },
  }));

/** Wrong on purpose: one gauge that cannot be read fails them all. */
const fragile = () =>
  benchOf(({ gauge, text }) => {
    const reads: (() => unknown)[] = [];
    return {
      gauge: (definition, read) => {
        reads.push(read);
        gauge(definition, read);
      },
      text: async () => {
        if (reads.length > 1) for (const read of reads) await read();
        return text();
      },
    };
  });

/** Wrong on purpose: it writes labels as they are. */
const open = () =>
  benchOf(({ text }) => ({
    text: async () => (await text()).replaceAll('\\n', '\n').replaceAll('\\"', '"'),
  }));

/** Wrong on purpose: it leaves out what is one too many. */
const forgetful = () => benchOf(({ text }) => ({ text: async () => (await text()).replace(/^.*="other".*\n/gm, '') }));

/** Wrong on purpose: of two metrics of one name it keeps the later. */
const renaming = () => {
  let n = 0;
  return benchOf(({ counter }) => {
    const names = new Set<string>();
    return {
      counter: (definition) => {
        const taken = names.has(definition.name);
        names.add(definition.name);
        return counter(taken ? { ...definition, name: `${definition.name}_${n++}` } : definition);
      },
    };
  });
};

/** Wrong on purpose: it does not say what its metrics are. */
const terse = () => benchOf(({ text }) => ({ text: async () => (await text()).replace(/^# HELP.*\n/gm, '') }));

const adds = 'a counter adds up by its labels, and is zero where it has none and nothing happened';
const falls = 'a counter does not fall';
const buckets = 'a histogram counts in each bucket what is not greater, and everything in the last';
const gauges = 'a gauge is read when the metrics are, and forgets the series that are no more';
const broken = 'a gauge that cannot be read is left out, and takes no other with it';
const labels = 'what is in a label cannot end it, nor begin a line';
const bounded = 'a metric has a bounded number of series; nothing goes uncounted';
const once = 'a name is given once';
const said = 'each metric says what it is and of which type';

turnsRed(metricsLaws, benchOf, [
  [simple, adds, falls],
  [lenient, falls],
  [capped, buckets],
  [stale, gauges],
  [fragile, broken],
  [open, labels],
  [forgetful, bounded],
  [renaming, once],
  [terse, said],
]);
