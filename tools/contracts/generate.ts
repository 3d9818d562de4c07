// `npm run contracts`: writes the two documents of what crosses a process, from the contracts as they were built.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asyncApi, openApi } from '@drover/contracts';

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const documents = {
  'libs/contracts/openapi/openapi.json': openApi(version),
  'libs/contracts/asyncapi/asyncapi.json': asyncApi(version),
};
for (const [path, document] of Object.entries(documents)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${JSON.stringify(document, null, 2)}\n`);
  console.log(path);
}
