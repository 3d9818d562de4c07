import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { asyncApi, openApi } from '@drover/contracts';
import { breaking } from './breaking.js';
import type { Json } from './promises.js';
import { documents, releasedDocument, versionOf } from './released.js';

const root = join(import.meta.dirname, '../..');
const version = versionOf(root);

const firstDifference = (a: string, b: string) => {
  const [some, others] = [a.split('\n'), b.split('\n')];
  const at = [...Array(Math.max(some.length, others.length)).keys()].find((n) => some[n] !== others[n]);
  return at === undefined ? null : { line: at + 1, committed: some[at] ?? null, generated: others[at] ?? null };
};

describe.each([
  ['openapi.json', openApi(version)],
  ['asyncapi.json', asyncApi(version)],
] as const)('%s', (name, document) => {
  it('is what the schemas say; else: npm run contracts', () =>
    expect(
      firstDifference(readFileSync(join(root, documents[name]), 'utf8'), `${JSON.stringify(document, null, 2)}\n`),
    ).toBeNull());

  it('takes nothing from those who rely on the last release', () =>
    expect(breaking(releasedDocument(root, name), JSON.parse(JSON.stringify(document)) as Json)).toEqual([]));
});
