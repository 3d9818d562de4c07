// The ways of a power request: off, on, restart, the older paths, a bulk, a dry run, each from the request to the frame on
// the stream. Begin here to see what Drover is for.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { hasEnded, type Operation, type Vm } from '@drover/contracts';
import { sharedHouse, within } from './house.js';
import { openStream } from './live.js';

const golden = (name: string) =>
  JSON.parse(
    readFileSync(fileURLToPath(new URL(`../../../libs/contracts/golden/${name}`, import.meta.url)), 'utf8'),
  ) as Record<string, unknown>;

/** An answer matches a sample when it has every member of it, of the same type. */
const likeSample = (sample: Record<string, unknown>) =>
  expect.objectContaining(
    Object.fromEntries(
      Object.entries(sample).map(([name, value]) => [name, expect.any((value as object).constructor)]),
    ),
  );

const house = sharedHouse({ DROVER_SIMULATOR_LATENCY: '0.05' });
const api = () => house().api();

/** Machines that are on, with tools that run, that nobody in this file has used yet. */
const fresh = async (count: number, query = '?power=poweredOn&limit=200&sort=-name') => {
  const found: Vm[] = [];
  for (const vm of (await api().vms(query)).body.items)
    if (found.length < count && vm.power.tools === 'toolsOk' && !vm.operations.power && !used.has(vm.id)) {
      used.add(vm.id);
      found.push(vm);
    }
  expect(found).toHaveLength(count);
  return found as [Vm, ...Vm[]];
};
const used = new Set<string>();
const off = (vm: Vm) => `/api/v1/vms/${vm.id}/actions/power-off`;

it(
  'powers off with evidence, from the request to the frame',
  async () => {
    const [vm] = await fresh(1);
    const stream = await openStream(house().url, api().authorization, `?vm=${vm.id}`);
    await stream.find(({ event }) => event === 'bookmark');
    const accepted = await api().post(off(vm), { mode: 'trySoft', reason: 'patch day' });
    expect(accepted.status).toBe(202);
    const location = accepted.headers.get('location') ?? '';
    expect(location).toBe(`/api/v1/operations/${accepted.body.id}`);

    const frame = await stream.find(({ event }) => event === 'io.drover.power.vm-powered-off.v1');
    expect(frame.id).toMatch(/^c1\./);
    const operation = (await api().get<Operation>(location)).body;
    expect(operation).toMatchObject({
      kind: 'vm.power-off',
      target: { type: 'vm', id: vm.id, name: vm.name },
      state: 'succeeded',
      reason: 'patch day',
      evidence: { previousState: 'poweredOn', newState: 'poweredOff', verifiedAt: expect.any(String) },
    });
    expect(operation.evidence?.attempts.length).toBeGreaterThan(0);
    expect(operation.evidence?.observations.at(-1)).toMatchObject({ power: 'poweredOff', source: 'provider' });

    const now = (await api().vm(vm.id)).body;
    expect(now).toMatchObject({
      power: { state: 'poweredOff' },
      operations: { power: null },
      labels: { simulated: 'true' },
    });
    const types = (await api().history(vm.id)).body.items.map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining(['io.drover.power.power-off-requested.v1', 'io.drover.power.vm-powered-off.v1']),
    );
    stream.close();
  },
  within,
);

it(
  'T28: a machine that is off already is off at once, and nothing is sent',
  async () => {
    const [vm] = await fresh(1);
    expect((await api().done(off(vm), { mode: 'hard' })).state).toBe('succeeded');
    const begun = performance.now();
    const again = await api().done(off(vm), { mode: 'soft' });
    expect(again).toMatchObject({ state: 'succeeded', evidence: { method: 'already-off', attempts: [] } });
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(await api().done(`/api/v1/vms/${vm.id}/actions/power-on`)).toMatchObject({ state: 'succeeded' });
    expect(await api().done(`/api/v1/vms/${vm.id}/actions/power-on`)).toMatchObject({
      evidence: { method: 'already-on' },
    });
  },
  within,
);

it(
  'T78: of two requests for one machine at once, one is granted and the other is told which',
  async () => {
    const [vm] = await fresh(1);
    const both = await Promise.all([
      api().post(off(vm), { mode: 'trySoft' }),
      api().post(off(vm), { mode: 'trySoft' }),
    ]);
    const [granted, refused] = both.sort((a, b) => a.status - b.status);
    expect([granted?.status, refused?.status]).toEqual([202, 409]);
    expect(refused?.body).toMatchObject({ code: 'operation_in_progress' });
    expect(refused?.headers.get('location')).toBe(granted?.headers.get('location'));
  },
  within,
);

it(
  'restarts, verified by a newer start',
  async () => {
    const [vm] = await fresh(1);
    const restart = `/api/v1/vms/${vm.id}/actions/restart`;
    expect(await api().done(restart, { mode: 'hard' })).toMatchObject({ state: 'succeeded', kind: 'vm.restart' });
    expect((await api().problem(restart, { mode: 'hard' })).body).toMatchObject({ status: 429, code: 'cooldown' });
    expect((await api().post(restart, { mode: 'hard', reason: 'it hangs again' })).status).toBe(202);
  },
  within,
);

