// `npm run release [-- --out=<folder>] [--version=<version>] [--platform=<platform>]`: writes the files of a release into
// `dist`, for the version in package.json and every platform unless stated. For a release that others use: from a fresh clone.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makeRelease, manifestOf, timeOf } from './make.ts';
import { platforms } from './node-binary.ts';

const root = join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'dist') },
    version: { type: 'string', default: manifestOf(root).version },
    platform: { type: 'string', multiple: true, default: [...platforms] },
  },
});
const { version } = values;
if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) throw new Error(`${version} is not a version, such as 1.2.3`);
const out = resolve(values.out);
const changed = execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
if (changed !== '') console.error('This is no release of a commit: files differ from it.');

const names = await makeRelease({
  ...{ root, out, version, seconds: timeOf(root, process.env['SOURCE_DATE_EPOCH']) },
  platforms: platforms.filter((platform) => values.platform.includes(platform)),
});
for (const name of names) {
  const megabytes = (statSync(join(out, name)).size / 1e6).toFixed(1);
  console.log(`${megabytes.padStart(6)} MB  ${join(out, name)}`);
}
