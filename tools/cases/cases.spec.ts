import { expect, it } from '@jest/globals';
import { caseLine, casesIn } from './cases.js';

const report = (...tests: readonly (readonly [fullName: string, status: string])[]) => ({
  testResults: [{ assertionResults: tests.map(([fullName, status]) => ({ fullName, status })) }],
});
const every = Array.from({ length: 45 }, (_, n) => [`K${n + 1}: holds`, 'passed'] as const);

it('counts cases by the titles of tests that passed', () => {
  expect(caseLine(casesIn(report(...every)))).toBe('cases: 45 of 45');
  const some = report(['a story K7, K8: holds', 'passed'], ['K7: twice', 'passed'], ['K4 is no title: so', 'passed']);
  expect(casesIn(some)).toMatchObject({ passed: 2, all: 45 });
});

it('names a case that has no test, or one that failed or was skipped', () => {
  const but = every.filter(([title]) => title !== 'K3: holds');
  const line = caseLine(casesIn(report(...but, ['K9: also', 'pending'], ['K45: also', 'failed'])));
  expect(line).toBe('cases: 42 of 45 (missing: K3, K9, K45)');
});