describe('the older paths', () => {
  const source = (id: string, what: string) => `/api/v1/vm/${id}/${what}`;

  it(
    'A1: tell the power of a machine, read now, in six members',
    async () => {
      const sample = golden('power-state.response.json');
      const answer = await api().get(source(String(sample['vm_id']), 'power-state'));
      expect([answer.status, answer.body]).toEqual([200, likeSample(sample)]);
    },
    within,
  );

  it.each(['power-off.request.json', 'power-off.request.first.json'])(
    'A2: take %s and answer with every member of both samples',
    async (name) => {
      const request = golden(name);
      const id = String(request['vm_id']);
      await api().post(source(id, 'power-on'), {});
      const answer = await api().post(source(id, 'power-off'), request);
      expect(answer.status).toBe(200);
      for (const sample of ['power-off.response.json', 'power-off.response.first.json'])
        expect(answer.body).toEqual(likeSample(golden(sample)));
      expect(answer.headers.get('location')).toMatch(/^\/api\/v1\/operations\/power\./);
    },
    within,
  );

  it.each(['power-on.request.json', 'power-on.request.first.json'])(
    'A2: take %s and answer with every member of both samples',
    async (name) => {
      const request = golden(name);
      const id = String(request['vm_id']);
      await api().post(source(id, 'power-off'), { force: true });
      const answer = await api().post(source(id, 'power-on'), request);
      expect(answer.status).toBe(200);
      for (const sample of ['power-on.response.json', 'power-on.response.first.json'])
        expect(answer.body).toEqual(likeSample(golden(sample)));
    },
    within,
  );

  it(
    'A3: have a time-out of 600 s when tools are waited for, else 180 s; 0 is refused',
    async () => {
      const id = String(golden('power-on.request.json')['vm_id']);
      for (const [body, seconds] of [
        [{}, 180],
        [{ wait_for_tools: true }, 600],
      ] as const) {
        await api().post(source(id, 'power-off'), { force: true });
        const answer = await api().post<Record<string, unknown>>(source(id, 'power-on'), body, { prefer: 'wait=50' });
        const operation = (await api().get<Operation>(answer.headers.get('location') ?? '')).body;
        expect(Date.parse(operation.deadline ?? '') - Date.parse(operation.requestedAt)).toBe(seconds * 1000);
        expect(hasEnded(operation)).toBe(true);
      }
      expect((await api().problem(source(id, 'power-on'), { timeout: 0 })).body).toMatchObject({
        status: 400,
        error: 'Invalid parameter',
      });
    },
    within,
  );

  it(
    'T19: refuse a password in an address',
    async () => {
      const id = String(golden('power-on.request.json')['vm_id']);
      const answer = await api().get(`${source(id, 'power-state')}?password=s3cret-canary`);
      expect([answer.status, answer.body]).toMatchObject([
        400,
        { code: 'credentials_in_query_rejected', error: 'Credentials in query rejected' },
      ]);
    },
    within,
  );

  it(
    'say which machine they do not know, and which requests do not fit',
    async () => {
      const unknown = '11111111-2222-3333-4444-555555555555';
      expect((await api().problem(source(unknown, 'power-off'), {})).body).toMatchObject({
        status: 404,
        error: 'VM not found in vCenter',
      });
      const id = String(golden('power-on.request.json')['vm_id']);
      expect((await api().problem(source(id, 'power-off'), { vm_id: unknown })).body).toMatchObject({ status: 400 });
      expect((await api().problem(source(id, 'power-off'), { vcenter: 'nowhere.example.test' })).body).toMatchObject({
        status: 404,
      });
    },
    within,
  );
});

it(
  'T74: one request for many: a result for each, in input order, and one failure stops nobody',
  async () => {
    const vms = await fresh(3);
    const busy = (await fresh(1))[0];
    await api().post(off(busy), { mode: 'trySoft' });
    const missing = '11111111-2222-3333-4444-555555555555';
    const targets = [vms[0].id, missing, vms[1]?.id, vms[0].id, vms[2]?.id];
    const parent = await api().done('/api/v1/vms/actions/power-off', { targets, mode: 'hard' });
    expect(parent).toMatchObject({ state: 'failed', result: { outcome: 'completed_with_errors' } });
    expect(parent.items?.map(({ target, state, error }) => [target.id, state, error?.code ?? null])).toEqual([
      [vms[0].id, 'succeeded', null],
      [missing, 'failed', 'not_found'],
      [vms[1]?.id, 'succeeded', null],
      [vms[0].id, 'failed', 'invalid_request'],
      [vms[2]?.id, 'succeeded', null],
    ]);
    const many = Array.from({ length: 51 }, (_, i) => `11111111-2222-3333-4444-${String(i).padStart(12, '0')}`);
    expect((await api().problem('/api/v1/vms/actions/power-off', { targets: many })).body).toMatchObject({
      code: 'confirmation_required',
    });
  },
  within,
);

it(
  'shows what a request would do, and does nothing',
  async () => {
    const [vm] = await fresh(1);
    const answer = await api().post(`${off(vm)}?dryRun=true`, { mode: 'hard' });
    expect(answer.body).toMatchObject({ kind: 'vm.power-off', target: { id: vm.id } });
    expect((await api().vm(vm.id)).body).toMatchObject({ operations: { power: null }, power: { state: 'poweredOn' } });
  },
  within,
);
