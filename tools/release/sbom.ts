// What is in a release, as CycloneDX 1.6 says it: every package of the lock file that is shipped, and Node itself.
import { createHash } from 'node:crypto';
import type { Shipped } from './shipped.ts';

const purl = ({ name, version }: { readonly name: string; readonly version: string }) =>
  `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;

/** The parts of a scoped name are told apart: `@nestjs/core` is `core` of the group `@nestjs`. */
const named = (full: string) => {
  const [group, name] = full.startsWith('@') ? full.split('/') : [undefined, full];
  return { ...(group !== undefined && { group }), name };
};

/** The sum of the package as the lock has it, in hexadecimal. */
const hashes = (integrity: string | null) => {
  const [, base64 = ''] = /^sha512-(.+)$/.exec(integrity ?? '') ?? [];
  return base64 === '' ? [] : [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }];
};

/** The document, the same for the same release: its time is that of the commit, its serial number follows from what it says. */
export const sbom = (
  packages: readonly Shipped[],
  release: { readonly version: string; readonly direct: readonly string[]; readonly seconds: number },
  node: { readonly version: string; readonly sums: Readonly<Record<string, string>> },
): unknown => {
  const self = `pkg:npm/drover@${release.version}`;
  const refs = new Map(packages.map((each) => [each.folder, each.folder]));
  const runtimes = Object.entries(node.sums).map(([platform, sum]) => {
    const [os, arch] = platform.split('-');
    const reference = `pkg:generic/node@${node.version}?arch=${arch}&os=${os}`;
    return {
      ...{ type: 'platform', 'bom-ref': reference, name: 'node', version: node.version },
      hashes: [{ alg: 'SHA-256', content: sum }],
      ...{ licenses: [{ license: { id: 'MIT' } }], purl: reference },
    };
  });
  const components = packages.map((each) => ({
    ...{ type: 'library', 'bom-ref': each.folder, ...named(each.name), version: each.version, scope: 'required' },
    ...{ hashes: hashes(each.integrity), licenses: [{ license: { id: each.license } }], purl: purl(each) },
  }));
  const dependencies = [
    { ref: self, dependsOn: [...release.direct, ...runtimes.map((each) => each['bom-ref'])] },
    ...packages.map((each) => ({
      ref: each.folder,
      dependsOn: each.needs.flatMap((folder) => refs.get(folder) ?? []),
    })),
  ];
  const content = {
    metadata: {
      timestamp: new Date(release.seconds * 1000).toISOString(),
      component: {
        ...{ type: 'application', 'bom-ref': self, name: 'drover', version: release.version },
        ...{ licenses: [{ license: { id: 'Apache-2.0' } }], purl: self },
      },
    },
    components: [...components, ...runtimes],
    dependencies,
  };
  const sum = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const uuid = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})/.exec(sum)?.slice(1) ?? [];
  const [a, b, c, d, e] = uuid;
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${a}-${b}-5${c}-8${d}-${e}`, version: 1 },
    ...content,
  };
};
