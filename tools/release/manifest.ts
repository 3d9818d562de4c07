// The package.json of the application: of the npm package, and what the suite reads its version from.
import { BUILD_ONLY } from './shipped.ts';

/** What is read of the repository's own package.json. */
export interface Manifest {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly nodeSha256: Readonly<Record<string, string>>;
}

/** Everything but Node is in the package, as the lock file has it; npm installs Node, for machines whose own is too old. */
export const npmManifest = (root: Manifest, version: string, libraries: readonly string[]): unknown => {
  const { node = '', ...others } = root.dependencies;
  const direct = Object.entries(others).filter(([name]) => !BUILD_ONLY.includes(name));
  const bundled = [...direct, ...libraries.map((name) => [name, version] as const)];
  return {
    ...{ name: 'drover', version, description: root.description, license: root.license, type: 'module' },
    ...{ engines: { node: root.engines['node'] }, os: ['linux', 'darwin'], bin: { drover: 'bin/drover.mjs' } },
    dependencies: Object.fromEntries([['node', node], ...bundled]),
    bundleDependencies: bundled.map(([name]) => name).sort(),
  };
};
