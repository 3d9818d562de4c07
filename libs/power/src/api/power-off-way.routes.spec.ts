// How much somebody reads who follows a power-off from its route to the event that is appended. Measured, not listed: V8
// says which functions ran in between, of which file.
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from '@jest/globals';
import { openWithMachine } from './testing.js';

const libs = fileURLToPath(new URL('../../../', import.meta.url));

type Coverage = { readonly result: readonly { readonly url: string; readonly functions: readonly Ran[] }[] };
type Ran = { readonly functionName: string; readonly ranges: readonly { readonly count: number }[] };

/** Counts calls from now on: the files in which a function was called since, and the names of those functions. */
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
    new Map(
      post<Coverage>('Profiler.takePreciseCoverage')
        .result.map(({ url, functions }) => ({
          path: relative(libs, url.startsWith('file:') ? fileURLToPath(url) : url),
          names: functions.filter(({ ranges }) => ranges[0]?.count).map(({ functionName }) => functionName),
        }))
        .filter(({ path, names }) => names.length > 0 && !/^\.\.|testing\.ts$|spec\.ts$|use-cases\.ts$/.test(path)) // wiring
        .map(({ path, names }) => [path, names] as const),
    );
  called();
  return { called, close: () => session.disconnect() };
};

let ran: ReadonlyMap<string, readonly string[]> = new Map();
beforeAll(async () => {
  const house = await openWithMachine();
  const { eventStore } = house.room;
  const { append } = eventStore;
  const count = counter();
  Object.assign(eventStore, {
    append: (...given: Parameters<typeof append>) => {
      if (ran.size === 0) ran = count.called();
      return append(...given);
    },
  });
  await house.post(`/api/v1/vms/${house.vmId}/actions/power-off`, {}, { 'idempotency-key': 'k1' });
  count.close();
  await house.close();
});

/** The way: what somebody reads from top to bottom, in this order. */
const WAY = [
  'power/src/application/requests/power-off-vm.command.ts', // what may come in, which rights it takes
  'power/src/application/requests/request-power.ts', // what is known of the machine, and the append
  'power/src/domain/power.decider.ts', // whether it is granted
  'power/src/domain/power.events.ts', // what is recorded: a table, of which one row is read
];
/** What the way asks by one line each, and need not be read to follow it: its name says what it answers. */
const ASKED = [
  'power/src/domain/power.ts', // evolve: nothing where nothing was recorded before
  'power/src/application/directory/directory.ts', // entry, parked, machineAt
  'power/src/application/work/sign-ins.ts', // blockedBecause
  'power/src/domain/sign-in.decider.ts', // signInStream
];
const NAMED = [...WAY, ...ASKED];

const textOf = (path: string) => readFileSync(`${libs}${path}`, 'utf8').trim();
/** What somebody reads of a file: of tables with a row for each verb, the rows of power-off; no function that did not run. */
const read = (path: string) => {
  const rows = textOf(path).match(/^ {2}'power-off': \{\n[\s\S]*?^ {2}\}[,;]$/gm) ?? [];
  const names = ran.get(path) ?? [];
  const parts = textOf(path)
    .split(/\n\n(?=\S)/)
    .filter((part) => {
      const [, name] = /^(?:export )?const (\w+) = (?:async )?(?:<[^>]*>)?\([^]*?=>/m.exec(part) ?? [];
      return name === undefined ? rows.length === 0 : names.includes(name);
    });
  return [...rows, ...parts].join('\n\n');
};
const lines = (path: string) => read(path).split('\n').length;

it('is four files of power, 250 lines at most, with the one row of a table and without what does not run', () => {
  const sizes = WAY.map((path) => [path, lines(path)] as const);
  const sum = sizes.reduce((total, [, size]) => total + size, 0);
  expect(sum > 250 ? sizes : []).toEqual([]);
  expect(WAY.filter((path) => !ran.has(path))).toEqual([]);
  expect(read('power/src/domain/power.decider.ts')).toMatch(/const requested = [^]*operation_in_progress/);
  expect(read('power/src/domain/power.decider.ts')).not.toContain('const cancel = ');
  expect(read('power/src/domain/power.events.ts')).toMatch(/'PowerOffRequested'[^]*const recordedRequest = /);
});

it('runs in no other file of power than those, and what each of them answers; the rest is library', () => {
  const own = [...ran.keys()].filter((path) => path.startsWith('power/'));
  expect(own.filter((path) => !NAMED.includes(path))).toEqual([]);
  expect(own.length).toBeLessThanOrEqual(12);
  const library = new Set(
    [...ran.keys()].filter((path) => !path.startsWith('power/')).map((path) => path.split('/')[0]),
  );
  expect([...library].sort()).toEqual(['api', 'contracts', 'kernel', 'operations', 'ports']);
});
