import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const here = join(import.meta.dirname, '..');
let root: string;

// In place of npm: notes what it was told, and leaves behind what the bootstrap looks at. A real install takes half a minute.
const npm = `#!/bin/sh
if [ "$1" = --version ]; then echo 11.0.0; exit 0; fi
echo "$*" >>told
mkdir -p node_modules/.bin node_modules/zod
[ "$2" = --include=dev ] && mkdir -p node_modules/jest
[ "$2" = --omit=dev ] && rm -rf node_modules/jest
ln -sf ${process.execPath} node_modules/.bin/node
sleep "\${NPM_TAKES:-0}"
touch node_modules/.package-lock.json
`;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drover bootstrap '));
  cpSync(join(here, 'bootstrap'), join(root, 'tools/bootstrap'), { recursive: true });
  cpSync(join(here, 'ci.mjs'), join(root, 'tools/ci.mjs'));
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin/npm'), npm, { mode: 0o755 });
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ dependencies: { zod: '1' }, devDependencies: { jest: '1' } }),
  );
  writeFileSync(join(root, 'package-lock.json'), '{}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const start = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
  const { status, stderr } = spawnSync(process.execPath, ['tools/bootstrap/start.mjs', ...args], {
    ...{ cwd: root, encoding: 'utf8' },
    env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, ...env },
  });
  return { status, stderr };
};
const told = () => (existsSync(join(root, 'told')) ? readFileSync(join(root, 'told'), 'utf8').trim().split('\n') : []);
const stamp = () => readFileSync(join(root, 'node_modules/.drover-lock'), 'utf8').split(' ')[0];
const [some, all] = ['ci --omit=dev --loglevel=warn', 'ci --include=dev --loglevel=warn'];

it('a start installs what a start needs, once', () => {
  expect(start().status).toBe(0);
  expect(start(['-e', '0']).status).toBe(0);
  expect([told(), stamp()]).toEqual([[some], 'start']);
});

it('a test after a start installs the rest, and a start after that removes nothing', () => {
  start();
  start(['--all']);
  start();
  expect([told(), stamp()]).toEqual([[some, all], 'all']);
});

it('a changed lock brings the set that was there up to date', () => {
  start(['--all']);
  writeFileSync(join(root, 'package-lock.json'), '{"changed": true}');
  start();
  expect([told(), stamp()]).toEqual([[all, all], 'all']);
});

it.each([
  ['ci --omit=dev', [all]],
  ['ci --include=dev', []],
])('an install by hand (%s) is taken for what it is: a test installs what it lacks', (by, then) => {
  spawnSync(join(root, 'bin/npm'), by.split(' '), { cwd: root });
  rmSync(join(root, 'told'));
  start();
  expect(told()).toEqual([]);
  start(['--all']);
  expect([told(), stamp()]).toEqual([then, 'all']);
});

it('packages that are removed by hand after a test are missed by the next test', () => {
  start(['--all']);
  spawnSync(join(root, 'bin/npm'), ['ci', '--omit=dev'], { cwd: root });
  rmSync(join(root, 'told'));
  expect(start().status).toBe(0);
  expect([told(), stamp()]).toEqual([[], 'start']);
  start(['--all']);
  expect([told(), stamp()]).toEqual([[all], 'all']);
});

it('an install that takes long says so without a terminal, too', () => {
  const { stderr } = start([], { NPM_TAKES: '10.5' });
  expect(stderr.split('\n')).toEqual([
    'Installing packages (.cache/install.log) ...',
    'Installing packages (.cache/install.log): 10 s',
    'Installing packages (.cache/install.log): done after 10 s',
    '',
  ]);
});

it('an install that fails says why, and leaves no stamp', () => {
  writeFileSync(
    join(root, 'bin/npm'),
    '#!/bin/sh\n[ "$1" = --version ] && { echo 11.0.0; exit; }\necho "npm error no network"\nexit 1\n',
  );
  const { status, stderr } = start();
  expect([status, stderr]).toEqual([1, expect.stringMatching(/failed after 0 s\nnpm error no network\n$/)]);
  expect(existsSync(join(root, 'node_modules/.drover-lock'))).toBe(false);
});

