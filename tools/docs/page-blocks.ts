// Reads what a page tells its reader to create and change, and does it to a tree: so a test does a how-to page as it is
// printed. Never: guess; a place that stands nowhere or twice in a file is an error, because a reader would be lost there
// too.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A block of a page that changes a file: `Create` holds the whole file, `Change` the places in it as a diff. */
export interface PageBlock {
  readonly does: 'Create' | 'Change';
  readonly path: string;
  readonly text: string;
}

const fence = /^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm;
const heading = /(Create|Change) `([^`\n]+)`[^\n]*:\n\n?$/;

/**
 * The blocks of a page, in order. The line before each of them says what to do: "Create `<path>`:" or "Change `<path>`:".
 * Commands (`sh`) and what a program prints (`text`) are no blocks; any other block without such a line is an error.
 */
export const blocksOf = (page: string): readonly PageBlock[] =>
  [...page.matchAll(fence)].flatMap(({ 1: language = '', 2: text = '', index }) => {
    if (language === 'sh' || language === 'text') return [];
    const [, does, path] = heading.exec(page.slice(0, index)) ?? [];
    if (does === undefined || path === undefined)
      throw new Error(`the block that begins with ${text.split('\n')[0]} follows no line that says Create or Change`);
    return [{ does: does as PageBlock['does'], path, text }];
  });

const linesOf = (place: string, signs: string) =>
  place
    .split('\n')
    .filter((line) => signs.includes(line[0] ?? ' '))
    .map((line) => `${line.slice(1)}\n`)
    .join('');

/** A text after a diff: each place (they are separated by `@@`) stands in it once, to the letter. */
export const changed = (text: string, diff: string): string =>
  diff
    .replace(/\n$/, '')
    .split(/^@@\n/m)
    .map((place) => place.replace(/\n$/, ''))
    .reduce((before, place) => {
      const [from, to] = [linesOf(place, ' -'), linesOf(place, ' +')];
      const whole = `\n${before}`; // so that a place begins with a line
      const at = whole.indexOf(`\n${from}`);
      if (at < 0) throw new Error(`nowhere in the file:\n${from}`);
      if (whole.lastIndexOf(`\n${from}`) !== at) throw new Error(`more than once in the file:\n${from}`);
      return before.slice(0, at) + to + before.slice(at + from.length);
    }, text);

/** Does to a tree what the blocks say. */
export const applyBlocks = (root: string, blocks: readonly PageBlock[]) => {
  for (const { does, path, text } of blocks) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    if (does === 'Create') {
      writeFileSync(file, text, { flag: 'wx' });
      continue;
    }
    try {
      writeFileSync(file, changed(readFileSync(file, 'utf8'), text));
    } catch (error) {
      throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
    }
  }
};
