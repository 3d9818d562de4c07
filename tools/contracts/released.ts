// The contracts of the last release, in `libs/contracts/released/<version>`: what every later state is compared with. They
// stand in the tree, so no tag, commit or network is needed, and a commit cannot move them.
// Until a release is out, package.json is ahead of them; from then on they are its own.
// Never: renewed without a new version in package.json, or while something of the release before is missing.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { breaking } from './breaking.ts';
import { object, type Json } from './promises.ts';

const SUMS = 'SHA256SUMS';

/** The two documents of what crosses a process; the topology is in the second: who tells each event, and who takes it. */
export const documents = {
  'openapi.json': 'libs/contracts/openapi/openapi.json',
  'asyncapi.json': 'libs/contracts/asyncapi/asyncapi.json',
} as const;
/** The file name of one of the documents. */
export type DocumentName = keyof typeof documents;
const names = Object.keys(documents) as DocumentName[];

const folder = (root: string) => join(root, 'libs/contracts/released');
const versionsIn = (root: string) => (existsSync(folder(root)) ? readdirSync(folder(root)) : []);
const parse = (text: string) => JSON.parse(text) as Json;
const sumOf = (text: string, name: string) => `${createHash('sha256').update(text).digest('hex')}  ${name}\n`;

/** The version in package.json: that of the release which this tree becomes. */
export const versionOf = (root: string) => String(parse(readFileSync(join(root, 'package.json'), 'utf8'))['version']);

/** A document as it was released; an error when there is not exactly one release to compare with. */
export const releasedDocument = (root: string, name: DocumentName): Json => {
  const [version, ...more] = versionsIn(root);
  if (version === undefined || more.length > 0) throw new Error('libs/contracts/released holds one version, no more');
  return parse(readFileSync(join(folder(root), version, name), 'utf8'));
};

const isNewer = (one: string, other: string) => one.localeCompare(other, 'en', { numeric: true }) > 0;

/** What is wrong with the contracts that are kept: none or several, newer than package.json, or changed since. */
export const releaseFaults = (root: string): readonly string[] => {
  const version = versionOf(root);
  const [kept, ...more] = versionsIn(root);
  if (kept === undefined || more.length > 0) return [`released is ${[kept, ...more].join(', ') || 'nothing'}`];
  if (isNewer(kept, version)) return [`released is ${kept}, package.json says ${version}`];
  const texts = names.map((name) => ({ name, text: readFileSync(join(folder(root), kept, name), 'utf8') }));
  const sums = readFileSync(join(folder(root), kept, SUMS), 'utf8');
  return [
    ...texts
      .filter(({ text }) => object(parse(text)['info'])['version'] !== kept)
      .map(({ name }) => `${name} is not of ${kept}`),
    ...texts.filter(({ name, text }) => !sums.includes(sumOf(text, name))).map(({ name }) => `${name} was changed`),
  ];
};

/** Keeps the documents of the version in package.json as released, in place of those before; answers why it may not. */
export const keepRelease = (root: string): readonly string[] => {
  const version = versionOf(root);
  if (versionsIn(root).includes(version)) return [`${version} is released: raise the version in package.json first`];
  const texts = names.map((name) => ({ name, text: readFileSync(join(root, documents[name]), 'utf8') }));
  const missing = texts.flatMap(({ name, text }) => breaking(releasedDocument(root, name), parse(text)));
  if (missing.length > 0) return missing;
  for (const before of versionsIn(root)) rmSync(join(folder(root), before), { recursive: true });
  mkdirSync(join(folder(root), version));
  for (const { name, text } of texts) writeFileSync(join(folder(root), version, name), text);
  writeFileSync(join(folder(root), version, SUMS), texts.map(({ name, text }) => sumOf(text, name)).join(''));
  return [];
};
