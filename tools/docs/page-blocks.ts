// A page for builders that is run by a test. The line above a block says what the block is:
//   Create `path`:                 the whole file
//   … In `path` <some words>:      a diff; its lines with a space or `-` stand in the file exactly once
// A block is a fence, or `<<< ./file` for the text of a file beside the page. Every other fence is for reading alone.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a page does to one file. */
export type PageBlock =
  | { readonly is: 'create'; readonly path: string; readonly text: string }
  | { readonly is: 'change'; readonly path: string; readonly before: string; readonly after: string };

const BLOCK = /^(?:.* )?(Create|In) `([^`]+)`[^\n]*:\n\n(?:<<< (\S+)|```[^\n]*\n([\s\S]*?)^```$)/gm;

const sideOf = (diff: string, sign: '-' | '+') =>
  diff
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith(sign) || !/^[-+]/.test(line)) // editors cut the space of an empty line
    .map((line) => `${line.slice(1)}\n`)
    .join('');

/** The blocks of a page, in order. */
export const blocksOf = (page: string): readonly PageBlock[] =>
  [...readFileSync(page, 'utf8').matchAll(BLOCK)].map(([, word, path = '', beside, fence = '']) => {
    const text = beside === undefined ? fence : readFileSync(join(dirname(page), beside), 'utf8');
    if (word === 'Create') return { is: 'create', path, text };
    return { is: 'change', path, before: sideOf(text, '-'), after: sideOf(text, '+') };
  });

/** Does to a tree what the blocks say, exactly as printed. A block that does not fit is an error that names its file. */
export const applyBlocks = (blocks: readonly PageBlock[], tree: string) => {
  for (const block of blocks) {
    const file = join(tree, block.path);
    if (block.is === 'create') {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, block.text, { flag: 'wx' });
      continue;
    }
    const parts = readFileSync(file, 'utf8').split(block.before);
    if (parts.length !== 2) throw new Error(`${block.path} holds ${parts.length - 1} times what the page changes`);
    writeFileSync(file, parts.join(block.after));
  }
};
