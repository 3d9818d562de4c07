// The sentences that *Troubleshoot* tells people to look for are said by the code: each piece between its gaps stands in it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/how-to/troubleshoot.md'), 'utf8');
const sources = execFileSync('git', ['ls-files', '-z', 'apps/*.ts', 'libs/*.ts'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && !/\.(?:spec|story|contract)\.ts$|testing\.ts$/.test(path))
  .map((path) => readFileSync(join(root, path), 'utf8'));

const [, table = ''] = page.split('\n| the sentence says | means | do |\n');
const sentences = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `([^`]+)` \|/gm)].map(
  ([, sentence = '']) => sentence,
);
/** The pieces of a sentence that are the same each time; `N` is a number. */
const pieces = (sentence: string) =>
  sentence
    .replace(/\bN$/, '')
    .split(/…|; /)
    .map((piece) => piece.trim())
    .filter((piece) => piece.length > 1);
/** Whether one of the sources says all pieces. */
const isSaid = (sentence: string) => sources.some((text) => pieces(sentence).every((piece) => text.includes(piece)));

it('a start that fails says what the page says', () => {
  expect(sentences.length).toBeGreaterThan(7);
  expect(sentences.filter((sentence) => !isSaid(sentence))).toEqual([]);
  expect(isSaid('… is used by the wizard N')).toBe(false);
});
