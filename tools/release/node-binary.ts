// Node as a release brings it: the binary that was reviewed, by its sum in package.json.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The machines that a tarball is made for. */
export const platforms = ['linux-x64', 'linux-arm64'] as const;

/** One of them. */
export type Platform = (typeof platforms)[number];

/** Node for one machine: the binary, its sum, and the licences of all that is in it. */
export interface NodeBinary {
  readonly bytes: Uint8Array;
  readonly sum: string;
  readonly licence: string;
}

/** Takes the package of a platform from the registry that npm is set to, and keeps it. */
const fetched = (root: string, platform: Platform, version: string) => {
  const cache = join(root, '.cache', 'release');
  const dir = join(cache, `node-${platform}-${version}`);
  if (existsSync(dir)) return dir;
  const making = `${dir}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    const pack = ['pack', `node-${platform}@${version}`, '--silent', '--pack-destination', making];
    const [file = ''] = execFileSync('npm', pack, { cwd: cache, encoding: 'utf8' }).trim().split('\n').slice(-1);
    execFileSync('tar', ['-xzf', join(making, file), '-C', making, 'package/bin/node', 'package/LICENSE']);
    renameSync(join(making, 'package'), dir);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return dir;
};

/** The binary for a platform: the one that is installed, or the one of the registry. Any other than the reviewed one is refused. */
export const nodeBinary = (
  root: string,
  platform: Platform,
  { version, sum }: { readonly version: string; readonly sum: string },
): NodeBinary => {
  const here = join(root, 'node_modules/node/node_modules', `node-${platform}`);
  const dir = existsSync(join(here, 'bin/node')) ? here : fetched(root, platform, version);
  const bytes = readFileSync(join(dir, 'bin/node'));
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sum)
    throw new Error(`${dir}/bin/node is ${found}, and package.json says ${sum} of Node for ${platform}`);
  return { bytes, sum, licence: readFileSync(join(dir, 'LICENSE'), 'utf8') };
};
