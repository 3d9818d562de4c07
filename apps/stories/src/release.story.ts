// The release as its users get it: tarball, npm package, sums, bill of materials, upgrade and way back. Packed once for all
// stories from a clean tree. Never: run anything of the source tree; only what was unpacked.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Operation } from '@drover/contracts';
import { commandsFor } from '../../../tools/docs/page-commands.js';
import { ownPort } from '../../../tools/faultbench/port.js';
import { makeRelease, manifestOf, timeOf } from '../../../tools/release/make.js';
import { nodeBinary, type Platform } from '../../../tools/release/node-binary.js';
import { openHouse, startedHouse, within, type Program } from './house.js';
import { terminal, usersPath } from './terminal.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const platform = `linux-${process.arch}` as Platform;
const manifest = manifestOf(root);
const [, minor = '0'] = manifest.version.split('.');
const NEXT = manifest.version.replace(/^(\d+)\.\d+/, `$1.${Number(minor) + 1}`);

// Packed once for all: this release, and the next one, which is the same tree under a higher version.
let dir: string;
const made = (name: string) => join(dir, name);
const unpacked = (version: string) => made(`drover-${version}-${platform}`);
const tarball = (version: string) => made(`${version}/drover-${version}-${platform}.tar.gz`);
const make = (version: string, out: string) =>
  makeRelease({ root, out, version, seconds: timeOf(root, undefined), platforms: [platform] });
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'drover release '));
  for (const version of [manifest.version, NEXT]) {
    await make(version, made(version));
    execFileSync('tar', ['-xzf', tarball(version), '-C', dir]);
  }
  symlinkSync(unpacked(manifest.version), made('current'));
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The link that an operator's unit names; an upgrade sets it. */
const link = (version: string) => {
  symlinkSync(unpacked(version), made('new'));
  renameSync(made('new'), made('current'));
};
/** The tarball as it is run. A house passes no PATH on, so nothing of this machine is found by name. */
const drover = (): Program => ({ file: made('current/bin/drover'), args: [], serve: ['up'], cwd: '/' });
const fleet = { DROVER_SIMULATOR_VMS: '20', DROVER_SIMULATOR_LATENCY: '0' };
const files = (below: string) =>
  readdirSync(below, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(below.length + 1));

it('a tarball has 60 MB or less, and the sums of all files are those that are written', () => {
  expect(statSync(tarball(manifest.version)).size).toBeLessThan(60e6);
  execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: made(manifest.version) });
});

/** What the page about installing tells to type of the tarball and of the npm package, in order. */
const installing = () => {
  const page = 'docs/how-to/install.md';
  const text = readFileSync(join(root, page), 'utf8');
  return commandsFor('apps/stories/src/release.story.ts', page, text).map((script) =>
    script.replaceAll('linux-x64', platform),
  );
};

it('the page about installing names what is in the tarball, and its first commands do what they say', () => {
  const page = readFileSync(join(root, 'docs/how-to/install.md'), 'utf8');
  const here = page.replaceAll('linux-x64', platform);
  const named = [...here.matchAll(/\/opt\/drover\/([\w./-]+)/g)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((path) => !files(unpacked(manifest.version)).includes(path))).toEqual([]);
  const [script = ''] = installing();
  const said = execFileSync('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: made(manifest.version),
    encoding: 'utf8',
  });
  expect(said.trim().split('\n').at(-1)).toBe(manifest.version);
});

/** Types a command that starts Drover in a folder, until it says that it is ready; then stops it. */
const startsAndStops = async (folder: string, script: string, given: Readonly<Record<string, string>> = {}) => {
  const shell = terminal(folder, { ...fleet, ...given, APP_PORT: String(await ownPort()) });
  await using drover = await shell.begin(script, /ready at http/);
  expect(drover.said()).toContain(`Drover ${manifest.version} is ready`);
  expect(existsSync(join(folder, 'data/power/facts.db'))).toBe(true); // in the folder that it is called from
  await drover.stop();
  rmSync(join(folder, 'data'), { recursive: true });
};

