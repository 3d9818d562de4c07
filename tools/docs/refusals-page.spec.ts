import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { problems } from '@drover/contracts';

const page = readFileSync(new URL('../../docs/reference/refusals.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'));
/** A row without its third cell: when it happens is the page's own word. */
const checked = (row: string) =>
  row
    .split(' | ')
    .filter((_, cell) => cell !== 2)
    .join(' | ');

it('the page of refusals has every code, with its status and what to do', () =>
  expect(rows.map(checked)).toEqual(
    Object.entries(problems).map(
      ([code, [status, , retryable, hint]]) =>
        `| \`${code}\` | ${status} | ${hint}${retryable ? ' *Retryable.*' : ''} |`,
    ),
  ));
