// The laws of metrics: counters only grow, gauges are read on demand, the number of series is bounded, labels cannot forge a
// line. Run by memory and by the Prometheus client alike. Never: a comparison of the whole text; each client has metrics of
// its own.
import { expect } from '@jest/globals';
import { closing, lawsApart, type Laws } from '../laws/testing.js';
import { MOST_SERIES, type Metrics } from './metrics.js';
import { samplesIn, type Sample } from './samples-in.js';

/** What the suite runs on. */
export interface MetricsBench {
  readonly metrics: Metrics;
  close?(): Promise<void>;
}

/** The samples of one metric, but those of the runtime. */
const samplesOf = async (metrics: Metrics, name: string): Promise<readonly Sample[]> =>
  samplesIn(await metrics.text()).filter((sample) => sample.name.startsWith(name));

/** The laws every keeper of metrics keeps, each with its test. */
export const metricsLaws = {
  'a counter adds up by its labels, and is zero where it has none and nothing happened': async ({ metrics }) => {
    metrics.counter({ name: 'test_frames_total', help: 'Frames.' });
    const requests = metrics.counter({ name: 'test_requests_total', help: 'Requests.', labels: ['method', 'status'] });
    requests.add({ method: 'GET', status: '200' });
    requests.add({ method: 'GET', status: '200' }, 2);
    requests.add({ method: 'GET', status: '404' });
    expect(await samplesOf(metrics, 'test_')).toEqual([
      { name: 'test_frames_total', labels: {}, value: 0 },
      { name: 'test_requests_total', labels: { method: 'GET', status: '200' }, value: 3 },
      { name: 'test_requests_total', labels: { method: 'GET', status: '404' }, value: 1 },
    ]);
  },

  'a counter does not fall': async ({ metrics }) => {
    const frames = metrics.counter({ name: 'test_frames_total', help: 'Frames.' });
    frames.add({}, 5);
    expect(() => frames.add({}, -1)).toThrow();
    expect(() => frames.add({}, NaN)).toThrow();
    expect(await samplesOf(metrics, 'test_')).toMatchObject([{ value: 5 }]);
  },

  'a histogram counts in each bucket what is not greater, and everything in the last': async ({ metrics }) => {
    const labels = ['route'] as const;
    const seconds = metrics.histogram({ name: 'test_seconds', help: 'Time.', labels, buckets: [0.1, 1] });
    for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe({ route: '/' }, value);
    const samples = await samplesOf(metrics, 'test_');
    expect(samples.map(({ name, labels: { le, route }, value }) => [name, route, le, value])).toEqual([
      ['test_seconds_bucket', '/', '0.1', 2],
      ['test_seconds_bucket', '/', '1', 3],
      ['test_seconds_bucket', '/', '+Inf', 4],
      ['test_seconds_sum', '/', undefined, expect.closeTo(7.65)],
      ['test_seconds_count', '/', undefined, 4],
    ]);
  },

  'a gauge is read when the metrics are, and forgets the series that are no more': async ({ metrics }) => {
    let open = ['a', 'b'];
    let reads = 0;
    metrics.gauge({ name: 'test_open', help: 'Open.', labels: ['id'] }, async () => {
      reads += 1;
      return open.map((id) => ({ labels: { id }, value: reads }));
    });
    expect(reads).toBe(0);
    expect((await samplesOf(metrics, 'test_')).map(({ labels: { id }, value }) => [id, value])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    open = ['c'];
    expect((await samplesOf(metrics, 'test_')).map(({ labels: { id }, value }) => [id, value])).toEqual([['c', 2]]);
  },

  'a gauge that cannot be read is left out, and takes no other with it': async ({ metrics }) => {
    metrics.gauge({ name: 'test_broken', help: 'Broken.' }, () => Promise.reject(new Error('the disk is gone')));
    metrics.gauge({ name: 'test_broken_at_once', help: 'Broken.' }, () => {
      throw new Error('the disk is gone');
    });
    metrics.gauge({ name: 'test_open', help: 'Open.' }, () => [{ labels: {}, value: 3 }]);
    expect(await samplesOf(metrics, 'test_')).toEqual([{ name: 'test_open', labels: {}, value: 3 }]);
  },

  'what is in a label cannot end it, nor begin a line': async ({ metrics }) => {
    const counter = metrics.counter({ name: 'test_total', help: 'One.', labels: ['name'] });
    const name = 'a"} 1\nforged_total{b="\\n"} 7';
    counter.add({ name });
    expect(await samplesOf(metrics, '')).toContainEqual({ name: 'test_total', labels: { name }, value: 1 });
    expect(await samplesOf(metrics, 'forged')).toEqual([]);
  },

  'a metric has a bounded number of series; nothing goes uncounted': async ({ metrics }) => {
    const counter = metrics.counter({ name: 'test_total', help: 'Many.', labels: ['route', 'status'] });
    const more = 500;
    for (let i = 0; i < MOST_SERIES + more; i++) counter.add({ route: `/${i}`, status: '200' });
    counter.add({ route: '/0', status: '200' });
    const samples = await samplesOf(metrics, 'test_');
    expect(samples).toHaveLength(MOST_SERIES + 1);
    expect(samples.at(-1)).toEqual({ name: 'test_total', labels: { route: 'other', status: 'other' }, value: more });
    expect(samples[0]).toMatchObject({ value: 2 });
  },

  'a name is given once': async ({ metrics }) => {
    metrics.counter({ name: 'test_total', help: 'One.' });
    expect(() => metrics.counter({ name: 'test_total', help: 'Another.' })).toThrow('test_total');
  },

  'each metric says what it is and of which type': async ({ metrics }) => {
    metrics.counter({ name: 'test_a_total', help: 'Of a.' });
    metrics.histogram({ name: 'test_b_seconds', help: 'Of b.', buckets: [1] });
    metrics.gauge({ name: 'test_c', help: 'Of c.' }, () => [{ labels: {}, value: 1 }]);
    const text = await metrics.text();
    for (const [name, help, type] of [
      ['test_a_total', 'Of a.', 'counter'],
      ['test_b_seconds', 'Of b.', 'histogram'],
      ['test_c', 'Of c.', 'gauge'],
    ])
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
  },
} satisfies Laws<MetricsBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const metricsContract = (name: string, open: () => Promise<MetricsBench> | MetricsBench) =>
  lawsApart(`${name} keeps the laws of metrics`, metricsLaws, open, closing);
