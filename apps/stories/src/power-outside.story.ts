// What others do at the provider while Drover works: power switched, machines removed, sites out of reach. It is told within
// seconds, ends waits, and disturbs no other connection.
import { expect, it } from '@jest/globals';
import { hasEnded, type Connection, type Vm } from '@drover/contracts';
import { figure } from '../../../tools/faultbench/tier.js';
import { until } from './api.js';
import { within } from './house.js';
import { openStream } from './live.js';
import { sharedStage, seconds } from './stage.js';

const [SITE, OTHER] = ['site-a', 'site-b'];
/** How soon what others change is told: two seconds, and longer where tests share the machine. */
const SOON_MS = figure(10_000, 2_000);

const stage = sharedStage();

const connection = async (so: (connection: Connection) => boolean, ms?: number) =>
  (
    await until(
      () => stage().api.get<Connection>(`/api/v1/connections/${SITE}`),
      ({ body }) => so(body),
      ms,
    )
  ).body;

/** A stream of one machine that is past its beginning. */
const streamOf = async ({ id }: Vm) => {
  const { house, api } = stage();
  const stream = await openStream(house.url, api.authorization, `?vm=${id}`);
  await stream.find(({ event }) => event === 'bookmark');
  return stream;
};

/** Asks the guest, which does not obey, and waits until it was asked. */
const asking = async (vm: Vm, timeoutSeconds: number, mode = 'soft') => {
  const { body } = await stage().ask(vm, 'power-off', { mode, timeoutSeconds });
  await until(
    async () => stage().callsOf(body.id).length,
    (count) => count > 0,
  );
  return body;
};

it(
  'what somebody else switches off is on the stream within two seconds, and ends a wait for its guest',
  async () => {
    const vm = stage().machine();
    await stage().others({ vm: vm.id, do: 'guest', obeys: false });
    const stream = await streamOf(vm);
    const { id } = await asking(vm, 60);
    const begun = performance.now();
    await stage().others({ vm: vm.id, do: 'power-off' });
    const observed = await stream.find(
      ({ event, data }) => event === 'io.drover.inventory.vm-power-observed.v1' && /"poweredOff"/.test(data ?? ''),
    );
    expect(performance.now() - begun).toBeLessThan(SOON_MS);
    expect(observed.id).toMatch(/^c1\./);
    await stream.find(({ event }) => event === 'io.drover.power.vm-powered-off.v1');
    expect(performance.now() - begun).toBeLessThan(SOON_MS);
    expect((await stage().api.operation(id)).body).toMatchObject({
      state: 'succeeded',
      evidence: { previousState: 'poweredOn', newState: 'poweredOff' },
    });
    expect(
      stage()
        .callsFor(vm.id)
        .map(({ call }) => call),
    ).toEqual(['shutdown-guest']);
    stream.close();
  },
  within,
);

