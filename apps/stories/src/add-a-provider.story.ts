// The page *Add a provider*, done on a copy of the tree as it is printed. Its suite speaks to a stand-in of the provider.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Connection } from '@drover/contracts';
import { applyBlocks, blocksOf } from '../../../tools/docs/page-blocks.js';
import { pageText } from '../../../tools/docs/page-text.js';
import { copyTree } from '../../../tools/docs/tree-copy.js';
import { until } from './api.js';
import { openHouse } from './house.js';

const page = pageText(fileURLToPath(new URL('../../../docs/how-to/add-a-provider.md', import.meta.url)));
const blocks = blocksOf(page);
/** What the page touches outside the folder of the adapter is what the house asks of a new provider. */
const OWN = 'libs/integration/proxmox/';
/** A build and the rules of a whole tree. */
const within = 600_000;

const copy = copyTree();
afterAll(() => copy[Symbol.dispose]());

beforeAll(async () => {
  applyBlocks(copy.root, blocks);
  copy.link('libs/integration/proxmox');
  await copy.build();
}, within);

it('touches few files outside the folder of the adapter, the lock among them', () => {
  const outside = copy.touched().filter((path) => !path.startsWith(OWN));
  expect([...outside].sort()).toEqual([
    'apps/suite/src/provider-kinds.ts',
    'apps/suite/tsconfig.json',
    'package-lock.json',
    'tools/infra/proxmox.int.spec.ts',
    'tools/infra/pve.ts',
    'tsconfig.json',
  ]);
});

it('passes the rules of the house, lint and format', () => copy.house(), within);

it('keeps the two contract suites on the stand-in', () => copy.specs('tools/infra/proxmox'), within);

/** The stand-in as a process of its own: where it is, and the calls that it took. */
const openPve = async () => {
  const child = spawn(process.execPath, ['tools/infra/pve.ts', '3'], {
    ...{ cwd: copy.root, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  const lines = createInterface(child.stdout);
  const first = await new Promise<string>((done) => lines.once('line', done));
  const calls: string[] = [];
  lines.on('line', (line) => calls.push(line));
  const { url, token } = JSON.parse(first) as { readonly url: string; readonly token: string };
  return { url, token, calls, [Symbol.dispose]: () => child.kill() };
};

it(
  'the suite of the copy lists the machines of a cluster by a token, and powers them off with evidence',
  async () => {
    using pve = await openPve();
    const main = join(copy.root, 'apps/suite/dist/main.js');
    const program = { file: process.execPath, args: [main], serve: [], cwd: copy.root };
    await using house = await openHouse({ DROVER_SIMULATOR_VMS: '0' }, program);
    const [secret, file] = [join(house.dataDir, 'pve.json'), join(house.dataDir, 'connections.json')];
    writeFileSync(secret, JSON.stringify({ token: pve.token }), { mode: 0o600 });
    const lab = { id: 'lab', name: 'Lab', kind: 'proxmox', url: pve.url, allow: ['127.0.0.1'] };
    writeFileSync(file, JSON.stringify([{ ...lab, credential: `file:${secret}` }]));
    await house.start({ DROVER_CONNECTIONS: file });
    const api = house.api();
    const { items } = (
      await until(
        () => api.vms('?connection=lab'),
        ({ body }) => body.total === 3,
      )
    ).body;
    expect(items.map(({ name, power }) => [name, power.state, power.tools])).toEqual(
      ['web-1', 'web-2', 'web-3'].map((name) => [name, 'poweredOn', 'toolsOk']),
    );
    const connection = await api.get<Connection>('/api/v1/connections/lab');
    expect(connection.body).toMatchObject({ kind: 'proxmox', state: 'up' });

    const off = (named: string, mode: string) =>
      api.done(`/api/v1/vms/${items.find(({ name }) => name === named)?.id}/actions/power-off`, { mode });
    const evidence = { newState: 'poweredOff', verifiedAt: expect.any(String) };
    expect(await off('web-2', 'hard')).toMatchObject({
      ...{ state: 'succeeded', evidence: { ...evidence, method: 'forced' } },
    });
    expect(await off('web-1', 'soft')).toMatchObject({
      ...{ state: 'succeeded', evidence: { ...evidence, method: 'graceful' } },
    });
    expect(pve.calls).toEqual(['stop 101', 'shutdown 100']);
  },
  within,
);
