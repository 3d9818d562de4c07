// The page *Add a verb*, done on a copy of the tree as it is printed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Operation, Page } from '@drover/contracts';
import { applyBlocks, blocksOf, type PageBlock } from '../../../tools/docs/page-blocks.js';
import { commandsFor } from '../../../tools/docs/page-commands.js';
import { copyTree } from '../../../tools/docs/tree-copy.js';
import { until } from './api.js';
import { startedHouse, type House } from './house.js';
import { openStream } from './live.js';
import { terminal } from './terminal.js';

const PAGE = 'docs/how-to/add-a-verb.md';
const page = readFileSync(new URL(`../../../${PAGE}`, import.meta.url), 'utf8');
const blocks = blocksOf(page);
/** The samples of the public events, which `npm run contracts` makes from those of the page. */
const SAMPLES = 'libs/contracts/corpus/power.json';
/** A build, the rules and a start, of a whole tree. */
const within = 600_000;

const copy = copyTree();
afterAll(() => copy[Symbol.dispose]());

/** The specs that look at every verb, every event or every route. */
const concerned = [
  'libs/power/src/application/(power.published|requests/request-laws|operations/operation-agreement)',
  'libs/power/src/api/power-off-way',
  'libs/gateway/src/application/fleet/get-vm',
  'libs/contracts/src/(corpus|openapi|operations/roles)',
  'tools/contracts/committed',
  'tools/docs/events-page',
  '(ports|simulator)/src/power-control',
];
/** What the compiler says of a project. */
const complaints = (project: string) =>
  copy.run('node_modules/typescript-native/bin/tsc', '-p', project, '--noEmit').catch(String);
/** The events of the verb, without anything that is said of them. */
const isEvents = ({ path }: PageBlock) => /power(?:\.v1|-request\.events)\.ts$/.test(path);
let unsaid: readonly string[] = [];

beforeAll(async () => {
  applyBlocks(copy.root, blocks.filter(isEvents));
  unsaid = [await complaints('libs/contracts'), await complaints('libs/power')];
  applyBlocks(
    copy.root,
    blocks.filter((block) => !isEvents(block)),
  );
  await copy.build();
  await copy.contracts();
}, within);

it('does not compile with its events alone: their roles and the row of the verb are missing', () => {
  const [contracts, power] = unsaid;
  expect(contracts).toMatch(/power-roles\.ts.*missing the following properties.*'suspend-requested', 'vm-suspended'/);
  expect(power).toMatch(/power-verbs\.ts.*'suspend' is missing/);
});

it('touches 15 files at most: code, specs, samples and docs, without OpenAPI and AsyncAPI', () => {
  const touched = copy.touched();
  expect(touched.length > 15 ? touched : []).toEqual([]);
  expect([...touched].sort()).toEqual([...new Set([...blocks.map(({ path }) => path), SAMPLES])].sort());
});

it('passes the rules of the house, lint and format', () => copy.house(), within);

it(
  'passes its specs, those of the documents and the contracts, and the suites of the adapters',
  () => copy.specs(...blocks.filter(({ path }) => path.endsWith('.spec.ts')).map(({ path }) => path), ...concerned),
  within,
);

describe('the suite of the copy', () => {
  let house: House;
  beforeAll(async () => {
    const main = join(copy.root, 'apps/suite/dist/main.js');
    const program = { file: process.execPath, args: [main], serve: [], cwd: copy.root };
    house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0' }, program);
  }, within);
  afterAll(() => house[Symbol.asyncDispose]());

  it('suspends a machine over HTTP, and shows it in the list, in the stream and in OpenAPI', async () => {
    const api = house.api();
    const stream = await openStream(house.url, api.authorization);
    const [vm] = (await api.vms('?power=poweredOn&limit=1')).body.items;
    if (!vm) throw new Error('no machine is on');
    const path = `/api/v1/vms/${vm.id}/actions/suspend`;
    const asked = await api.post(path, {}, { prefer: 'wait=20' });
    expect(asked).toMatchObject({
      status: 200,
      body: { kind: 'vm.suspend', state: 'succeeded', evidence: { newState: 'suspended', attempts: [{ attempt: 1 }] } },
    });
    const frame = await stream.find(({ event }) => event === 'io.drover.power.vm-suspended.v1');
    expect(JSON.parse(frame.data ?? '')).toMatchObject({ subject: `vm/${vm.id}`, operationid: asked.body.id });
    stream.close();

    const operations = await api.get<Page<Operation>>('/api/v1/operations?kind=vm.suspend');
    expect(operations.body.items).toMatchObject([{ id: asked.body.id, state: 'succeeded' }]);
    const suspended = await until(
      () => api.vms('?power=suspended&limit=200'),
      ({ body }) => body.items.some(({ id }) => id === vm.id),
    );
    expect(suspended.body.items.map(({ id }) => id)).toContain(vm.id);
    const { paths } = (await api.get<{ paths: Record<string, unknown> }>('/api/openapi.json')).body;
    expect(paths).toHaveProperty(['/api/v1/vms/{id}/actions/suspend', 'post', 'x-drover-name'], 'vm.suspend');

    const [on] = (await api.vms('?power=poweredOn&limit=1')).body.items;
    const printed = commandsFor('apps/stories/src/add-a-verb.story.ts', PAGE, page).at(-1) ?? '';
    const here = printed
      .replace('http://127.0.0.1:8000', house.url)
      .replace('data/admin.token', `${house.dataDir}/admin.token`);
    const { code, said } = await terminal(copy.root, { ID: on?.id ?? '' }).run(here);
    expect([code, JSON.parse(said)]).toMatchObject([0, { kind: 'vm.suspend', target: { id: on?.id } }]);

    const off = await api.vms('?power=poweredOff&limit=1');
    const tried = await api.post(`/api/v1/vms/${off.body.items[0]?.id}/actions/suspend?dryRun=true`);
    expect(tried).toMatchObject({ status: 409, body: { code: 'vm_not_ready' } });
    expect((await api.vm(vm.id)).body.actions).toHaveProperty('suspend', null);
  }, 60_000);
});