it.each([
  [
    { node: '>=999' },
    /^Drover needs node 999 or newer to start; this is node [\d.]+\. Install a newer one and try again\.\n$/,
  ],
  [{ npm: '>=12' }, /^Drover needs npm 12 or newer to start; this is npm 11\.0\.0\. /],
])('what package.json says of engines is what a start asks for: %j', (engines, sentence) => {
  writeFileSync(join(root, 'package.json'), JSON.stringify({ engines, dependencies: {}, devDependencies: {} }));
  expect(start()).toEqual({ status: 1, stderr: expect.stringMatching(sentence) });
  expect(told()).toEqual([]);
});

// In place of the compiler: notes how it was called, and writes what it would write.
const tsc = `
const { appendFileSync, existsSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync('built', process.argv[2] + '\\n');
if (existsSync('broken')) process.exit(2);
const out = process.argv[2] === '-b' ? ['apps/suite/dist', 'libs/a/dist'] : ['apps/suite', 'libs/a'].map((of) => '.cache/build/' + of + '/src');
for (const folder of out) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(folder + '/index.js', '');
  if (process.argv[2] === '-b') writeFileSync(folder + '/.tsbuildinfo', '');
}
`;
const file = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const builds = () => {
  const [there, text] = [
    join(root, 'built'),
    existsSync(join(root, 'built')) ? readFileSync(join(root, 'built'), 'utf8') : '',
  ];
  rmSync(there, { force: true });
  return text.split('\n').filter((line) => line !== '');
};
const suite = () => start(['--build=apps/suite']);

describe('the build of a start', () => {
  beforeEach(() => {
    const workspaces = ['apps/*', 'libs/*'];
    file('package.json', JSON.stringify({ workspaces, dependencies: { zod: '1' }, devDependencies: { jest: '1' } }));
    file('tsconfig.base.json', '{}');
    file('apps/suite/src/main.ts', '');
    file('libs/a/src/deep/index.ts', '');
    file('libs/no-sources/README.md', '');
    start();
    file('node_modules/typescript-native/bin/tsc', tsc);
    file('node_modules/typescript-native/package.json', '{"type":"commonjs"}');
  });

  it('is done once, of all sources at once, and again when one of them changed, is new or is gone', () => {
    expect([suite().status, builds()]).toEqual([0, ['-p']]);
    expect([suite().status, builds()]).toEqual([0, []]);
    for (const change of [
      () => file('libs/a/src/deep/index.ts', 'changed'),
      () => file('libs/a/src/new.ts', ''),
      () => rmSync(join(root, 'libs/a/src/new.ts')),
      () => rmSync(join(root, 'libs/a/dist'), { recursive: true }),
      () => file('package-lock.json', '{"changed": true}'),
    ]) {
      change();
      expect([suite().status, builds(), existsSync(join(root, 'libs/a/dist/index.js'))]).toEqual([0, ['-p'], true]);
    }
  });

  it('leaves nothing of a file that is gone', () => {
    suite();
    file('libs/a/dist/gone.js', '');
    file('libs/a/src/new.ts', '');
    suite();
    expect(existsSync(join(root, 'libs/a/dist/gone.js'))).toBe(false);
  });

  it('that fails says so, and is tried again', () => {
    file('broken', '');
    expect(suite()).toMatchObject({ status: 1, stderr: expect.stringContaining('The build of apps/suite failed.\n') });
    expect(builds()).toEqual(['-p']);
    rmSync(join(root, 'broken'));
    expect([suite().status, builds()]).toEqual([0, ['-p']]);
  });

  it('goes on with what a developer built, which knows more', () => {
    start(['--all', '--build=apps/suite']);
    expect(builds()).toEqual(['-b']);
    expect([suite().status, builds()]).toEqual([0, ['-b']]);
  });
});
