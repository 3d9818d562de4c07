// `npm run contracts`: writes what follows from the contracts as they were built: the two documents of what crosses a
// process, and the first sample of each public event that has none. A sample that is there is never written again.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asyncApi, eventTypes, openApi } from '@drover/contracts';
import { factPath, sampleOf } from './samples.ts';

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const write = (path: string, document: unknown) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${JSON.stringify(document, null, 2)}\n`);
  console.log(path);
};

write('libs/contracts/openapi/openapi.json', openApi(version));
write('libs/contracts/asyncapi/asyncapi.json', asyncApi(version));
for (const type of eventTypes) {
  const path = `libs/contracts/corpus/${type}.json`;
  if (existsSync(join(root, path))) continue;
  if (existsSync(join(root, factPath(type).path))) write(path, sampleOf(root, type));
  else {
    console.error(`${type} has no sample: write ${factPath(type).path} first`);
    process.exitCode = 1;
  }
}