it('the page about installing starts the tarball', () => startsAndStops(dir, installing()[1] ?? ''), within);

it('two builds of one commit give the same bytes', async () => {
  await make(manifest.version, made('again'));
  const both = (name: string) => ['again', manifest.version].map((folder) => readFileSync(made(`${folder}/${name}`)));
  for (const name of readdirSync(made('again'))) {
    const [one, other] = both(name);
    expect([name, other && one?.equals(other)]).toEqual([name, true]);
  }
}, 60_000);

it('a tarball holds what runs: no tests, no types, no maps, no compiler, and no advice to call npm', () => {
  const all = files(unpacked(manifest.version));
  const inside = (path: string) => readFileSync(join(unpacked(manifest.version), path), 'utf8');
  expect(
    all.filter((path) =>
      /\.(contract|spec|story)\.js$|\/testing\.js$|\.[cm]?ts$|\.map$|node_modules\/@?typescript/.test(path),
    ),
  ).toEqual([]);
  const ours = all.filter((path) => /^lib\/drover\/(apps|node_modules\/@drover)\/.*\.js$/.test(path));
  expect(ours.length).toBeGreaterThan(100);
  expect(ours.filter((path) => /\bnpm (start|run)\b/.test(inside(path)))).toEqual([]);
});

it('the bill of materials and the notices name every package that is in the tarball, and no other', () => {
  const inside = (path: string) => readFileSync(join(unpacked(manifest.version), path), 'utf8');
  const packages = files(join(unpacked(manifest.version), 'lib/drover/node_modules'))
    .filter(
      (path) => /^(.*\/node_modules\/)?(@[^/]+\/)?[^/@]+\/package\.json$/.test(path) && !path.startsWith('@drover/'),
    )
    .map((path) => JSON.parse(inside(`lib/drover/node_modules/${path}`)) as { name: string; version: string })
    .map(({ name, version }) => `${name} ${version}`);
  const { components } = JSON.parse(inside('sbom.cdx.json')) as {
    components: { type: string; group?: string; name: string; version: string }[];
  };
  const listed = components
    .filter(({ type }) => type === 'library')
    .map(({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name} ${version}`);
  expect(listed.sort()).toEqual(packages.sort());
  const texts = inside('THIRD-PARTY-NOTICES.txt');
  const node = `Node.js ${manifest.dependencies['node']}`;
  expect([...packages, node].filter((each) => !texts.includes(`\n${each}`))).toEqual([]);
});

it('Node for the other machine is the reviewed one, and made for it', () => {
  for (const [name, machine] of [
    ['linux-x64', 0x3e],
    ['linux-arm64', 0xb7],
  ] as const) {
    const version = manifest.dependencies['node'] ?? '';
    const { bytes } = nodeBinary(root, name, { version, sum: manifest.nodeSha256[name] ?? '' });
    expect([name, bytes[18]]).toEqual([name, machine]); // e_machine of ELF
  }
}, 120_000);

it(
  'the program tells its version and its commands, and refuses another one with 2',
  async () => {
    await using house = await openHouse(fleet, drover());
    expect(await house.task(['--version'])).toMatchObject({ code: 0, said: `${manifest.version}\n` });
    const { said } = await house.task(['--help']);
    for (const verb of ['up', 'login-link', 'rebuild', 'store verify']) expect(said).toContain(`drover ${verb} `);
    expect(await house.task(['dance'])).toMatchObject({
      ...{ code: 2, complained: 'drover does not know the command dance; see drover --help.\n' },
    });
    expect(await house.task([])).toMatchObject({ code: 2, complained: 'A command is missing; see drover --help.\n' });
    expect(await house.task(['up', 'rebuild'])).toMatchObject({ code: 2 });
    expect(await house.task(['store'])).toMatchObject({ code: 2 });
  },
  within,
);

it(
  'a tarball starts in its own folder with nothing on the PATH, and keeps its data there',
  async () => {
    const folder = unpacked(NEXT);
    // Nobody names a data directory, which a house would do.
    const args = ['-u', 'DROVER_DATA_DIR', './bin/drover'];
    const program = { file: '/usr/bin/env', args, serve: ['up'], cwd: folder };
    await using house = await openHouse({ ...fleet, PATH: '/nowhere' }, program);
    expect(await house.start()).toContain(`Drover ${NEXT} is ready`);
    expect((await house.stop()).code).toBe(0);
    expect(files(join(folder, 'data'))).toEqual(expect.arrayContaining(['admin.token']));
    rmSync(join(folder, 'data'), { recursive: true });
  },
  within,
);

it(
  'the commands beside a running Drover work from the tarball, and a signal reaches it',
  async () => {
    await using house = await startedHouse(fleet, drover());
    expect((await house.task(['login-link'])).said).toContain(`${house.url}/api/auth/link/`);
    expect((await house.stop()).code).toBe(0);
    expect(await house.task(['store', 'verify'])).toMatchObject({ code: 0 });
    expect(await house.task(['rebuild'])).toMatchObject({ code: 0 });
  },
  within,
);

it(
  'an upgrade goes on where the release before stopped, and the way back is the copy that was made before it',
  async () => {
    await using house = await startedHouse(fleet, drover());
    const lastPosition = async () => (await house.api().events()).at(-1)?.position ?? '';
    const after = (position: string) => house.api().get<{ items: unknown[] }>(`/api/v1/events?after=${position}`);
    const operation = ({ id }: Operation) => house.api().get<Operation>(`/api/v1/operations/${id}`);
    const outcome = async (each: Operation) => {
      const { state, evidence } = (await operation(each)).body;
      return [state, evidence];
    };
    const [first, second, third] = (await house.api().vms('?power=poweredOn&limit=3')).body.items;
    const off = (vm: typeof first) => house.api().done(`/api/v1/vms/${vm?.id}/actions/power-off`, { mode: 'hard' });

    const before = [await off(first), await off(second)];
    const cursor = await lastPosition();
    await house.stop();
    const copy = made('data.before');
    execFileSync('cp', ['-a', house.dataDir, copy]);

    link(NEXT);
    expect(await house.start()).toContain(`Drover ${NEXT} is ready`);
    for (const each of before) expect(await outcome(each)).toEqual([each.state, each.evidence]);
    expect((await house.api().vm(first?.id ?? '')).body.power.state).toBe('poweredOff');
    const later = await off(third);
    expect(later.state).toBe('succeeded');
    const seen = await after(cursor);
    expect([seen.status, JSON.stringify(seen.body).includes(later.id)]).toEqual([200, true]);
    const newest = await lastPosition();
    expect((await house.stop()).code).toBe(0);

    link(manifest.version);
    rmSync(house.dataDir, { recursive: true });
    execFileSync('cp', ['-a', copy, house.dataDir]);
    expect(await house.start()).toContain(`Drover ${manifest.version} is ready`);
    for (const each of before) expect(await outcome(each)).toEqual([each.state, each.evidence]);
    expect((await operation(later)).status).toBe(404);
    expect((await after(cursor)).status).toBe(200);
    expect((await after(newest)).status).toBe(410);
  },
  within,
);

it('the npm package runs from an empty folder, under the Node that npm installs with it', async () => {
  const folder = made('npm');
  mkdirSync(folder);
  copyFileSync(
    made(`${manifest.version}/drover-${manifest.version}.tgz`),
    join(folder, `drover-${manifest.version}.tgz`),
  );
  // As in a user's shell: where `npm test` called us, the rules of this repository would hold in that folder too.
  const own = Object.entries(process.env).filter(([name]) => /^npm_config_(?:registry|cache)$|_proxy$/i.test(name));
  const env = {
    ...(Object.fromEntries(own) as Record<string, string>),
    ...{ PATH: usersPath, npm_config_strict_allow_scripts: 'false' },
  };
  await startsAndStops(folder, installing()[2] ?? '', env);
  const program = { file: process.execPath, args: [join(folder, 'node_modules/.bin/drover')], serve: ['up'], cwd: '/' };
  await using house = await startedHouse(fleet, program);
  expect((await house.stop()).code).toBe(0);
}, 300_000);
