// The tables of *Watch Drover* are compared with what a started house says: every member of a line of the log, and every
// metric with its labels, is on the page, and what the page has was seen.
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { until } from './api.js';
import { openHouse, within, type House } from './house.js';
import { openStream } from './live.js';
import { sitesOf } from './sites.js';

const page = readFileSync(new URL('../../../docs/how-to/watch-drover.md', import.meta.url), 'utf8');
/** The rows of the table under a head, as cells. */
const table = (head: string) => {
  const [, after = ''] = page.split(`\n| ${head} |`);
  const [rows = ''] = after.split('\n\n');
  return rows
    .split('\n')
    .slice(2)
    .map((row) => row.split(' | ').map((cell) => cell.replace(/^\| ?| ?\|$/g, '')));
};
const words = (cell = '') => [...cell.matchAll(/`([\w*]+)`/g)].map(([, word = '']) => word);

type Line = Readonly<Record<string, unknown>> & { readonly msg: string };
const linesOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);

/** Everything that the page names happens: requests, a bulk, a refusal, a fault, a stream, a connection that goes down. */
const busy = async (house: House) => {
  const api = house.api();
  await until(
    () => api.fleet(),
    ({ body }) => body.total === 12 && body.complete,
  );
  const [one, two] = (await api.vms('?power=poweredOn&limit=2')).body.items;
  const stream = await openStream(house.url, api.authorization);
  await stream.find(({ event }) => event === 'hello');
  const sites = sitesOf(house.dataDir);
  sites.fail({ vm: two?.id ?? '', call: 'power-off', do: 'reject' });
  await api.done('/api/v1/vms/actions/power-off', { mode: 'hard', targets: [one?.id, two?.id] });
  await api.get('/api/v1/nothing');
  const metrics = await until(
    () => api.get<string>('/metrics'),
    ({ body }) => body.includes('drover_operations_ended_total{kind="bulk.start"'),
  );
  sites.fail({ vm: 'site-b', call: '*', do: 'unavailable' });
  await until(
    async () => linesOf(house.complaints().replace(/[^\n]*$/, '')),
    (lines) => lines.some(({ msg }) => msg === 'connection degraded' || msg === 'connection down'),
  );
  sites.fail();
  stream.close();
  await stream.closed;
  return metrics.body;
};

it(
  'a started house writes the lines that the page describes, and no other member',
  async () => {
    await using house = await openHouse({ DROVER_SIMULATOR_VMS: '12', DROVER_SIMULATOR_LATENCY: '0' });
    await house.start();
    await busy(house);
    const { complained } = await house.stop();
    const rows = table('`msg`').map(([msg = '', members]) => ({ msgs: msg, members: words(members) }));
    const rowOf = ({ msg }: Line) =>
      rows.find(({ msgs }) => msgs.includes(`\`${msg}\``)) ??
      rows.find(({ msgs }) => msg.startsWith('connection ') && msgs.includes('`connection up`'));
    const seen = new Map<unknown, Set<string>>();
    for (const line of linesOf(complained)) {
      const row = rowOf(line);
      expect([line.msg, row]).toEqual([line.msg, expect.anything()]);
      const members = seen.get(row) ?? new Set();
      for (const member of Object.keys(line)) if (!['time', 'level', 'msg'].includes(member)) members.add(member);
      seen.set(row, members);
    }
    expect(rows.length).toBe(6);
    const faults = rows.find(({ msgs }) => msgs === 'anything else');
    for (const row of rows.filter((each) => each !== faults))
      expect([row.msgs, [...(seen.get(row) ?? [])].sort()]).toEqual([row.msgs, [...new Set(row.members)].sort()]);
    expect(faults?.members).toEqual(['where', 'error']);
  },
  within,
);

/** The metrics of a text, with the names of their labels; of a histogram, those of the whole. */
const metricsIn = (text: string) => {
  const kinds = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  return new Map(
    kinds.map(([, name = '', kind]) => {
      const samples = [...text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?(?:\\{(.*)\\})? `, 'gm'))];
      const labels = samples.flatMap(([, given = '']) =>
        [...given.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
      );
      return [name, { kind, labels: [...new Set(labels)].filter((label) => label !== 'le') }] as const;
    }),
  );
};

it(
  'a started house has the metrics of the page, with their labels, and no other of its own',
  async () => {
    await using house = await openHouse({ DROVER_SIMULATOR_VMS: '12', DROVER_SIMULATOR_LATENCY: '0' });
    await house.start();
    const metrics = metricsIn(await busy(house));
    const rows = table('metric').flatMap(([names, labels, alert = '']) =>
      words(names).map((name) => ({ name, labels: words(labels), isHistogram: names?.includes('(histogram)'), alert })),
    );
    expect(rows.length).toBeGreaterThan(20);
    const listed = rows.map(({ name }) => name);
    const said = [...metrics.keys()].filter((name) => name.startsWith('drover_'));
    expect(said.filter((name) => !listed.includes(name))).toEqual([]);
    for (const { name, labels, isHistogram, alert } of rows.filter((row) => !row.name.endsWith('*'))) {
      const metric = metrics.get(name);
      expect([name, metric?.kind === 'histogram']).toEqual([name, isHistogram]);
      const isQuiet = /absent while/.test(alert) || metric?.labels.length === 0; // no sample yet
      if (!isQuiet || labels.length === 0) expect([name, metric?.labels.sort()]).toEqual([name, [...labels].sort()]);
    }
    await house.stop();
  },
  within,
);
