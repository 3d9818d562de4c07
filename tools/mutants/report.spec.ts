import { expect, it } from '@jest/globals';
import { outcomeOf, scoreOf, type MutationReport } from './report.ts';

const source = 'const may =\n  rights.every((right) => has(right));\n';
const mutant = (status: string, replacement: string) => ({
  ...{ mutatorName: 'MethodExpression', status, replacement },
  location: { start: { line: 2, column: 3 }, end: { line: 2, column: 38 } },
});
const report = (...statuses: string[]): MutationReport => ({
  files: { 'a.ts': { source, mutants: statuses.map((status, i) => mutant(status, `some(${i})`)) } },
});

it('counts what tests killed or hung on, and leaves out what never ran', () => {
  const outcome = outcomeOf(report('Killed', 'Timeout', 'Survived', 'NoCoverage', 'CompileError', 'Ignored'), []);
  expect([outcome.killed, outcome.hung, outcome.total, scoreOf(outcome)]).toEqual([2, 1, 4, 50]);
});

it('says of a survivor where it is, what was changed and why that is well, or that nobody said', () => {
  const known = [{ file: 'a.ts', code: 'rights.every((right) => has(right))', becomes: 'some(0)', why: 'because' }];
  const { lived } = outcomeOf(report('Survived', 'Survived'), known);
  expect(lived.map(({ line, code, why }) => [line, code, why])).toEqual([
    [2, 'rights.every((right) => has(right))', 'because'],
    [2, 'rights.every((right) => has(right))', null],
  ]);
});

it('leaves out the end of an exhaustive switch, which nothing reaches', () => {
  const text = 'default:\n  return never(tools);';
  const location = { start: { line: 1, column: 1 }, end: { line: 2, column: 23 } };
  const files = { 'a.ts': { source: text, mutants: [{ ...mutant('Survived', 'default:'), location }] } };
  expect(outcomeOf({ files }, [])).toEqual({ killed: 0, hung: 0, total: 0, lived: [] });
});

it('gives an area without mutants no score: a path that leads nowhere is no success', () =>
  expect(scoreOf(outcomeOf({ files: {} }, []))).toBe(0));
