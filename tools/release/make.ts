// Makes the files of a release. The same commit gives the same bytes: their time is that of the commit, their order that of
// their names.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applicationFiles } from './application.ts';
import { tarGz, type Entry } from './archive.ts';
import { npmManifest, type Manifest } from './manifest.ts';
import { nodeBinary, type Platform } from './node-binary.ts';
import { notices } from './notices.ts';
import { sbom } from './sbom.ts';
import { shippedPackages, type Lock } from './shipped.ts';

/** What is to be made: which version, for which machines, with which time. */
export interface Plan {
  readonly root: string;
  readonly out: string;
  readonly version: string;
  readonly seconds: number;
  readonly platforms: readonly Platform[];
}

const json = (value: unknown) => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
const at = (folder: string, entries: readonly Entry[]) =>
  entries.map((entry) => ({ ...entry, path: `${folder}/${entry.path}` }));

/** The time of a release, in seconds: `SOURCE_DATE_EPOCH`, or when the commit was made. */
export const timeOf = (root: string, given: string | undefined): number => {
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }));
};

/** The version that the repository is at. */
export const manifestOf = (root: string): Manifest =>
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

/** Writes all files of a release into its folder, and answers their names. The suite has been built. */
export const makeRelease = async ({ root, out, version, seconds, platforms }: Plan): Promise<readonly string[]> => {
  const manifest = manifestOf(root);
  const { packages: lock } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock };
  const packages = shippedPackages(lock);
  const node = manifest.dependencies['node'] ?? '';
  const binaries = platforms.map((platform) => {
    const sum = manifest.nodeSha256[platform] ?? '';
    return { platform, ...nodeBinary(root, platform, { version: node, sum }) };
  });

  const file = (path: string, to = path, executable = false) => ({
    path: to,
    bytes: readFileSync(join(root, path)),
    executable,
  });
  const licence = binaries[0]?.licence ?? '';
  const about = [
    ...['LICENSE', 'CHANGELOG.md', 'README.md'].map((path) => file(path)),
    { path: 'THIRD-PARTY-NOTICES.txt', bytes: Buffer.from(notices(root, packages, { version: node, licence })) },
    {
      path: 'sbom.cdx.json',
      bytes: json(
        sbom(
          packages,
          {
            version,
            seconds,
            direct: packages.flatMap(({ folder, name }) => (name in manifest.dependencies ? [folder] : [])),
          },
          { version: node, sums: Object.fromEntries(binaries.map(({ platform, sum }) => [platform, sum])) },
        ),
      ),
    },
  ];

  const files = applicationFiles(root, packages, version);
  const libraries = files.flatMap(
    ({ path }) => /^node_modules\/(@drover\/[^/]+)\/package\.json$/.exec(path)?.[1] ?? [],
  );
  const application = [
    ...files,
    file('tools/release/files/drover.mjs', 'bin/drover.mjs', true),
    { path: 'package.json', bytes: json(npmManifest(manifest, version, libraries)) },
  ];

  const tarball = async ({ platform, bytes }: (typeof binaries)[number]) => {
    const name = `drover-${version}-${platform}`;
    const entries = [
      file('tools/release/files/drover.sh', 'bin/drover', true),
      { path: 'lib/node', bytes, executable: true },
      ...at('lib/drover', application),
      ...['drover.service', 'drover.env'].map((each) => file(`deploy/systemd/${each}`, `systemd/${each}`)),
      ...about,
    ];
    return [`${name}.tar.gz`, await tarGz(at(name, entries), seconds)] as const;
  };
  const made = [
    ...(await Promise.all(binaries.map(tarball))),
    [`drover-${version}.tgz`, await tarGz(at('package', [...application, ...about]), seconds)] as const,
    ...about.slice(-2).map(({ path, bytes }) => [`drover-${version}-${path}`, bytes] as const),
  ];
  const sums = made.map(([name, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`);
  const all = [...made, ['SHA256SUMS', Buffer.from(sums.join(''))] as const];
  mkdirSync(out, { recursive: true });
  for (const [name, bytes] of all) writeFileSync(join(out, name), bytes);
  return all.map(([name]) => name);
};
