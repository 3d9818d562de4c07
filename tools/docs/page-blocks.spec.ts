import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from '@jest/globals';
import { applyBlocks, blocksOf } from './page-blocks.ts';

const tree = mkdtempSync(join(tmpdir(), 'drover-page-'));
afterAll(() => rmSync(tree, { recursive: true }));
const at = (name: string) => join(tree, name);
const page = (text: string) => {
  writeFileSync(at('page.md'), text);
  return blocksOf(at('page.md'));
};
const change = (diff: string) => page(`First. In \`list.txt\` there is one more:\n\n\`\`\`diff\n${diff}\`\`\`\n`);
beforeEach(() => writeFileSync(at('list.txt'), 'one\n\ntwo\nthree\n'));

it('creates a file from a fence, and from a file beside the page', () => {
  writeFileSync(at('beside.txt'), 'beside\n');
  const text =
    'Create `new/a.json`:\n\n```json\n{}\n```\n\nCreate `new/b.txt`:\n\n<<< ./beside.txt\n\n```sh\nls\n```\n';
  applyBlocks(page(text), tree);
  expect(['new/a.json', 'new/b.txt'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(['{}\n', 'beside\n']);
});

it('changes a file by a diff, whose empty lines have lost their space', () => {
  applyBlocks(change(' one\n\n-two\n+two and a half\n three\n'), tree);
  expect(readFileSync(at('list.txt'), 'utf8')).toBe('one\n\ntwo and a half\nthree\n');
});

it.each([
  ['is not there', ' four\n+five\n', 0],
  ['is there twice', ' twin\n+five\n', 2],
])('refuses a diff of what %s, and names the file', (_, diff, times) => {
  writeFileSync(at('list.txt'), 'twin\ntwin\n');
  expect(() => applyBlocks(change(diff), tree)).toThrow(`list.txt holds ${times} times what the page changes`);
  expect(readFileSync(at('list.txt'), 'utf8')).toBe('twin\ntwin\n');
});

it('creates no file that there is', () =>
  expect(() => applyBlocks(page('Create `list.txt`:\n\n```txt\nmine\n```\n'), tree)).toThrow('EEXIST'));
