// After a turmoil of changes and late answers everything that Drover shows is what the vCenter says. The proxy holds answers
// back, so that an old reading arrives after a new one.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { hasEnded, type FleetSummary, type Operation, type Page, type Vm } from '@drover/contracts';
import { startSoapProxy, type SoapProxy } from '../../../tools/faultbench/soap-proxy.js';
import { figure } from '../../../tools/faultbench/tier.js';
import { startVcsim, vcsimPresent, type Vcsim } from '../../../tools/infra/vcsim.js';
import { until, type Api } from './api.js';
import { openHouse, type House } from './house.js';
import { connectionsOf } from './vcenters.js';

const present = await vcsimPresent();
const story = present ? it : it.skip;

const MACHINES = 20;
const CLIENTS = figure(4, 8);
const TOGGLES = figure(60, 200);
/** How late an answer may come, in ms, and how long after the last late one everything must be right. */
const LATE_MS = figure(2_000, 8_000);
const SETTLED_MS = 5_000;

let vcsim: Vcsim;
let proxy: SoapProxy;
let house: House;
let api: Api;
beforeAll(async () => {
  if (!present) return;
  vcsim = await startVcsim({ vms: MACHINES });
  proxy = await startSoapProxy(vcsim.url);
  house = await openHouse({ DROVER_SIMULATOR_VMS: '0' });
  await house.start(connectionsOf(house, vcsim, { id: 'lab', name: 'Lab', url: proxy.url }));
  api = house.api();
  await until(
    () => api.vms(),
    ({ body }) => body.total === MACHINES && body.complete,
  );
}, 180_000);
afterEach(() => proxy?.restore()); // also after one that failed on the way
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await proxy?.close();
  await vcsim?.stop();
});

/** What vcsim says, asked past Drover. */
const truth = async () => {
  const read = async (name: string) =>
    [name, (await vcsim.govc('object.collect', '-s', `vm/${name}`, 'runtime.powerState')).trim()] as const;
  const names = (await api.vms('?limit=200')).body.items.map(({ name }) => name);
  const all: (readonly [string, string])[] = [];
  for (const name of names) all.push(await read(name));
  return Object.fromEntries(all.sort());
};

/** Clients operate the machines while another one switches them behind Drover's back. */
const turmoil = async () => {
  const { items } = (await api.vms('?limit=200')).body;
  let over = false;
  const client = async (_: unknown, n: number) => {
    for (let i = n; !over; i += CLIENTS + 1) {
      const path = `/api/v1/vms/${items[i % items.length]?.id}/actions`;
      if (i % 2 === 0) await api.post(`${path}/power-off`, { mode: 'hard', timeoutSeconds: 30 }, { prefer: 'wait=20' });
      else await api.post(`${path}/power-on`, { timeoutSeconds: 30 }, { prefer: 'wait=20' });
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  for (let toggle = 0; toggle < TOGGLES; toggle++) {
    const { name } = items[(toggle * 7) % items.length] as Vm;
    // What a client of Drover has done just now cannot be done again; it is one toggle less.
    await vcsim.govc('vm.power', toggle % 3 === 0 ? '-on' : '-off', `vm/${name}`).catch(() => {});
  }
  over = true;
  await clients;
};

const operationsEnd = () =>
  until(
    () => api.get<Page<Operation>>('/api/v1/operations?limit=200'),
    ({ body }) => body.items.every(hasEnded),
    60_000,
  );

/** What each face of Drover says of the power of all machines. */
const shown = async () => {
  const { items } = (await api.vms('?limit=200')).body;
  const list = Object.fromEntries(items.map(({ name, power }) => [name, power.state] as const).sort());
  const asked = await Promise.all(
    items.map(async ({ id, name }) => {
      const { body } = await api.get<{ readonly power_state: string }>(`/api/v1/vm/${id}/power-state`);
      return [name, body.power_state] as const;
    }),
  );
  const { power } = (await api.get<FleetSummary>('/api/v1/fleet')).body;
  return {
    list,
    asked: Object.fromEntries(asked.sort()),
    fleet: power,
    stale: items.filter(({ stale }) => stale).length,
  };
};

const expected = (states: Readonly<Record<string, string>>) => {
  const fleet: Record<string, number> = {};
  for (const state of Object.values(states)) fleet[state] = (fleet[state] ?? 0) + 1;
  return { list: states, asked: states, fleet, stale: 0 };
};

story.each(['directly', 'once more', 'behind a proxy that delays every other answer'] as const)(
  'K1: after a turmoil everything that Drover shows is what the vCenter says (%s)',
  async (how) => {
    if (how.startsWith('behind'))
      proxy.spoil({ method: '*', do: 'hold', ms: () => (Math.random() < 0.5 ? 0 : Math.random() * LATE_MS) });
    await turmoil();
    await proxy.restore();
    await operationsEnd();
    await pause((how.startsWith('behind') ? LATE_MS : 0) + SETTLED_MS);
    expect(await shown()).toEqual(expected(await truth()));
  },
  600_000,
);

story(
  'K2: what Drover read and told is what it shows from then on, though the news of it was wrong',
  async () => {
    const { items } = (await api.vms('?limit=1')).body;
    const { id, name } = items[0] as Vm;
    const shownPower = async () => (await api.get<Vm>(`/api/v1/vms/${id}`)).body.power.state;
    for (const ask of [`/api/v1/vms/${id}?fresh=true`, `/api/v1/vm/${id}/power-state`]) {
      await vcsim.govc('vm.power', '-on', `vm/${name}`).catch(() => {}); // it may be on
      expect(await until(shownPower, (power) => power === 'poweredOn')).toBe('poweredOn');
      let lied = 0;
      const answer = (xml: string) => xml.replaceAll('poweredOff', () => ((lied += 1), 'poweredOn'));
      proxy.spoil({ method: 'RetrievePropertiesEx', do: 'rewrite', answer });
      await vcsim.govc('vm.power', '-off', '-force', `vm/${name}`);
      expect(
        await until(
          async () => lied,
          (times) => times > 0,
        ),
      ).toBeGreaterThan(0);
      await pause(500); // it may be more than one request
      await proxy.restore();
      expect(await shownPower()).toBe('poweredOn'); // as it was told
      expect(JSON.stringify((await api.get(ask)).body)).toContain('poweredOff');
      expect(await until(shownPower, (power) => power === 'poweredOff', 5_000)).toBe('poweredOff');
    }
  },
  60_000,
);

story(
  'K39: a machine can be asked for by the name that is shown, whatever its provider calls it',
  async () => {
    const { id, name, aliases } = (await api.vms('?limit=1')).body.items[0] as Vm;
    const bios = aliases.find(({ kind }) => kind === 'bios-uuid')?.value ?? '';
    const rename = (to: string) => vcsim.govc('vm.change', '-vm.uuid', bios, '-name', to);
    const shownName = async () => (await api.get<Vm>(`/api/v1/vms/${id}`)).body.name;
    for (const [given, shown] of [
      ['web\t01\u202E', 'web\uFFFD01\uFFFD'],
      ['n'.repeat(300), 'n'.repeat(253)],
    ] as const) {
      await rename(given);
      expect(await until(shownName, (now) => now === shown)).toBe(shown);
      const found = await api.get<Vm>(`/api/v1/vms/lookup?name=${encodeURIComponent(shown)}`);
      expect(found).toMatchObject({ status: 200, body: { id } });
    }
    await rename(name);
  },
  60_000,
);
