// The port to the figures of a process: counters, histograms and gauges, each with labels, in the format of Prometheus.
// Never: a label that takes values without end, such as an id; most of its series would be counted as `other`.
/** What a metric is: its name as Prometheus spells names, what it counts, and what tells its series apart. */
export interface MetricDefinition<Label extends string = never> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

/** The labels of one series. */
export type SeriesLabels<Label extends string> = Readonly<Record<Label, string>>;

/** Counts what happened; it only grows. */
export interface Counter<Label extends string> {
  add(labels: SeriesLabels<Label>, by?: number): void;
}

/** Counts values by their size. */
export interface Histogram<Label extends string> {
  observe(labels: SeriesLabels<Label>, value: number): void;
}

/** What a gauge shows of one series. */
export interface GaugeReading<Label extends string> {
  readonly labels: SeriesLabels<Label>;
  readonly value: number;
}

/** What a gauge shows now. */
export type ReadGauge<Label extends string> = () =>
  readonly GaugeReading<Label>[] | Promise<readonly GaugeReading<Label>[]>;

/**
 * The figures of a process, for whoever watches it. Counting costs a look in a map; gauges are read when somebody reads
 * the metrics. A metric has `MOST_SERIES` series at most: what comes after is counted with `other` in every label.
 */
export interface Metrics {
  counter<const Label extends string = never>(definition: MetricDefinition<Label>): Counter<Label>;
  histogram<const Label extends string = never>(
    definition: MetricDefinition<Label> & { readonly buckets: readonly number[] },
  ): Histogram<Label>;
  /** A gauge that cannot be read is left out; the others are shown. */
  gauge<const Label extends string = never>(definition: MetricDefinition<Label>, read: ReadGauge<Label>): void;
  /** All of them, in Prometheus' text format 0.0.4. */
  text(): Promise<string>;
}

/** So many series of a metric are told apart. */
export const MOST_SERIES = 1_000;

/** Keeps the series of a metric apart, as many as there may be: the labels under which something is counted. */
export const seriesWithin = <Label extends string>(names: readonly Label[] = [], most = MOST_SERIES) => {
  const known = new Set<string>();
  const other = Object.fromEntries(names.map((name) => [name, 'other'])) as SeriesLabels<Label>;
  return (labels: SeriesLabels<Label>): SeriesLabels<Label> => {
    const key = names.length === 1 ? labels[names[0]!] : names.map((name) => labels[name]).join('\0');
    if (known.has(key)) return labels;
    if (known.size >= most) return other;
    known.add(key);
    return labels;
  };
};
