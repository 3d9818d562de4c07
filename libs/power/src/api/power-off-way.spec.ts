// How much somebody reads who follows a power-off from its route to the event that is appended. V8 says which functions ran
// in between, of which file. What must be read for it is counted by the house rules; every other file that runs is listed.
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from '@jest/globals';
import { openWithMachine } from './testing.js';

const libs = fileURLToPath(new URL('../../../', import.meta.url));

type Coverage = {
  readonly result: readonly { readonly scriptId: string; readonly url: string; readonly functions: readonly Ran[] }[];
};
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
  // Scripts of specs that ran in this process before are still there, and their timers may run: those came before this one.
  let first = 0;
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => {
    if (url.endsWith('/power-off-way.spec.ts')) first = Number(scriptId);
  });
  post('Debugger.enable');
  post('Debugger.disable');
  post('Profiler.enable');
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const called = () =>
    new Map(
      post<Coverage>('Profiler.takePreciseCoverage')
        .result.filter(({ scriptId }) => Number(scriptId) >= first)
        .map(({ url, functions }) => ({
          path: relative(libs, url.startsWith('file:') ? fileURLToPath(url) : url),
          names: functions.filter(({ ranges }) => ranges[0]?.count).map(({ functionName }) => functionName),
        }))
        .filter(({ path, names }) => names.length > 0 && !/^\.\.|testing\.ts$|spec\.ts$|use-cases\.ts$/.test(path)) // wiring
        .map(({ path, names }) => [path, names] as const),
    );
  called();
  if (first === 0) throw new Error('the script of this spec is not known');
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
  'power/src/domain/power-request.ts', // whether it is granted
  'power/src/domain/power-request.events.ts', // what is recorded
];
/**
 * What else of power runs, listed and not counted: a stream's name, the dispatch, and lookups. The way asks each by one line
 * whose name says what it answers. The states that the way tells apart stand in `power.ts`, of which nothing runs for a
 * machine that nobody ever switched.
 */
const ASKED = {
  'power/src/application/directory/directory.ts': ['connectionOf', 'entry', 'entryOf', 'machineAt'], // where the machine is
  'power/src/application/work/sign-ins.ts': ['blockedBecause'], // whether anything may be sent there
  'power/src/domain/power.decider.ts': ['decide'], // which rule decides the command
  'power/src/domain/power.events.ts': ['powerStream'], // where the fact is kept
  'power/src/domain/sign-in.events.ts': ['signInStream'], // where refused sign-ins are kept
};

it('is four files, each of which runs, and `npm run house` counts the ones that the page of the house shows', () => {
  expect(WAY.filter((path) => !ran.has(path))).toEqual([]);
  const page = readFileSync(`${libs}../docs/why/house.md`, 'utf8');
  const [, section = ''] = page.split('\n## A power-off, file by file\n');
  const shown = [...(section.split('\n## ')[0] ?? '').matchAll(/^\|[^|]*\| `libs\/(power\/src\/[^`]+)` \|/gm)].map(
    ([, path]) => path,
  );
  expect(shown.slice(0, WAY.length)).toEqual(WAY);
  expect(shown.slice(-Object.keys(ASKED).length)).toEqual(Object.keys(ASKED));
});

it('runs of power beside them only the listed dispatch and lookups, nine files in all; the rest is library', () => {
  const own = [...ran].filter(([path]) => path.startsWith('power/') && !WAY.includes(path));
  expect(Object.fromEntries(own.map(([path, names]) => [path, [...names].sort()]))).toEqual(ASKED);
  const library = new Set(
    [...ran.keys()].filter((path) => !path.startsWith('power/')).map((path) => path.split('/')[0]),
  );
  expect([...library].sort()).toEqual(['api', 'contracts', 'kernel', 'operations', 'ports']);
});
