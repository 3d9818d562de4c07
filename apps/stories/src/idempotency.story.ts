// The same request many times at once, across a kill, alone and as a bulk: one operation, one effect. Counted at the
// simulated sites, whose ledger outlives Drover, never by what Drover says of itself.
import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { surely } from './api.js';
import { figure } from '../../../tools/faultbench/tier.ts';
import { startedHouse } from './house.js';

/** Machines that are each asked for one thing, many times. */
const KEYS = figure(100, 200);

it(
  'T-IDM-1: a request that is sent ten times at once, across a kill, is one operation',
  async () => {
    await using house = await startedHouse({
      DROVER_SIMULATOR_LATENCY: '0.2',
      DROVER_SIMULATOR_VMS: String(figure(200, 500)),
    });
    const api = house.api();
    const vms = (await api.vms('?power=poweredOn&limit=200')).body.items.slice(0, KEYS);
    const over = new AbortController();
    await using left = new AsyncDisposableStack();
    left.defer(() => over.abort(new Error('the story is over')));
    const requests = vms.map(({ id }) => ({ path: `/api/v1/vms/${id}/actions/power-off`, key: randomUUID() }));
    const all = Promise.all(
      requests.flatMap(({ path, key }) =>
        Array.from({ length: 10 }, () =>
          surely(() => api.post(path, { mode: 'hard' }, { 'idempotency-key': key }), over.signal),
        ),
      ),
    );
    await new Promise((done) => setTimeout(done, 150));
    await house.kill();
    await house.start();
    const answers = await all;
    const ids = requests.map((_, i) => new Set(answers.slice(i * 10, i * 10 + 10).map(({ body }) => body.id)));
    expect(ids.filter(({ size }) => size !== 1)).toEqual([]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(KEYS);

    const [request] = requests;
    const changed = { mode: 'hard', timeoutSeconds: 60 };
    for (const { path, key } of requests) {
      const { body } = await api.problem(path, changed, { 'idempotency-key': key });
      expect(body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    }
    const same = await api.post(
      request?.path ?? '',
      { timeoutSeconds: 300, mode: 'hard' },
      { 'idempotency-key': request?.key ?? '' },
    );
    expect([same.headers.get('idempotency-replayed'), same.body.id]).toEqual(['true', [...(ids[0] ?? [])][0]]);
    const target = await api.post(
      requests[1]?.path.replace('power-off', 'power-on') ?? '',
      {},
      { 'idempotency-key': request?.key ?? '' },
    );
    expect(target.headers.get('idempotency-replayed')).toBeNull();
  },
  figure(180_000, 600_000),
);

it('T75: a request for many that is sent again after a crash acts on nobody twice', async () => {
  await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0.5' });
  const api = house.api();
  const targets = (await api.vms('?power=poweredOn&limit=200')).body.items.slice(0, 30).map(({ id }) => id);
  const send = () =>
    api.post('/api/v1/vms/actions/power-off', { targets, mode: 'hard' }, { 'idempotency-key': 'the-bulk' });
  const first = await send();
  await house.kill();
  await house.start();
  const again = await send();
  expect([again.body.id, again.headers.get('idempotency-replayed')]).toEqual([first.body.id, 'true']);
  const end = await api.done(
    '/api/v1/vms/actions/power-off',
    { targets, mode: 'hard' },
    { 'idempotency-key': 'the-bulk' },
  );
  expect(end).toMatchObject({ id: first.body.id, state: 'succeeded' });
  const calls = end.items?.map(({ operation }) => operation);
  expect(new Set(calls).size).toBe(30);
}, 120_000);
