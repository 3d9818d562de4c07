// The house's checks in a copy of the tree, which is no repository of git: lint and format of some files, and the rules over
// the whole tree. It runs in the copy:
//   node tools/docs/check-copy.mjs <file>...
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import nx from 'nx/src/devkit-exports.js';
import { check, resolveConfig } from 'prettier';
import { treeRules } from '../architecture/tree.mjs';

const touched = process.argv.slice(2);
const complaints = [];

await nx.createProjectGraphAsync({ exitOnError: true }); // without one the Nx rule passes everything
const eslint = new ESLint();
const sources = touched.filter((path) => /\.(ts|mjs)$/.test(path));
const results = await eslint.lintFiles(sources);
if (results.some(({ errorCount, warningCount }) => errorCount + warningCount > 0))
  complaints.push(await (await eslint.loadFormatter('stylish')).format(results));

for (const path of sources) {
  const options = { ...(await resolveConfig(path)), filepath: path };
  if (!(await check(readFileSync(path, 'utf8'), options))) complaints.push(`${path} is not formatted`);
}

const left = /(^|\/)(node_modules|dist|\.cache|\.nx)(\/|$)/;
const files = Object.fromEntries(
  readdirSync('.', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !left.test(path))
    .map((path) => [path, readFileSync(path, 'utf8')]),
);
for (const { name, check: rule } of treeRules)
  complaints.push(...rule(files).map((complaint) => `${name}: ${complaint}`));

for (const complaint of complaints) console.log(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;
