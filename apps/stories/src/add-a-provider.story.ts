// The page "Add a provider" is run: its blocks are applied to a copy of the tree as they are printed, the copy is checked and
// built, and its suite speaks to a stand-in of the provider.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Connection } from '@drover/contracts';
import { applyBlocks, blocksOf } from '../../../tools/docs/page-blocks.js';
import { copyTree, linkWorkspace, root } from '../../../tools/docs/tree-copy.js';
import { until } from './api.js';
import { openHouse } from './house.js';

const PAGE = 'docs/how-to/add-a-provider.md';
/** The folder of the adapter. What the page touches outside of it is what the house asks of a new provider. */
const OWN = 'libs/integration/proxmox/';
const MOST_OUTSIDE = 15;
const MINUTES = 60_000;

const blocks = blocksOf(join(root, PAGE));
const touched = [...new Set(blocks.map(({ path }) => path)), 'package-lock.json'];

let copy: ReturnType<typeof copyTree>;
/** Runs a program in the copy; what it says is shown when it fails. */
const run = (file: string, ...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: copy.tree, encoding: 'utf8' });
  return { status, said: status === 0 ? '' : `${stdout}${stderr}` };
};
const node = (...args: readonly string[]) => run(process.execPath, ...args);
const well = { status: 0, said: '' };

beforeAll(() => void (copy = copyTree()), MINUTES);
afterAll(() => copy[Symbol.dispose]());

it('the page fits the tree, and touches few files outside the folder of the adapter', () => {
  applyBlocks(blocks, copy.tree);
  const outside = touched.filter((path) => !path.startsWith(OWN));
  expect(outside.length > MOST_OUTSIDE ? outside : []).toEqual([]);
  expect(outside.filter((path) => !existsSync(join(copy.tree, path)))).toEqual([]);
});

it(
  'npm knows the new package',
  () => {
    expect(run('npm', 'install', '--package-lock-only', '--offline', '--ignore-scripts')).toEqual(well);
    linkWorkspace(copy.tree, '@drover/proxmox', `../../${OWN}`);
  },
  MINUTES,
);

it(
  'the copy compiles: the new project, the suite with it, and all specs',
  () => {
    expect(node('node_modules/typescript-native/bin/tsc', '-b', OWN, 'apps/suite')).toEqual(well);
    expect(node('node_modules/typescript-native/bin/tsc', '-p', 'tsconfig.spec.json', '--noEmit')).toEqual(well);
  },
  5 * MINUTES,
);

it(
  'lint, format and the house rules have no complaint',
  () => expect(node('tools/docs/check-copy.mjs', ...touched)).toEqual(well),
  5 * MINUTES,
);

it(
  'the adapter keeps the two contract suites on the stand-in',
  () => {
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    expect(node(...flags, 'node_modules/jest/bin/jest.js', 'tools/infra/proxmox')).toEqual(well);
  },
  3 * MINUTES,
);

it(
  'the suite of the copy lists the machines of a cluster by a token, and powers one off with evidence',
  async () => {
    const pve = spawn(process.execPath, ['tools/infra/pve.ts', '3'], {
      cwd: copy.tree,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const calls: string[] = [];
    const lines = createInterface(pve.stdout);
    const first = await new Promise<string>((done) => lines.once('line', done));
    lines.on('line', (line) => calls.push(line));
    const { url, token } = JSON.parse(first) as { readonly url: string; readonly token: string };
    const program = { file: process.execPath, args: [join(copy.tree, 'apps/suite/dist/main.js')], serve: [] };
    try {
      await using house = await openHouse({ DROVER_SIMULATOR_VMS: '0' }, program);
      const [secret, file] = ['pve.json', 'connections.json'].map((name) => join(house.dataDir, name)) as [
        string,
        string,
      ];
      writeFileSync(secret, JSON.stringify({ token }), { mode: 0o600 });
      const lab = { id: 'lab', name: 'Lab', kind: 'proxmox', url, credential: `file:${secret}`, allow: ['127.0.0.1'] };
      writeFileSync(file, JSON.stringify([lab]));
      await house.start({ DROVER_CONNECTIONS: file });
      const api = house.api();
      const listed = await until(
        () => api.vms('?connection=lab'),
        ({ body }) => body.total === 3,
      );
      expect(listed.body.items.map(({ name, power }) => [name, power.state])).toEqual(
        ['web-1', 'web-2', 'web-3'].map((name) => [name, 'poweredOn']),
      );
      expect((await api.get<Connection>('/api/v1/connections/lab')).body).toMatchObject({
        kind: 'proxmox',
        state: 'up',
      });
      const off = async (named: string, mode: string) => {
        const vm = listed.body.items.find(({ name }) => name === named);
        return api.done(`/api/v1/vms/${vm?.id}/actions/power-off`, { mode });
      };
      const evidence = { newState: 'poweredOff', verifiedAt: expect.any(String) };
      expect(await off('web-2', 'hard')).toMatchObject({
        state: 'succeeded',
        evidence: { ...evidence, method: 'forced' },
      });
      expect(await off('web-1', 'soft')).toMatchObject({
        ...{ state: 'succeeded', evidence: { ...evidence, method: 'graceful' } },
      });
      expect(calls).toEqual(['stop 101', 'shutdown 100']);
    } finally {
      pve.kill();
    }
  },
  2 * MINUTES,
);