it(
  'while a site cannot be reached its operations wait, to their deadline; the other is not disturbed',
  async () => {
    const [held, saved, fresh] = stage().machines(3, SITE) as [Vm, Vm, Vm];
    const other = stage().machine(OTHER);
    await stage().others(...[held, saved].map(({ id: vm }) => ({ vm, do: 'guest', obeys: false }) as const));
    const waits = await asking(held, 10);
    const survives = await asking(saved, 60, 'trySoft');
    stage().fail({ vm: SITE, call: '*', do: 'unavailable' });
    expect(await connection(({ state }) => state === 'degraded')).toMatchObject({
      state: 'degraded',
      reason: { code: 'provider_unreachable' },
    });
    expect((await stage().api.vm(fresh.id)).body).toMatchObject({ stale: false, power: { state: 'poweredOn' } });

    const accepted = await stage().ask(fresh, 'power-off', { mode: 'hard', timeoutSeconds: 60 });
    expect(accepted.status).toBe(202);
    expect(await stage().done(other, 'power-off', { mode: 'hard' })).toMatchObject({ state: 'succeeded' });
    const refused = await stage().api.get(`/api/v1/vm/${fresh.id}/power-state`);
    expect([refused.status, refused.body]).toMatchObject([500, { error: 'vCenter connection failed' }]);

    const end = await stage().operationWhen(waits.id, hasEnded);
    expect(end).toMatchObject({
      state: 'unknown',
      error: { code: 'outcome_unknown' },
      evidence: { newState: 'unknown' },
    });
    expect(end.error?.detail).toContain('provider_unreachable');
    expect(end.endedAt && end.deadline && end.endedAt >= end.deadline).toBe(true);
    expect(seconds(end.deadline, end.endedAt)).toBeLessThan(10);
    for (const { id } of [survives, accepted.body])
      expect(hasEnded((await stage().api.operation(id)).body)).toBe(false);
    expect(stage().callsFor(fresh.id)).toEqual([]);
    expect(await connection(({ state }) => state === 'down', 30_000)).toMatchObject({ state: 'down' });
    expect(await stage().vmWhen(fresh, ({ stale }) => stale)).toMatchObject({
      stale: true,
      power: { state: 'poweredOn' },
    });

    stage().fail();
    await stage().others({ vm: saved.id, do: 'power-off' });
    expect(await stage().operationWhen(accepted.body.id, hasEnded)).toMatchObject({
      state: 'succeeded',
      evidence: { method: 'forced' },
    });
    expect(await stage().operationWhen(survives.id, hasEnded)).toMatchObject({
      state: 'succeeded',
      evidence: { newState: 'poweredOff' },
    });
    // A session is tried again at most half a minute apart.
    expect(await connection(({ state }) => state === 'up', 40_000)).toMatchObject({ state: 'up', reason: null });
    expect(await stage().vmWhen(fresh, ({ stale, power }) => !stale && power.state === 'poweredOff')).toMatchObject({
      stale: false,
    });
  },
  2 * within,
);

it(
  'a removal that the site tells and a discovery confirms is final at once: 410, and the history stays',
  async () => {
    const vm = stage().machine();
    const stream = await streamOf(vm);
    await stage().others({ vm: vm.id, do: 'remove' });
    const retired = await stream.find(({ event }) => event === 'io.drover.inventory.vm-retired.v1', 10_000);
    expect(retired.data).toContain('"gone"');
    stream.close();
    const gone = await until(
      () => stage().ask(vm, 'power-off', { mode: 'hard' }),
      ({ status }) => status === 410,
      5_000,
    );
    expect([gone.status, gone.body]).toMatchObject([410, { code: 'vm_gone' }]);
    for (const verb of ['power-on', 'restart'] as const) expect((await stage().ask(vm, verb)).status).toBe(410);
    const older = await stage().source(vm, 'power-off', {});
    expect([older.status, older.body.error]).toEqual([404, 'VM not found in vCenter']);
    expect((await stage().vmWhen(vm, ({ lifecycle }) => lifecycle.state === 'retired')).lifecycle).toMatchObject({
      state: 'retired',
      cause: 'gone',
    });
    expect((await stage().api.vms('?limit=200')).body.items.some(({ id }) => id === vm.id)).toBe(false);
    expect((await stage().api.history(vm.id)).body.items.length).toBeGreaterThan(1);
    expect(stage().callsFor(vm.id)).toEqual([]);

    await stage().others({ vm: vm.name, do: 'add', site: vm.connectionId ?? '' });
    expect(await stage().vmWhen(vm, ({ lifecycle }) => lifecycle.state === 'active')).toMatchObject({
      id: vm.id,
      lifecycle: { state: 'active' },
    });
    const back = await until(
      () => stage().ask(vm, 'power-off', { mode: 'hard' }),
      ({ status }) => status === 202,
      5_000,
    );
    expect((await stage().operationWhen(back.body.id, hasEnded)).state).toBe('succeeded');
  },
  within,
);

