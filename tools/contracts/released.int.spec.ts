import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { object, type Json } from './promises.js';
import { documents, keepRelease, releasedDocument, releaseFaults, type DocumentName } from './released.js';

const house = join(import.meta.dirname, '../..');
const released = 'libs/contracts/released';
let root: string;

/** A tree with the version, the documents and the released contracts of this one, and nothing else. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drover-released-'));
  for (const path of ['package.json', released, ...Object.values(documents)]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(join(house, path), join(root, path), { recursive: true });
  }
});
afterEach(() => rmSync(root, { recursive: true }));

/** The version whose contracts are kept. */
const kept = readdirSync(join(house, released))[0] ?? 'none';

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Json;
const write = (path: string, document: Json) =>
  writeFileSync(join(root, path), `${JSON.stringify(document, null, 2)}\n`);
/** A version is raised as at a release: in package.json, and in the documents, which `npm run contracts` writes. */
const raise = (version: string, paths: readonly string[] = Object.values(documents)) => {
  write('package.json', { ...read('package.json'), version });
  for (const path of paths) write(path, { ...read(path), info: { ...object(read(path)['info']), version } });
};
/** Takes one route or one topic out of a document. */
const drop = (name: DocumentName, key: string, gone: string) => {
  const { [gone]: _, ...rest } = object(read(documents[name])[key]);
  write(documents[name], { ...read(documents[name]), [key]: rest });
};

it('the contracts that are kept are those of the last release, as they were', () =>
  expect(releaseFaults(house)).toEqual([]));

it('are not renewed without a new version', () => {
  raise(kept);
  drop('openapi.json', 'paths', '/api/v1/fleet');
  const before = releasedDocument(root, 'openapi.json');
  expect(keepRelease(root)).toEqual([expect.stringMatching(/ is released: raise the version in package.json first$/)]);
  expect(releasedDocument(root, 'openapi.json')).toEqual(before);
  expect(releaseFaults(root)).toEqual([]);
});

it('are renewed with a new version, and the ones before are gone', () => {
  raise('99.0.0');
  expect(releaseFaults(root)).toEqual([]); // the next release is on its way
  expect(keepRelease(root)).toEqual([]);
  expect(readdirSync(join(root, released))).toEqual(['99.0.0']);
  expect(releaseFaults(root)).toEqual([]);
  for (const name of ['openapi.json', 'asyncapi.json'] as const)
    expect(releasedDocument(root, name)).toEqual(read(documents[name]));
});

it.each([
  ['openapi.json', 'paths', '/api/v1/fleet', 'no longer: GET /api/v1/fleet exists'],
  ['asyncapi.json', 'channels', 'gateway', 'no longer: drover.gateway.v1 exists'],
] as const)('are not renewed while %s lacks one of its %s, %s', (name, key, gone, complaint) => {
  raise('99.0.0');
  drop(name, key, gone);
  expect(keepRelease(root)).toContain(complaint);
  expect(readdirSync(join(root, released))).not.toContain('99.0.0');
});

it('a version that is older than them, and none or several of them, are noticed', () => {
  raise('0.0.9');
  expect(releaseFaults(root)).toEqual([`released is ${kept}, package.json says 0.0.9`]);
  raise('99.0.0');
  cpSync(join(root, released, kept), join(root, released, '98.0.0'), { recursive: true });
  expect(releaseFaults(root)).toEqual([`released is ${kept}, 98.0.0`]);
  rmSync(join(root, released), { recursive: true });
  expect(releaseFaults(root)).toEqual(['released is nothing']);
});

it('versions are compared as numbers', () => {
  raise('0.10.0');
  expect(releaseFaults(root)).toEqual([]);
  expect(keepRelease(root)).toEqual([]);
  raise('0.9.0');
  expect(releaseFaults(root)).toEqual(['released is 0.10.0, package.json says 0.9.0']);
});

it('documents that name another version are noticed', () => {
  raise('99.0.0', []);
  expect(keepRelease(root)).toEqual([]);
  expect(releaseFaults(root)).toEqual(['openapi.json is not of 99.0.0', 'asyncapi.json is not of 99.0.0']);
});

it('a document that is written over is noticed', () => {
  const path = `${released}/${kept}/asyncapi.json`;
  write(path, { ...read(path), channels: {} });
  expect(releaseFaults(root)).toEqual(['asyncapi.json was changed']);
});
