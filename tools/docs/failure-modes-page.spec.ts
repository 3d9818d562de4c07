import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/reference/failure-modes.md'), 'utf8');
const tests = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.spec.ts', '*.story.ts'],
  {
    ...{ cwd: root, encoding: 'utf8' },
  },
)
  .split('\0')
  .filter((path) => path !== '' && !path.startsWith('tools/docs/'));
const texts = new Map(tests.map((path) => [path, readFileSync(join(root, path), 'utf8')]));

/** What the last column says of each failure. */
const named = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| failure'))
  .flatMap((line) => (line.split('|').at(-2) ?? '').trim().split(', '));

/** The files of tests that a name of the page means: `T-EFF-1`, `start.story`, `K40 in store.story`, `K1 (inventory's tests)`. */
const meant = (name: string) => {
  const [, id = '', where = ''] =
    /^([\w.-]+)(?: (?:in (?:the )?|\()([\w./-]+?)(?:'s)?(?: tests)?\)?)?$/.exec(name) ?? [];
  const near = tests.filter((path) => path.includes(where));
  if (/^(?:K|T|T-[A-Z]+-)\d+$/.test(id)) {
    const title = new RegExp(`\\b(?:it|story|describe)\\b[^;]*?['"\`][^'"\`\\n]*\\b${id}\\b[^'"\`\\n]*:`);
    return near.filter((path) => title.test(texts.get(path) ?? ''));
  }
  return near.filter((path) => path.split('/').at(-1)?.startsWith(`${id}.`));
};

it('every failure names tests that are there', () => {
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => meant(name).length === 0)).toEqual([]);
});

it('a test that is not there, or not where the page says, is noticed', () => {
  for (const name of ['K999', 'T-EFF-999', 'stop.story.ts.story', 'K40 in start.story', 'vsphere-peace (tools/infra)'])
    expect([name, meant(name)]).toEqual([name, []]);
});
