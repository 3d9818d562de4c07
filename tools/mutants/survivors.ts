// Mutants that no test can or need notice, each with its reason. A survivor that is not listed fails the run, and so does an
// entry that is not that of exactly one survivor: a reason is about one place in code that stands.

/**
 * `code` is the mutated text and `becomes` what it was changed to, as Stryker's report shows them, in one line. `on` is the
 * line of the file that the text begins on: the same text elsewhere in the file has another reason, or none.
 */
export interface Survivor {
  readonly file: string;
  readonly on: string;
  readonly code: string;
  readonly becomes: string;
  readonly why: string;
}

const ACTOR = 'libs/api/src/guard/actor-of.ts';
const NEXT_STEP = 'libs/power/src/domain/next-step.ts';
const PUMP = 'libs/ports/src/flow/log-reader.ts';
const HUB = 'libs/api/src/live/hub.ts';
const SEND_BUFFER = 'libs/api/src/live/send-buffer.ts';
const DISCOVERY = 'libs/inventory/src/application/discovery/discovery.ts';
const DISCOVERY_END = 'libs/inventory/src/application/discovery/discovery-end.ts';

const SHARE_OVER = {
  file: NEXT_STEP,
  on: "request.kind === 'power-off' && request.gracefulUntil !== null && now >= request.gracefulUntil;",
};

export const survivors: readonly Survivor[] = [
  {
    ...{
      file: ACTOR,
      on: '...(ifMatch !== undefined && { ifMatch }),',
      code: 'ifMatch !== undefined',
      becomes: 'true',
    },
    why: 'A member that is undefined says what one that is not there says; the compiler has to be told.',
  },
  {
    ...{
      file: NEXT_STEP,
      on: "return isDoubtful(given) && phase.is === 'unclear' && isDue(phase.until, given.now)",
      code: "phase.is === 'unclear'",
      becomes: 'true',
    },
    why: 'Of a restart that may have been done only an unclear call has an end of waiting; no time reaches an undefined one.',
  },
  {
    ...{
      file: NEXT_STEP,
      on: "const isTrySoft = ({ request }: OpenOperation) => 'mode' in request && request.mode === 'trySoft';",
      code: "'mode' in request",
      becomes: 'true',
    },
    why: 'A verb without a mode is not trySoft anyway; the compiler has to be told.',
  },
  {
    ...SHARE_OVER,
    code: "request.kind === 'power-off' && request.gracefulUntil !== null",
    becomes: 'true',
    why: 'Only a power-off has a share of the guest, and no time reaches an undefined one or null; the compiler has to be told.',
  },
  {
    ...SHARE_OVER,
    code: "request.kind === 'power-off' && request.gracefulUntil !== null",
    becomes: "request.kind === 'power-off' || request.gracefulUntil !== null",
    why: 'Only a power-off has a share of the guest, and no time reaches an undefined one or null; the compiler has to be told.',
  },
  {
    ...SHARE_OVER,
    code: "request.kind === 'power-off'",
    becomes: 'true',
    why: 'Only a power-off has a share of the guest, and no time reaches an undefined one or null; the compiler has to be told.',
  },
  {
    ...SHARE_OVER,
    code: 'request.gracefulUntil !== null',
    becomes: 'true',
    why: 'Only a power-off has a share of the guest, and no time reaches an undefined one or null; the compiler has to be told.',
  },
  {
    ...{ file: PUMP, on: 'if (taken < MANY) continue;', code: 'taken < MANY', becomes: 'taken <= MANY' },
    why: 'The others have their turn one entry later: a matter of speed.',
  },
  {
    ...{ file: PUMP, on: 'if (taken < MANY) continue;', code: 'taken < MANY', becomes: 'false' },
    why: 'The others have their turn after each slice: slower, and nothing else.',
  },
  {
    ...{ file: SEND_BUFFER, on: 'let [frames, bytes] = [0, 0];', code: '[0, 0]', becomes: '[]' },
    why: 'Both are read only while the reader is full; a write says that it is, and sets them to 0.',
  },
  {
    ...{ file: HUB, on: 'beats += 1;', code: 'beats += 1', becomes: 'beats -= 1' },
    why: 'Only whether the number of heartbeats is even is asked.',
  },
  {
    ...{ file: HUB, on: 'quiet?.();', code: 'quiet?.()', becomes: 'quiet()' },
    why: 'Who leaves has entered, and the first to enter started the timer; the compiler does not know.',
  },
  {
    ...{
      file: HUB,
      on: 'if (audience.readers.size === 0) index.add(interest.topics, audience);',
      code: 'audience.readers.size === 0',
      becomes: 'true',
    },
    why: 'An audience that stands in the index already is entered once more without effect: it costs time only.',
  },
  {
    ...{ file: DISCOVERY, on: 'const vmIds = found[i] ?? [];', code: '[]', becomes: '["Stryker was here"]' },
    why: 'There is a list of machines for each that was skipped; the compiler does not know.',
  },
  {
    ...{
      file: DISCOVERY_END,
      on: 'for (let from = 0; from < absent.length; from += CHUNK) {',
      code: 'from < absent.length',
      becomes: 'from <= absent.length',
    },
    why: 'A last chunk without machines does nothing.',
  },
];
