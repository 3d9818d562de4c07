// How much somebody reads who follows a power-off from its route to the event that is appended. Measured, not listed: V8
// says which functions ran in between.
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from '@jest/globals';
import { openWithMachine } from './testing.js';

const source = fileURLToPath(new URL('../', import.meta.url));

type Coverage = { readonly result: readonly { readonly url: string; readonly functions: readonly Ran[] }[] };
type Ran = { readonly ranges: readonly { readonly count: number }[] };

/** Counts calls from now on; `files` are those of this project in which a function was called since. */
const counter = () => {
  const session = new Session();
  session.connect();
  const post = <Answer>(method: string, params?: object) => {
    let answer: Answer | undefined;
    session.post(method, params, (error, given) => {
      if (error) throw error;
      answer = given as Answer;
    });
    return answer as Answer; // an inspector of the same thread answers at once
  };
  post('Profiler.enable');
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const called = () =>
    post<Coverage>('Profiler.takePreciseCoverage')
      .result.filter(({ functions }) => functions.some(({ ranges }) => ranges[0]?.count))
      .map(({ url }) => relative(source, url.startsWith('file:') ? fileURLToPath(url) : url))
      .filter((path) => !path.startsWith('..') && !/(testing|spec|use-cases)\.ts$/.test(path)); // wiring is left out
  called();
  return { called, close: () => session.disconnect() };
};

let way: readonly string[] = [];
beforeAll(async () => {
  const house = await openWithMachine();
  const { eventStore } = house.room;
  const { append } = eventStore;
  const count = counter();
  Object.assign(eventStore, {
    append: (...given: Parameters<typeof append>) => {
      if (way.length === 0) way = count.called().sort();
      return append(...given);
    },
  });
  await house.post(`/api/v1/vms/${house.vmId}/actions/power-off`, {}, { 'idempotency-key': 'k1' });
  count.close();
  await house.close();
});

const textOf = (path: string) => readFileSync(`${source}${path}`, 'utf8');
/** What somebody reads of a file: of a table with a row for each verb, the row of power-off. */
const read = (path: string) =>
  /^ {2}'power-off': \{\n[\s\S]*?^ {2}\}[,;]$/m.exec(textOf(path))?.[0] ?? textOf(path).trim();
const lines = (path: string) => read(path).split('\n').length;

it('is 12 files at most from the route to the appended event', () => {
  expect(way).toEqual(expect.arrayContaining(['api/power.routes.ts', 'domain/power.decider.ts']));
  expect(way.length > 12 ? way : []).toEqual([]);
});

it('is four files of its own, and 250 lines at most with the two that are the way of every verb', () => {
  const own = [...way, 'domain/power.events.ts'].filter((path) => /power-?off/i.test(textOf(path)));
  expect(own).toEqual([
    ...['api/power.routes.ts', 'application/requests/power-off-vm.command.ts'],
    ...['domain/power-verbs.ts', 'domain/power.events.ts'],
  ]);
  const shared = ['application/requests/request-power.ts', 'domain/power.decider.ts'];
  expect(way).toEqual(expect.arrayContaining(shared));
  const sizes = [...own, ...shared].map((path) => [path, lines(path)] as const);
  const sum = sizes.reduce((total, [, size]) => total + size, 0);
  expect(sum > 250 ? sizes : []).toEqual([]);
  expect(lines('domain/power-verbs.ts')).toBeLessThan(40); // the row, not the table
});
