import { describe, expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { areas } from './areas.ts';
import { misfits, outcomeOf, scoreOf, type MutationReport } from './report.ts';
import { survivors } from './survivors.ts';

const source = 'const may =\n  rights.every((right) => has(right));\n';
const mutant = (status: string, replacement: string) => ({
  ...{ mutatorName: 'MethodExpression', status, replacement },
  location: { start: { line: 2, column: 3 }, end: { line: 2, column: 38 } },
});
const report = (...statuses: string[]): MutationReport => ({
  files: { 'a.ts': { source, mutants: statuses.map((status, i) => mutant(status, `some(${i})`)) } },
});

const root = join(import.meta.dirname, '../..');
/** The paths that a pattern like `a/{b,c}.ts` stands for. */
const spelt = (pattern: string): readonly string[] => {
  const [, before, each, after] = /^(.*?)\{([^{}]*)\}(.*)$/.exec(pattern) ?? [];
  return each === undefined ? [pattern] : each.split(',').flatMap((one) => spelt(`${before}${one}${after}`));
};

it.each(areas)('$name: each of its files is there, and so is each of its specs', ({ mutate, specs }) => {
  const missing = [...mutate, ...specs].flatMap(spelt).filter((path) => globSync(path, { cwd: root }).length === 0);
  expect(missing).toEqual([]);
});

it('counts what tests killed or hung on, and leaves out what never ran', () => {
  const outcome = outcomeOf(report('Killed', 'Timeout', 'Survived', 'NoCoverage', 'CompileError', 'Ignored'), []);
  expect([outcome.killed, outcome.hung, outcome.total, scoreOf(outcome)]).toEqual([2, 1, 4, 50]);
});

it('says of a survivor where it is, what was changed and why that is well, or that nobody said', () => {
  const on = 'rights.every((right) => has(right));';
  const known = [{ file: 'a.ts', on, code: 'rights.every((right) => has(right))', becomes: 'some(0)', why: 'because' }];
  const { lived } = outcomeOf(report('Survived', 'Survived'), known);
  expect(lived.map(({ line, code, why }) => [line, code, why])).toEqual([
    [2, 'rights.every((right) => has(right))', 'because'],
    [2, 'rights.every((right) => has(right))', null],
  ]);
});

describe('a reason', () => {
  const at = (line: number, column: number, status: string) => ({
    ...{ mutatorName: 'StringLiteral', status, replacement: '""' },
    location: { start: { line, column }, end: { line, column: column + 10 } },
  });
  const on = "const soft = request.kind !== 'power-on';";
  const known = [{ file: 'a.ts', on, code: "'power-on'", becomes: '""', why: 'because' }];
  const source = `${on}\nif (request.kind === 'power-on') send();\n`;
  const judged = (first: string, second: string) => {
    const mutants = [at(1, 31, first), at(2, 22, second)];
    const { lived } = outcomeOf({ files: { 'a.ts': { source, mutants } } }, known);
    return [lived.map(({ line, code, why }) => [line, code, why]), misfits(known, lived)];
  };
  const [one, other] = [
    [1, "'power-on'", 'because'],
    [2, "'power-on'", null],
  ];

  it('is for the line that it names: the same text elsewhere in the file has none', () => {
    expect(judged('Survived', 'Killed')).toEqual([[one], []]);
    expect(judged('Survived', 'Survived')).toEqual([[one, other], []]);
  });

  it('that has no survivor any more is named, also when the same text survives elsewhere', () => {
    const stale = expect.stringMatching(/does not survive any more$/);
    expect(judged('Killed', 'Killed')).toEqual([[], [stale]]);
    expect(judged('Killed', 'NoCoverage')).toEqual([[other], [stale]]);
  });

  it('is for one survivor: a second on a line of the same text is named', () => {
    const mutants = [at(1, 31, 'Survived'), at(2, 31, 'Survived')];
    const { lived } = outcomeOf({ files: { 'a.ts': { source: `${on}\n${on}\n`, mutants } } }, known);
    expect(misfits(known, lived)).toEqual([expect.stringContaining('is 2 survivors')]);
  });

  it.each(survivors)('is about a line that stands once in $file: $on', ({ file, on }) => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    expect(lines.filter((line) => line.trim() === on)).toHaveLength(1);
  });
});

it('leaves out the end of an exhaustive switch, which nothing reaches', () => {
  const text = 'default:\n  return never(tools);';
  const location = { start: { line: 1, column: 1 }, end: { line: 2, column: 23 } };
  const files = { 'a.ts': { source: text, mutants: [{ ...mutant('Survived', 'default:'), location }] } };
  expect(outcomeOf({ files }, [])).toEqual({ killed: 0, hung: 0, total: 0, lived: [] });
});

it('gives an area without mutants no score: a path that leads nowhere is no success', () =>
  expect(scoreOf(outcomeOf({ files: {} }, []))).toBe(0));
