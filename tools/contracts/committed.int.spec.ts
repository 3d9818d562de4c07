import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { asyncApi, openApi } from '@drover/contracts';
import { breaking } from './breaking.js';
import type { Json } from './promises.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };

const git = (...words: string[]) =>
  execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 26 });

/** The last release; before the first one, the last commit. */
const lastRelease = () => {
  try {
    return git('describe', '--tags', '--abbrev=0').trim();
  } catch {
    return 'HEAD';
  }
};

/** The document as it was: in the commit that CONTRACTS_BASE names, else in the last release; outside a repository, the file. */
const before = (path: string): string => {
  const { CONTRACTS_BASE: named } = process.env;
  if (named) git('rev-parse', '--verify', `${named}^{commit}`); // a name that means nothing must not pass as "new"
  try {
    return git('show', `${named ?? lastRelease()}:${path}`);
  } catch {
    return read(path); // no repository, or the document is new
  }
};

const firstDifference = (a: string, b: string) => {
  const [some, others] = [a.split('\n'), b.split('\n')];
  const at = [...Array(Math.max(some.length, others.length)).keys()].find((n) => some[n] !== others[n]);
  return at === undefined ? null : { line: at + 1, committed: some[at] ?? null, generated: others[at] ?? null };
};

describe.each([
  ['libs/contracts/openapi/openapi.json', openApi(version)],
  ['libs/contracts/asyncapi/asyncapi.json', asyncApi(version)],
])('%s', (path, document) => {
  it('is what the schemas say; else: npm run contracts', () =>
    expect(firstDifference(read(path), `${JSON.stringify(document, null, 2)}\n`)).toBeNull());

  it('takes nothing from those who rely on the one before', () =>
    expect(breaking(JSON.parse(before(path)) as Json, JSON.parse(JSON.stringify(document)) as Json)).toEqual([]));
});
