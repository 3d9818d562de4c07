// Which machine is which at a vCenter (vcsim behind a proxy): references that are given again, removals that were never
// told. The proxy rewrites answers, because vcsim alone does not do such things.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Vm } from '@drover/contracts';
import { startSoapProxy, type SoapProxy } from '../../../tools/faultbench/soap-proxy.js';
import { startVcsim, vcsimPresent, type Vcsim } from '../../../tools/infra/vcsim.js';
import { until, type Api } from './api.js';
import { openHouse, within, type House } from './house.js';
import { connectionsOf } from './vcenters.js';

const present = await vcsimPresent();
const story = present ? it : it.skip;

let vcsim: Vcsim;
let proxy: SoapProxy;
let house: House;
let api: Api;

/** A house with one vCenter, which it cannot reach yet. */
beforeAll(async () => {
  if (!present) return;
  vcsim = await startVcsim({ vms: 4 });
  proxy = await startSoapProxy(vcsim.url);
  await proxy.refuse();
  house = await openHouse({ DROVER_SIMULATOR_VMS: '0' });
  await house.start(connectionsOf(house, vcsim, { id: 'lab', name: 'Lab', url: proxy.url }));
  api = house.api();
}, 180_000);
afterEach(() => proxy?.restore());
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await proxy?.close();
  await vcsim?.stop();
});

const byName = async (name: string) => (await api.vms(`?name=${name}`)).body.items;
const when = async (id: string, so: (vm: Vm) => boolean) =>
  (
    await until(
      () => api.vm(id),
      ({ body }) => so(body),
      40_000,
    )
  ).body;

story(
  'K24: a reference that a rebuilt vCenter gave to another machine leads to that one, and the first is missing',
  async () => {
    const path = 'vm/DC0_C0_RP0_VM0';
    const [, moref = ''] = (await vcsim.govc('ls', '-i', path)).trim().split(':');
    const uuid = (await vcsim.govc('object.collect', '-s', path, 'config.instanceUuid')).trim();
    const body = {
      name: 'by-hand',
      connectionId: 'lab',
      aliases: [{ source: 'lab', kind: 'moref', value: moref }],
    };
    const registered = await api.post<Vm>('/api/v1/vms', body);
    expect(registered.status).toBe(201);
    const { id } = registered.body;
    await proxy.restore();
    const found = await when(id, ({ power }) => power.state === 'poweredOn');
    expect(found.aliases).toContainEqual({ source: 'lab', kind: 'instance-uuid', value: uuid });

    const other = randomUUID();
    proxy.spoil({
      ...{ method: '*', do: 'rewrite' },
      request: (xml) => xml.replaceAll(uuid, randomUUID()).replaceAll(other, uuid), // the first one is no more
      answer: (xml) => xml.replaceAll(uuid, other),
    });
    expect(await api.done('/api/v1/connections/lab/refresh')).toMatchObject({ state: 'succeeded' });
    const lost = await when(id, ({ health }) => health.state === 'warning');
    expect(lost.health.reasons).toMatchObject([{ code: 'vm_missing' }]);
    expect(lost.aliases).toEqual(found.aliases);
    const { body: shown } = await api.get<Vm>(`/api/v1/vms/lookup?alias=instance-uuid:${other}`);
    expect(shown).toMatchObject({ lifecycle: { state: 'active' }, power: { state: 'poweredOn' } });
    expect(shown.id).not.toBe(id);
    const asked = await api.done(`/api/v1/vms/${id}/actions/power-off`, { mode: 'hard' });
    expect(asked).toMatchObject({ state: 'failed', error: { code: 'not_found' } });
    expect((await api.vm(shown.id)).body).toMatchObject({ power: { state: 'poweredOn' } });
  },
  2 * within,
);

/** Who asks for a machine that is not there, and what they are told. */
const asking = {
  'an operation': async (id: string) => {
    const asked = await api.done(`/api/v1/vms/${id}/actions/power-off`, { mode: 'hard' });
    expect(asked).toMatchObject({ state: 'failed', error: { code: 'not_found' } });
  },
  'the older path': async (id: string) => {
    expect(await api.get(`/api/v1/vm/${id}/power-state`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  },
  'a fresh read': async (id: string) => {
    expect(await api.get(`/api/v1/vms/${id}?fresh=true`)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  },
};

story.each([
  ['an operation', 'DC0_C0_RP0_VM1'],
  ['the older path', 'DC0_C0_RP0_VM2'],
  ['a fresh read', 'DC0_C0_RP0_VM3'],
] as const)(
  'K9: a machine whose removal the vCenter never told is gone as soon as anybody asks for it (%s)',
  async (who, name) => {
    await until(
      () => byName(name),
      ([vm]) => vm?.stale === false,
      40_000,
    );
    const [vm] = (await byName(name)) as [Vm];
    // Nor that it was switched off for that, which would be a reason to read it.
    const untold = (xml: string) => xml.replace(/<objectSet>.*?<\/objectSet>/gs, '');
    proxy.spoil({ method: 'WaitForUpdatesEx', do: 'rewrite', answer: untold });
    await vcsim.govc('vm.destroy', `vm/${name}`);
    await asking[who](vm.id);
    expect(await when(vm.id, ({ lifecycle }) => lifecycle.state === 'retired')).toMatchObject({
      lifecycle: { state: 'retired' },
      actions: { 'power-on': 'vm_gone' },
    });
    await proxy.restore();
  },
  2 * within,
);
