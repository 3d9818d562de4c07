// Mutants that no test can or need notice, each with its reason. A survivor that is not listed fails the run, and so does a
// line here that no longer survives: reasons are about code that stands.

/** `code` is the mutated text and `becomes` what it was changed to, as Stryker's report shows them, in one line. */
export interface Survivor {
  readonly file: string;
  readonly code: string;
  readonly becomes: string;
  readonly why: string;
}

const HUB = 'libs/api/src/live/hub.ts';
const OUTLET = 'libs/api/src/live/outlet.ts';

export const survivors: readonly Survivor[] = [
  {
    ...{ file: OUTLET, code: '[0, 0]', becomes: '[]' },
    why: 'Both are read only while the reader is full; a write says that it is, and sets them to 0.',
  },
  {
    ...{ file: HUB, code: 'beats += 1', becomes: 'beats -= 1' },
    why: 'Only whether the number of heartbeats is even is asked.',
  },
  {
    ...{ file: HUB, code: 'quiet?.()', becomes: 'quiet()' },
    why: 'Who leaves has entered, and the first to enter started the timer; the compiler does not know.',
  },
  {
    ...{ file: HUB, code: 'audience.readers.size === 0', becomes: 'true' },
    why: 'An audience that stands in the index already is entered once more without effect: it costs time only.',
  },
];
