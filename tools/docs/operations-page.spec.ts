// What the pages say of an operation is what its schema says: members of its evidence, states, verbs; and the evidence that
// three pages show is one that an answer can have.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Evidence, OperationState, OperationVerb } from '@drover/contracts';

const root = join(import.meta.dirname, '../..');
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const page = textOf('docs/reference/operations.md');

/** The names in the first column of the table of a section. */
const names = (section: string) => {
  const [, after = ''] = page.split(`\n## ${section}\n`);
  const [, table = ''] = (after.split('\n## ')[0] ?? '').split(/\n\|(?:---\|)+\n/);
  const rows = [...table.matchAll(/^\| (`[^|]*`) \|/gm)];
  return rows.flatMap(([, cell = '']) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name));
};

it('the page of operations has every state, every verb and every member of the evidence', () => {
  expect(names('States').sort()).toEqual([...OperationState.options].sort());
  expect(names('What to do with it').sort()).toEqual([...OperationVerb.options].sort());
  expect(names('Evidence').sort()).toEqual(Object.keys(Evidence.shape).sort());
});

/** What `…` leaves out of an attempt. */
const leftOut = { endedAt: null, code: null, detail: null };

it('the evidence that the pages show is one and the same, and right to the schema', () => {
  const shown = ['README.md', 'docs/index.md', 'docs/concepts/operations-and-evidence.md'].map(
    (path) => /```json\n(\{\n {2}"method"[\s\S]*?)```/.exec(textOf(path))?.[1] ?? `${path} shows none`,
  );
  expect(new Set(shown).size).toBe(1);
  const evidence = JSON.parse((shown[0] ?? '').replaceAll(', …', '')) as { readonly attempts: readonly object[] };
  const whole = { ...evidence, attempts: evidence.attempts.map((attempt) => ({ ...attempt, ...leftOut })) };
  expect(Evidence.strict().parse(whole)).toEqual(whole);
});
