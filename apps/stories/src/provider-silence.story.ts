// vCenters (vcsim) that hang, go down or flap: how soon their connection is degraded and down, how little they are called,
// and that nobody else notices. Without vcsim the stories are skipped by name.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { hasEnded, type Connection, type DataOf, type Operation, type Vm } from '@drover/contracts';
import { startSoapProxy, type SoapProxy } from '../../../tools/faultbench/soap-proxy.js';
import { waitedForProcessor } from '../../../tools/faultbench/lateness.js';
import { figure } from '../../../tools/faultbench/tier.js';
import { startVcsim, vcsimPresent, type Vcsim } from '../../../tools/infra/vcsim.js';
import { until, type Api } from './api.js';
import { openHouse, type House } from './house.js';
import { connectionsOf } from './vcenters.js';

const present = await vcsimPresent();
const story = present ? it : it.skip;
const FLEET = 100;
const FLAPS = figure(2, 60);
const HALF_MS = 5_000; // so long it is away, and so long it is back
const TURNED = 'io.drover.inventory.connection-state-changed.v1';
/** How long others are watched without any of it. */
const CALM_MS = figure(20_000, 120_000);
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

let hung: Vcsim;
let vcsim: Vcsim;
let proxy: SoapProxy;
let house: House;
let api: Api;

/** A house with a vCenter that can be made to hang, and another behind a proxy that can cut it. */
beforeAll(async () => {
  if (!present) return;
  hung = await startVcsim({ vms: 3 });
  vcsim = await startVcsim({ vms: FLEET });
  proxy = await startSoapProxy(vcsim.url);
  house = await openHouse({ DROVER_SIMULATOR_VMS: '12', DROVER_SIMULATOR_LATENCY: '0.02' });
  const listed = [
    { id: 'hung', name: 'Hung', url: hung.url },
    { id: 'cut', name: 'Cut', url: proxy.url },
  ];
  await house.start(connectionsOf(house, vcsim, ...listed));
  api = house.api();
  for (const id of ['hung', 'cut', 'site-a']) await state(id, 'up');
}, 180_000);
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await proxy?.close();
  await vcsim?.stop();
  await hung?.stop();
});

const connection = async (id: string) => (await api.get<Connection>(`/api/v1/connections/${id}`)).body;
const state = (id: string, wanted: string, ms = 60_000) =>
  until(
    () => connection(id),
    (shown) => shown.state === wanted,
    ms,
  );
const fleet = async (id: string): Promise<readonly Vm[]> =>
  (await api.vms(`?connection=${id}&limit=200&sort=name`)).body.items;

story(
  'K14: a vCenter that hangs is degraded after some seconds and down after twenty, and up again when it goes on',
  async () => {
    const begun = performance.now();
    const passed = () => performance.now() - begun;
    hung.signal('SIGSTOP');
    try {
      expect(await state('hung', 'degraded')).toMatchObject({ reason: { code: 'provider_unreachable' } });
      const degraded = passed();
      expect((await fleet('hung')).some(({ stale }) => stale)).toBe(false);
      expect(await state('hung', 'down')).toMatchObject({ reason: { code: 'provider_unreachable' } });
      expect(degraded).toBeLessThan(13_000); // a ping begins within 6.25 s, and is waited for 5 s
      expect(passed()).toBeGreaterThan(15_000); // it may have answered just before
      expect(passed()).toBeLessThan(45_000); // 56 s until anything was stale
      const shown = await until(
        () => fleet('hung'),
        (vms) => vms.every(({ stale }) => stale),
        2_000,
      );
      expect(shown.every(({ stale }) => stale)).toBe(true);
      expect(await connection('site-a')).toMatchObject({ state: 'up' });
    } finally {
      hung.signal('SIGCONT');
    }
    expect(await state('hung', 'up')).toMatchObject({ state: 'up', reason: null });
  },
  180_000,
);

story(
  'K13: a hundred operations at a vCenter that is down call it once a second at most, say so, and go on when it is back',
  async () => {
    await state('cut', 'up');
    const vms = (await fleet('cut')).filter(({ power }) => power.state === 'poweredOn').slice(0, FLEET);
    expect(vms.length).toBe(FLEET);
    await proxy.refuse(); // breaks what is open
    await proxy.restore();
    proxy.spoil({ method: '*', do: 'cut' });
    await state('cut', 'degraded');
    const body = { mode: 'hard', timeoutSeconds: 300 };
    const asked = await Promise.all(
      vms.map(({ id }) => api.post<Operation>(`/api/v1/vms/${id}/actions/power-off`, body)),
    );
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([202]));
    const before = proxy.calls.length;
    const seconds = 20;
    await pause(seconds * 1_000);
    expect(proxy.calls.length - before).toBeLessThanOrEqual(seconds + 1);
    const [first] = asked;
    const waiting = (await api.operation(first?.body.id ?? '')).body;
    expect(hasEnded(waiting)).toBe(false);
    expect(waiting).toMatchObject({
      state: 'waiting',
      steps: [{ name: 'verify', code: 'provider_unreachable', nextAttemptAt: expect.any(String) }],
    });
    expect(waiting.evidence?.firstError?.detail).toMatch(/^The provider is not reached \(.*\)/);

    await proxy.restore();
    const ended = await until(
      async () => (await Promise.all(asked.map(({ body: { id } }) => api.operation(id)))).map(({ body }) => body),
      (all) => all.every(hasEnded),
      240_000, // the simulator is slower than what it simulates
    );
    expect(new Set(ended.map(({ state: how }) => how))).toEqual(new Set(['succeeded']));
    expect(await state('cut', 'up')).toMatchObject({ state: 'up', reason: null });
  },
  360_000,
);

