// The page *Add a capability*, done on a copy of the tree as it is printed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Page } from '@drover/contracts';
import { applyBlocks, blocksOf } from '../../../tools/docs/page-blocks.js';
import { copyTree } from '../../../tools/docs/tree-copy.js';
import { startedHouse } from './house.js';
import { openStream } from './live.js';

const page = readFileSync(new URL('../../../docs/how-to/add-a-capability.md', import.meta.url), 'utf8');
const blocks = blocksOf(page);
const OWN = 'libs/notes/';
/** A build, the rules and a start, of a whole tree. */
const within = 600_000;

/** The specs that look at every service, every event or every route. */
const concerned = [
  'libs/notes',
  'libs/contracts/src/(corpus|openapi|asyncapi|operations/roles)',
  'tools/contracts/committed',
  'tools/docs/events-page',
  'apps/suite/src/suite.module',
  'libs/infrastructure/sqlite/src/data/data-stores',
];

const copy = copyTree();
afterAll(() => copy[Symbol.dispose]());

beforeAll(async () => {
  applyBlocks(copy.root, blocks);
  copy.link('libs/notes');
  await copy.build();
  await copy.contracts();
}, within);

it('touches 17 files outside the folder of the capability, docs, samples and the lock included', () => {
  const outside = copy.touched().filter((path) => !path.startsWith(OWN));
  const said = blocks.map(({ path }) => path).filter((path) => !path.startsWith(OWN));
  expect([...outside].sort()).toEqual(
    [...new Set([...said, 'libs/contracts/corpus/notes.json', 'package-lock.json'])].sort(),
  );
  expect(outside.length).toBeLessThanOrEqual(17);
});

it('passes the rules of the house, lint and format', () => copy.house(), within);

it('passes its specs, and those that look at everything', () => copy.specs(...concerned), within);

it(
  'the suite of the copy keeps a note: in the list, in the history of the machine and on the stream',
  async () => {
    const main = join(copy.root, 'apps/suite/dist/main.js');
    const program = { file: process.execPath, args: [main], serve: [], cwd: copy.root };
    await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0' }, program);
    const api = house.api();
    const stream = await openStream(house.url, api.authorization);
    const [vm] = (await api.vms('?limit=1')).body.items;
    if (!vm) throw new Error('no machine is there');
    const path = `/api/v1/vms/${vm.id}/notes`;
    const written = await api.post(path, { text: 'Its owner is on holiday.' });
    expect(written).toMatchObject({ status: 201, body: { number: 1, text: 'Its owner is on holiday.' } });
    const told = await stream.find(({ event }) => event === 'io.drover.notes.note-written.v1');
    expect(JSON.parse(told.data ?? '')).toMatchObject({ subject: `vm/${vm.id}` });
    stream.close();
    expect((await api.get<Page<unknown>>(path)).body.items).toEqual([written.body]);
    const history = (await api.history(vm.id)).body;
    expect(history.items[0]?.type).toBe('io.drover.notes.note-written.v1');
  },
  within,
);
