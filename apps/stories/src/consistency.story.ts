// What a client was told, its next read shows: compared after every answer, round after round, also under load. An answer
// that is ahead of the views says so by its header; anything else counts as an old answer, and there may be none.
import { expect, it } from '@jest/globals';
import type { Operation, Vm } from '@drover/contracts';
import { until, type Api } from './api.js';
import { startedHouse } from './house.js';

/** How often an answer is compared with the next read. More than a run of all tests takes: `STORY_ROUNDS=1000`. */
const ROUNDS = Number(process.env['STORY_ROUNDS'] ?? 100);
const TURN = {
  poweredOn: ['power-off', { mode: 'hard' }, 'poweredOff'],
  other: ['power-on', {}, 'poweredOn'],
} as const;

/** Turns a machine on or off and waits for that; then what the very next reads show of it that is not so. */
const oldAnswers = async (api: Api, { id, power }: Vm) => {
  const [verb, body, wanted] = power.state === 'poweredOn' ? TURN.poweredOn : TURN.other;
  const told = await api.post<Operation>(`/api/v1/vms/${id}/actions/${verb}`, body, { prefer: 'wait=55' });
  if (told.body.state !== 'succeeded') throw new Error(`${told.status}: ${told.body.error?.detail}`);
  const read = await api.vm(id);
  const listed = await api.vms(`?power=${wanted}&name=${encodeURIComponent(read.body.name)}`);
  const operations = await api.get<{ items: Operation[] }>(`/api/v1/operations?vm=${id}&limit=1`);
  const shown = [read.body, ...listed.body.items].every(
    (vm) => vm.power.state === wanted && vm.operations.power === null,
  );
  const [last] = operations.body.items;
  const behind = told.headers.get('drover-view') === 'behind';
  const right = shown && listed.body.total !== 0 && last?.state === 'succeeded' && last.position === told.body.position;
  return { old: right || behind ? 0 : 1, behind: behind ? 1 : 0, position: told.body.position, vm: read.body };
};

it('K44: one reads what one was answered, round after round', async () => {
  await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0', DROVER_SIMULATOR_VMS: '20' });
  const api = house.api();
  const all = (await api.vms('?power=poweredOn')).body.items;
  let [vm] = all;
  if (!vm) throw new Error('no machine');
  let [old, behind] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const seen = await oldAnswers(api, vm);
    old += seen.old;
    behind += seen.behind;
    vm = seen.vm;
  }
  expect(old).toBe(0);
  expect(behind).toBeLessThan(ROUNDS / 10); // after two seconds an answer may say so
}, 300_000);

it('K44: also while many others are turned off; and a read can ask to show what was answered', async () => {
  await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0' });
  const api = house.api();
  const on = (await api.vms('?power=poweredOn&limit=200')).body.items;
  const [mine, ...others] = on;
  if (!mine) throw new Error('no machine');
  const targets = others.map(({ id }) => id);
  const bulk = await api.post('/api/v1/vms/actions/power-off', { mode: 'hard', targets, confirm: targets.length });
  let vm = mine;
  let old = 0;
  for (let round = 0; round < Math.ceil(ROUNDS / 4); round++) {
    const seen = await oldAnswers(api, vm);
    old += seen.old;
    vm = seen.vm;
    if (seen.position) {
      const asked = await api.vm(vm.id, `?min-position=${seen.position}`);
      if (asked.status !== 503 && asked.body.power.state !== vm.power.state) old += 1;
    }
  }
  expect(old).toBe(0);
  await until(
    () => api.operation(bulk.body.id),
    ({ body }) => body.endedAt !== null,
    60_000,
  );
}, 300_000);

it('K43: the moment a bulk says that it is done the fleet and the list show it', async () => {
  await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0', DROVER_SIMULATOR_VMS: '400' });
  const api = house.api();
  const first = (await api.vms('?power=poweredOn&limit=200')).body.items;
  const targets = first.map(({ id }) => id);
  const bulk = await api.post<Operation>('/api/v1/vms/actions/power-off', {
    ...{ mode: 'hard', targets, confirm: targets.length },
  });
  const ended = await until(
    () => api.operation(bulk.body.id),
    ({ body, headers }) => body.endedAt !== null && headers.get('drover-view') === null,
    60_000,
  );
  expect([ended.body.state, ended.headers.get('drover-view')]).toEqual(['succeeded', null]);
  const off = new Set<string>();
  for (let next: string | null = ''; next !== null;) {
    const page = await api.vms(`?power=poweredOff&limit=200${next && `&cursor=${encodeURIComponent(next)}`}`);
    for (const { id } of page.body.items) off.add(id);
    next = page.body.next;
  }
  expect(targets.filter((id) => !off.has(id))).toEqual([]);
  expect((await api.fleet()).body.power['poweredOff']).toBe(off.size);
}, 300_000);
