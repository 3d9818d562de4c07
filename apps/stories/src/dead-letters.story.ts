// The page *Handle dead letters*, as it is printed. The defect is a real one: a build of a copy of the tree cannot tell some
// events, and the release that fixes it is this one.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import type { Health, Operation, Page, Vm } from '@drover/contracts';
import { commandsFor, commandsOf } from '../../../tools/docs/page-commands.js';
import { copyTree } from '../../../tools/docs/tree-copy.js';
import { until, type Api } from './api.js';
import { openHouse, startedHouse, type House } from './house.js';
import { terminal } from './terminal.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const name = 'docs/how-to/handle-dead-letters.md';
const page = readFileSync(join(root, name), 'utf8');
const [see = ''] = commandsOf(name, page).flatMap(({ mark, script }) => (mark === '' ? [script] : []));
const [replay = '', discard = ''] = commandsFor('apps/stories/src/dead-letters.story.ts', name, page);

/** What the reason of a request says whose events the defect hits. */
const UNTELLABLE = 'a reason that breaks it';
/** Makes a build that throws on events with that reason, where power says what others are told. */
const withDefect = (built: string) => {
  const file = join(built, 'libs/power/dist/application/power.published.js');
  const text = readFileSync(file, 'utf8');
  const first = 'export const powerPublished = (stored) => {';
  if (text.split(first).length !== 2) throw new Error('the build of power has another shape');
  const defect = `if (JSON.stringify(stored).includes('${UNTELLABLE}')) throw new TypeError('a defect');`;
  writeFileSync(file, text.replace(first, `${first}\n${defect}`));
};

type Letters = Page<Readonly<Record<string, unknown>>>;
const letters = async (api: Api) => (await api.get<Letters>('/api/v1/dead-letters')).body.items;
/** Types commands of the page at a house, about one letter. */
const typed = (house: House, script: string, id = '') =>
  terminal(root, { ID: id }).run(
    script.replaceAll('http://127.0.0.1:8000', house.url).replaceAll('./data/', `${house.dataDir}/`),
  );
const powerOff = (api: Api, { id }: Vm) =>
  api.post<Operation>(`/api/v1/vms/${id}/actions/power-off`, { mode: 'hard', reason: UNTELLABLE });
/** The readers of power's events: each has a letter of its own. */
const READERS = ['gateway.views', 'inventory.power-operations', 'inventory.power-outcomes', 'power.directory'];
/** The letters of a machine, once each reader has one. */
const lettersOf = async (api: Api, { id }: Vm) => {
  const found = await until(
    async () => (await letters(api)).filter(({ key }) => key === id),
    ({ length }) => length === READERS.length,
  );
  expect(found.map(({ consumer }) => consumer).sort()).toEqual(READERS);
  return found.map((letter) => ({ ...letter, id: String(letter['id']) }));
};

it('handles a dead letter as the page says: sees it, replays it under the release that fixes it, or discards it', async () => {
  using copy = copyTree();
  withDefect(copy.root);
  const settings = { DROVER_SIMULATOR_VMS: '12', DROVER_SIMULATOR_LATENCY: '0' };
  const program = { file: process.execPath, args: [join(copy.root, 'apps/suite/dist/main.js')], serve: [] };
  await using broken = await startedHouse(settings, program);
  const api = broken.api();
  const [one, other] = (await api.vms('?power=poweredOn&limit=2')).body.items as [Vm, Vm];
  for (const vm of [one, other]) await powerOff(api, vm);
  const [ones, others] = [await lettersOf(api, one), await lettersOf(api, other)];
  const [first] = ones;

  // See: what the page says of a letter, and of its machine meanwhile.
  const seen = await typed(broken, see);
  expect([seen.code, seen.said]).toEqual([0, expect.stringContaining(`"${first?.id}"`)]);
  expect(seen.said.trim().split('\n').at(-1)).not.toBe('0');
  const rows = [...page.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell);
  const listed = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, word = '']) => word));
  expect(Object.keys(first ?? {}).filter((member) => !listed.includes(member))).toEqual([]);
  expect(listed.filter((member) => !(member in (first ?? {})))).toEqual([]);
  expect((await api.vm(one.id)).body).toMatchObject({ stale: true, staleReason: 'parked' });
  expect((await api.vms()).body.complete).toBe(false);
  const health = (await api.get<Health>('/health/detail')).body;
  expect(Object.keys(health.checks ?? {}).filter((check) => check.startsWith('dead letter '))).not.toEqual([]);
  const early = await typed(broken, replay, first?.id);
  expect(JSON.parse(early.said)).toMatchObject({ status: 409, code: 'wrong_state', detail: expect.any(String) });
  await broken.stop();

  // Replay and discard, under the release that fixes it.
  await using fixed = await openHouse({ ...settings, DROVER_DATA_DIR: broken.dataDir });
  await fixed.start();
  const again = fixed.api();
  const still = (await letters(again)).map(({ id }) => String(id));
  expect([...still].sort()).toEqual([...ones, ...others].map(({ id }) => id).sort());
  const quiet = { code: 0, said: '', complained: '' };
  for (const { id } of ones) expect(await typed(fixed, replay, id)).toEqual(quiet);
  for (const { id } of others) expect(await typed(fixed, discard, id)).toEqual(quiet);
  expect(await letters(again)).toEqual([]);
  for (const vm of [one, other])
    expect((await again.vm(vm.id)).body).toMatchObject({ stale: false, power: { state: 'poweredOff' } });
  const told = async (vm: Vm) => (await again.history(vm.id)).body.items.map(({ type }) => type);
  expect(await told(one)).toContain('io.drover.power.power-off-requested.v1');
  for (const [script, letter] of [
    [replay, first],
    [discard, others[0]],
  ] as const) {
    const { said } = await typed(fixed, script, letter?.id);
    expect(JSON.parse(said)).toMatchObject({ status: 404, code: 'not_found' });
  }
}, 240_000);
