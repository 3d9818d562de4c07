// `npm run contracts [-- --release]`: writes what follows from the contracts as they were built: the two documents of what
// crosses a process, and the first sample of each public event that has none. A sample that is there is never written again.
// With `--release`, once the version is raised: the documents are what the next changes are compared with.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { asyncApi, eventTypes, openApi, services } from '@drover/contracts';
import { documents, keepRelease, versionOf } from './released.ts';
import { sampleOf, samplesPath, storedSample } from './samples.ts';

const root = join(import.meta.dirname, '../..');
const { release } = parseArgs({ options: { release: { type: 'boolean', default: false } } }).values;
const version = versionOf(root);
const write = (path: string, document: unknown) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${JSON.stringify(document, null, 2)}\n`);
  console.log(path);
};

write(documents['openapi.json'], openApi(version));
write(documents['asyncapi.json'], asyncApi(version));
for (const service of services) {
  const path = samplesPath(service);
  const kept = existsSync(join(root, path)) ? (JSON.parse(readFileSync(join(root, path), 'utf8')) as object) : {};
  const samples: Record<string, unknown> = { ...kept };
  for (const type of eventTypes.filter((each) => each.split('.')[2] === service && !Object.hasOwn(kept, each)))
    if (storedSample(root, type)) samples[type] = sampleOf(root, type);
    else {
      console.error(`${type} has no sample: add one of the stored event to the corpus of ${service} first`);
      process.exitCode = 1;
    }
  if (Object.keys(samples).length > Object.keys(kept).length) write(path, samples);
}

for (const why of release ? keepRelease(root) : []) {
  console.error(`not kept as released: ${why}`);
  process.exitCode = 1;
}