/**
 * What others wait for a reading and for an operation at another connection meanwhile, beyond the wait for a processor:
 * 95 of 100 take so many ms.
 */
const othersP95 = async (meanwhile: Promise<unknown>) => {
  let over = false;
  void meanwhile.finally(() => (over = true)).catch(() => {});
  const [looked, switched] = (await fleet('site-a')).filter(({ power }) => power.state === 'poweredOn');
  const waited = () => waitedForProcessor(house.pid()) + waitedForProcessor(process.pid);
  const timed = async (ask: (n: number) => Promise<unknown>) => {
    const took: number[] = [];
    for (let n = 0; !over; n++) {
      const [begun, before] = [performance.now(), waited()];
      await ask(n);
      took.push(Math.max(0, performance.now() - begun - (waited() - before)));
      await pause(20);
    }
    return took.sort((a, b) => a - b)[Math.floor(took.length * 0.95)] ?? Infinity;
  };
  const [reading, operation] = await Promise.all([
    timed(async () => expect((await api.vm(looked?.id ?? '', '?fresh=true')).status).toBe(200)),
    timed(async (n) => {
      const [verb, body] = n % 2 === 0 ? ['power-off', { mode: 'hard' }] : ['power-on', {}];
      expect(await api.done(`/api/v1/vms/${switched?.id}/actions/${verb}`, body)).toMatchObject({ state: 'succeeded' });
    }),
    meanwhile,
  ]);
  return { reading, operation };
};
/** Not slower by more than a tenth, or by what a busy machine does by itself. */
const NOISE_MS = 100;
const asBefore = (before: number, ms: number) => ms <= Math.max(before * 1.1, before + NOISE_MS);

story(
  'T-PRV-1: a vCenter that hangs is degraded five seconds after it was asked something',
  async () => {
    await state('hung', 'up');
    const [vm] = await fleet('hung');
    hung.signal('SIGSTOP');
    try {
      const asked = performance.now();
      void api.vm(vm?.id ?? '', '?fresh=true');
      expect(await state('hung', 'degraded')).toMatchObject({ state: 'degraded' });
      expect(performance.now() - asked).toBeLessThan(6_500); // and is then recorded, and shown
    } finally {
      hung.signal('SIGCONT');
    }
    await state('hung', 'up');
  },
  60_000,
);

story(
  `T-PRV-1: a vCenter that flaps, ${FLAPS} times, is degraded at once and never down, is called little while it is away, fails no operation and delays nobody else`,
  async () => {
    await state('cut', 'up');
    const calm = await othersP95(pause(CALM_MS));
    const asked: string[] = [];
    const passes = async (ms: number) => {
      for (const end = performance.now() + ms; performance.now() < end; await pause(200)) {
        expect((await connection('site-a')).state).toBe('up');
      }
    };
    const before = await api.events(`&event_types=${TURNED}`);
    const vms = await fleet('cut');
    const flaps = async () => {
      for (const vm of vms.slice(0, FLAPS)) {
        const begun = performance.now();
        await proxy.refuse();
        await proxy.restore();
        proxy.spoil({ method: '*', do: 'cut' });
        const verb = vm.power.state === 'poweredOn' ? 'power-off' : 'power-on';
        const body = verb === 'power-off' ? { mode: 'hard' } : {};
        asked.push((await api.post<Operation>(`/api/v1/vms/${vm.id}/actions/${verb}`, body)).body.id);
        expect((await state('cut', 'degraded', HALF_MS)).state).toBe('degraded');
        await passes(HALF_MS - (performance.now() - begun));
        // Those that were on their way when it broke, and then one try a second for everybody.
        expect(proxy.calls.length).toBeLessThanOrEqual(15);
        await proxy.restore();
        await passes(HALF_MS);
      }
    };
    const flapping = await othersP95(flaps());
    const slower = (['reading', 'operation'] as const).filter((what) => !asBefore(calm[what], flapping[what]));
    expect({ calm, flapping, slower }).toEqual({ calm, flapping, slower: [] });
    for (const id of asked) {
      const { body: operation } = await until(
        () => api.operation(id),
        ({ body }) => hasEnded(body),
      );
      expect(operation.state).toBe('succeeded');
    }
    const told = (await api.events(`&event_types=${TURNED}`)).slice(before.length);
    const turns = told.map(({ data }) => data as DataOf<typeof TURNED>);
    expect(turns.filter(({ to }) => to === 'down')).toEqual([]);
    expect(turns.length).toBeLessThanOrEqual(2 * asked.length); // degraded and up again, each time at most
  },
  figure(180_000, 1_500_000),
);
