// How much somebody reads who follows a power-off from its route to the event that is appended. V8 says which functions ran
// in between, of which file. What must be read for it is counted, by whole files; every other file that runs is listed.
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from '@jest/globals';
import { OperationKind } from '@drover/contracts';
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
    if (url.endsWith('/power-off-way.routes.spec.ts')) first = Number(scriptId);
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
  'power/src/domain/sign-in.decider.ts': ['signInStream'], // where refused sign-ins are kept
};

const ROW = /^ {2}(?:'([\w-]+)'|(\w+)): \{\n[\s\S]*?^ {2}\}[,;]\n/gm;
/** A file as it is counted: whole, without the rows of other verbs in a table that has one of power-off. */
const counted = (path: string) => {
  const left: string[] = [];
  const text = readFileSync(`${libs}${path}`, 'utf8')
    .split(/\n\n(?=\S)/)
    .map((part) =>
      part.includes("\n  'power-off': {\n")
        ? part.replaceAll(ROW, (row, quoted?: string, plain?: string) => {
            const verb = quoted ?? plain ?? '';
            if (verb === 'power-off') return row;
            left.push(verb);
            return '';
          })
        : part,
    )
    .join('\n\n');
  return { lines: text.trimEnd().split('\n').length, left };
};

it('is four files, counted whole but for the rows of other verbs in the tables of verbs: 250 lines at most', () => {
  const sizes = WAY.map((path) => [path, counted(path).lines] as const);
  const sum = sizes.reduce((total, [, size]) => total + size, 0);
  expect(sum > 250 ? sizes : []).toEqual([]);
  expect(WAY.filter((path) => !ran.has(path))).toEqual([]);
  const left = new Set(WAY.flatMap((path) => counted(path).left.map((verb) => `vm.${verb}`)));
  const others = OperationKind.options.filter((kind) => kind.startsWith('vm.') && kind !== 'vm.power-off');
  expect([...left].sort()).toEqual([...others].sort());
});

it('runs of power beside them only the listed dispatch and lookups, nine files in all; the rest is library', () => {
  const own = [...ran].filter(([path]) => path.startsWith('power/') && !WAY.includes(path));
  expect(Object.fromEntries(own.map(([path, names]) => [path, [...names].sort()]))).toEqual(ASKED);
  const library = new Set(
    [...ran.keys()].filter((path) => !path.startsWith('power/')).map((path) => path.split('/')[0]),
  );
  expect([...library].sort()).toEqual(['api', 'contracts', 'kernel', 'operations', 'ports']);
});
