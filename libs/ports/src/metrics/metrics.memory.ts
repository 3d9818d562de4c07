// Metrics in memory, in the text format 0.0.4: the reference for the laws. Beyond the bound of series everything is counted
// as `other`. Never: a label with a machine, an address or an operation in it.
import { seriesWithin, type SeriesLabels, type MetricDefinition, type Metrics, type ReadGauge } from './metrics.js';

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  value: number;
}

type Type = 'counter' | 'gauge' | 'histogram';
interface Kept {
  readonly definition: MetricDefinition<string>;
  readonly type: Type;
  /** The lines of the metric, each name with its labels and value. */
  readonly lines: () => Promise<readonly string[]>;
}

const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
const lineOf = (name: string, labels: Readonly<Record<string, string>>, value: number) => {
  const all = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${all.length > 0 ? `{${all.join(',')}}` : ''} ${value}`;
};

/** Keeps its figures in this process. */
export const memoryMetrics = (): Metrics => {
  const all = new Map<string, Kept>();
  const keep = (definition: MetricDefinition<string>, type: Type, lines: Kept['lines']) => {
    if (all.has(definition.name)) throw new Error(`two metrics are named ${definition.name}: rename one`);
    all.set(definition.name, { definition, type, lines });
  };

  /** One value for each series, found or begun. */
  const seriesOf = <Value>(begin: () => Value) => {
    const series = new Map<string, { readonly labels: Readonly<Record<string, string>>; readonly of: Value }>();
    return {
      at: (labels: Readonly<Record<string, string>>) => {
        const key = JSON.stringify(labels);
        const known = series.get(key) ?? { labels, of: begin() };
        series.set(key, known);
        return known.of;
      },
      all: () => [...series.values()],
    };
  };

  return {
    counter: (definition) => {
      const series = seriesOf((): { value: number } => ({ value: 0 }));
      const bounded = seriesWithin<string>(definition.labels);
      if (!definition.labels?.length) series.at({}); // what has not happened is zero
      keep(definition, 'counter', async () =>
        series.all().map(({ labels, of }) => lineOf(definition.name, labels, of.value)),
      );
      return {
        add: (labels, by = 1) => {
          if (!(by >= 0)) throw new Error(`${definition.name} is a counter: it does not fall`);
          series.at(bounded(labels)).value += by;
        },
      };
    },
    histogram: (definition) => {
      const { name, buckets } = definition;
      const series = seriesOf(() => ({ below: buckets.map(() => 0), count: 0, sum: 0 }));
      const bounded = seriesWithin<string>(definition.labels);
      if (!definition.labels?.length) series.at({});
      keep(definition, 'histogram', async () =>
        series
          .all()
          .flatMap(({ labels, of }) => [
            ...buckets.map((le, i) => lineOf(`${name}_bucket`, { le: String(le), ...labels }, of.below[i] ?? 0)),
            lineOf(`${name}_bucket`, { le: '+Inf', ...labels }, of.count),
            lineOf(`${name}_sum`, labels, of.sum),
            lineOf(`${name}_count`, labels, of.count),
          ]),
      );
      return {
        observe: (labels, value) => {
          const at = series.at(bounded(labels));
          at.count += 1;
          at.sum += value;
          for (const [i, le] of buckets.entries()) if (value <= le) at.below[i] = (at.below[i] ?? 0) + 1;
        },
      };
    },
    gauge: <Label extends string>(definition: MetricDefinition<Label>, read: ReadGauge<Label>) =>
      keep(definition, 'gauge', async () => {
        const bounded = seriesWithin<Label>(definition.labels);
        const shown = new Map<string, Series>();
        for (const { labels: given, value } of await read()) {
          const labels: SeriesLabels<Label> = bounded(given);
          shown.set(JSON.stringify(labels), { labels, value });
        }
        return [...shown.values()].map(({ labels, value }) => lineOf(definition.name, labels, value));
      }),
    text: async () => {
      const parts = await Promise.all(
        [...all.values()].map(async ({ definition: { name, help }, type, lines }) => [
          `# HELP ${name} ${help}`,
          `# TYPE ${name} ${type}`,
          ...(await lines().catch(() => [])),
        ]),
      );
      return `${parts.flat().join('\n')}\n`;
    },
  };
};