it(
  'what discoveries merely lack is missing, not gone: a request is taken, and its site is asked',
  async () => {
    const vm = stage().machine();
    await stage().others({ vm: vm.id, do: 'remove', silently: true });
    const refresh = () => stage().api.done(`/api/v1/connections/${vm.connectionId}/refresh`);
    // Three are not enough: they must span 15 min.
    for (let times = 0; times < 4; times++) expect((await refresh()).state).toBe('succeeded');
    const missing = await stage().vmWhen(vm, ({ health }) => health.reasons.length > 0);
    expect(missing.health.reasons).toMatchObject([{ code: 'vm_missing' }]);
    expect(missing.lifecycle.state).toBe('active');
    expect(await stage().done(vm, 'power-off', { mode: 'hard', timeoutSeconds: 30 })).toMatchObject({
      state: 'failed',
      attempts: 0,
      error: { code: 'not_found' },
    });
    const older = await stage().source(vm, 'power-off', {});
    expect([older.status, older.body.error]).toEqual([404, 'VM not found in vCenter']);
    expect(stage().callsFor(vm.id)).toEqual([]);

    await stage().others({ vm: vm.name, do: 'add', site: vm.connectionId ?? '' });
    expect((await stage().vmWhen(vm, ({ health }) => health.reasons.length === 0)).health.reasons).toEqual([]);
    expect(await stage().done(vm, 'power-off', { mode: 'hard' })).toMatchObject({ state: 'succeeded' });
  },
  within,
);

it(
  'nobody takes a machine out of the fleet while its power is being switched: the refusal links the operation',
  async () => {
    const vm = stage().machine();
    await stage().others({ vm: vm.id, do: 'guest', obeys: false });
    const { id } = await asking(vm, 60);
    expect((await stage().vmWhen(vm, ({ operations }) => operations.power === id)).actions).toMatchObject({
      retire: 'operation_in_progress',
    });
    const retire = (query = '') => stage().api.post(`/api/v1/vms/${vm.id}/retire${query}`);
    // Who decides hears of the operation a moment after the request was taken.
    await until(
      () => retire('?dryRun=true'),
      ({ status }) => status === 409,
      5_000,
    );
    const busy = await retire();
    expect([busy.status, busy.body, busy.headers.get('location')]).toMatchObject([
      409,
      { code: 'operation_in_progress', vm_id: vm.id },
      `/api/v1/operations/${id}`,
    ]);
    await stage().others({ vm: vm.id, do: 'power-off' });
    expect((await stage().operationWhen(id, hasEnded)).state).toBe('succeeded');
    const retired = await until(
      () => retire(),
      ({ status }) => status === 200,
      5_000,
    );
    expect([retired.status, retired.body]).toMatchObject([200, { lifecycle: { state: 'retired', cause: 'by_hand' } }]);
  },
  within,
);

it(
  'T74: one of many that fails stops nobody, and only it is run again (the denied item is left out)',
  async () => {
    const vms = stage().machines(5);
    const bad = vms[2] as Vm;
    stage().fail({ vm: bad.id, call: 'power-off', do: 'reject' });
    const targets = vms.map(({ id }) => id);
    const parent = await stage().api.done('/api/v1/vms/actions/power-off', {
      targets,
      mode: 'hard',
      timeoutSeconds: 30,
    });
    expect(parent).toMatchObject({
      state: 'failed',
      result: { outcome: 'completed_with_errors' },
      nextActions: ['run-again'],
    });
    expect(parent.items?.map(({ target, state, error }) => [target.id, state, error?.code ?? null])).toEqual(
      vms.map((vm) => [vm.id, ...(vm === bad ? ['failed', 'provider_error'] : ['succeeded', null])]),
    );
    for (const { operation } of parent.items ?? [])
      expect((await stage().api.operation(operation ?? '')).body.parent).toBe(parent.id);
    stage().fail();
    const again = await stage().api.done(`/api/v1/operations/${parent.id}/run-again`);
    expect(again).toMatchObject({ state: 'succeeded', result: { outcome: 'completed' } });
    expect(again.items?.map(({ target }) => target.id)).toEqual([bad.id]);
    for (const { id } of vms)
      expect(
        stage()
          .callsFor(id)
          .filter(({ effective }) => effective),
      ).toHaveLength(1);
  },
  within,
);

it(
  'T26: of all that was answered, nothing was called off that was not read as off',
  async () => {
    const { operations, lies } = await stage().honesty();
    expect(lies).toEqual([]);
    expect(operations).toBeGreaterThan(5);
  },
  within,
);
