// Which of the cases in which Drover said something untrue, or stopped, have a test: titles that begin with `K<n>:`, or
// name several, `K7, K8:`. A case of which a test failed or was skipped is missing.

/** How many cases there are. */
const CASES = 45;

/** What jest reports, as far as it is looked at. */
export interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

const named = (title: string) =>
  [...title.matchAll(/\b(K\d+(?:, K\d+)*):/g)].flatMap(([, numbers = '']) => numbers.split(', '));

/** The cases that passed, and those that are missing. */
export const casesIn = ({ testResults }: Report) => {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const of = (good: boolean) =>
    new Set(tests.flatMap(({ fullName, status }) => ((status === 'passed') === good ? named(fullName) : [])));
  const [passed, others] = [of(true), of(false)];
  const all = Array.from({ length: CASES }, (_, n) => `K${n + 1}`);
  const missing = all.filter((one) => !passed.has(one) || others.has(one));
  return { passed: all.length - missing.length, all: all.length, missing };
};

/** The line that says it. */
export const caseLine = ({ passed, all, missing }: ReturnType<typeof casesIn>) =>
  `cases: ${passed} of ${all}${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`;
