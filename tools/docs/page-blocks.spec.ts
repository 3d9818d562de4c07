import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { applyBlocks, blocksOf, changed } from './page-blocks.js';

const page = [
  'Create `a/b.ts`, a constant:\n\n```ts\nexport const b = 1;\n```\n',
  'Run it:\n\n```sh\nnpm test\n```\n',
  'Change `a/b.ts`:\n\n```diff\n-export const b = 1;\n+export const b = 2;\n```\n',
].join('\n');

it('reads what is to be created and changed, and leaves commands alone', () =>
  expect(blocksOf(page)).toEqual([
    { does: 'Create', path: 'a/b.ts', text: 'export const b = 1;\n' },
    { does: 'Change', path: 'a/b.ts', text: '-export const b = 1;\n+export const b = 2;\n' },
  ]));

it('takes no block that says neither', () =>
  expect(() => blocksOf('See this:\n\n```ts\nconst a = 1;\n```\n')).toThrow('const a = 1; follows no line'));

it('does it to a tree, and creates nothing that is there', () => {
  const root = mkdtempSync(join(tmpdir(), 'drover-blocks-'));
  try {
    applyBlocks(root, blocksOf(page));
    expect(readFileSync(join(root, 'a/b.ts'), 'utf8')).toBe('export const b = 2;\n');
    expect(() => applyBlocks(root, blocksOf(page).slice(0, 1))).toThrow('EEXIST');
    expect(() => applyBlocks(root, blocksOf(page).slice(1))).toThrow('a/b.ts: nowhere');
  } finally {
    rmSync(root, { recursive: true });
  }
});

it('changes several places, and keeps what stands around them', () =>
  expect(changed('a\nb\n\nc\nd\n', ' a\n+x\n b\n@@\n \n-c\n+y\n')).toBe('a\nx\nb\n\ny\nd\n'));

it.each([
  ['stands nowhere', 'a\nb\n', '-c\n+d\n', 'nowhere'],
  ['stands twice', 'a\na\n', ' a\n+b\n', 'more than once'],
  ['is only a part of a line', 'xa\n', '-a\n+b\n', 'nowhere'],
])('changes no text in which a place %s', (_, text, diff, why) => expect(() => changed(text, diff)).toThrow(why));
