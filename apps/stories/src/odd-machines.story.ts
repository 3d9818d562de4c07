// Machines that cannot be read, are out of reach, are templates or share a name: each is shown as what is known of it, and
// none hides another one. The sites are made odd by their files.
import { expect, it } from '@jest/globals';
import type { Connection, Problem, Vm } from '@drover/contracts';
import { until } from './api.js';
import { within } from './house.js';
import { sharedStage } from './stage.js';

const stage = sharedStage();

const discovery = async (id: string | null, so: (discovery: Connection['discovery']) => boolean) =>
  (
    await until(
      () => stage().api.get<Connection>(`/api/v1/connections/${id}`),
      ({ body }) => so(body.discovery),
    )
  ).body.discovery;

it(
  'K7: a machine that cannot be shown is named in its connection, and is there again when it can be',
  async () => {
    const vm = stage().machine('site-a');
    const ref = vm.aliases.find(({ kind }) => kind === 'moref')?.value;
    await stage().others({ vm: vm.id, do: 'state', readable: false });
    expect(await discovery('site-a', ({ skippedCount }) => skippedCount === 1)).toMatchObject({
      skipped: [{ ref, name: vm.name, why: 'its power cannot be read' }],
    });
    const hidden = await stage().vmWhen(vm, ({ stale }) => stale);
    expect(hidden).toMatchObject({ staleReason: 'age', lifecycle: { state: 'active' }, power: { state: 'poweredOn' } });
    await stage().others({ vm: vm.id, do: 'state', readable: true });
    expect(await discovery('site-a', ({ skippedCount }) => skippedCount === 0)).toMatchObject({ skipped: [] });
    expect(await stage().vmWhen(vm, ({ stale }) => !stale)).not.toHaveProperty('staleReason');
  },
  within,
);

it(
  'K19: a machine that its site does not reach has no known power, and says how it was seen last',
  async () => {
    const vm = stage().machine();
    await stage().others({ vm: vm.id, do: 'state', connectionState: 'disconnected' });
    expect(await stage().vmWhen(vm, ({ stale }) => stale)).toMatchObject({
      power: { state: 'unknown', lastKnown: { state: 'poweredOn', at: vm.power.observedAt } },
      health: { state: 'warning', reasons: [{ code: 'provider_disconnected' }] },
      staleReason: 'disconnected',
    });
    await stage().others({ vm: vm.id, do: 'state', connectionState: 'connected' });
    expect(await stage().vmWhen(vm, ({ stale }) => !stale)).toMatchObject({
      ...{ power: { state: 'poweredOn', lastKnown: null }, health: { state: 'healthy', reasons: [] } },
    });
  },
  within,
);

it(
  'K28: a template is listed as one, counted in no total of power, and may become a machine again',
  async () => {
    const vm = stage().machine();
    const templates = async () => (await stage().api.vms('?kind=template')).body.items.map(({ id }) => id);
    const running = async () => (await stage().api.fleet()).body.power['poweredOn'] ?? 0;
    const before = await running();
    await stage().others({ vm: vm.id, do: 'state', template: true });
    await stage().vmWhen(vm, ({ kind }) => kind === 'template');
    expect([await templates(), await running()]).toEqual([[vm.id], before - 1]);
    expect((await stage().api.vm(vm.id)).body).toMatchObject({ lifecycle: { state: 'active' } });
    await stage().others({ vm: vm.id, do: 'state', template: false });
    await stage().vmWhen(vm, ({ kind }) => kind === 'machine');
    expect([await templates(), await running()]).toEqual([[], before]);
  },
  within,
);

it(
  'K26: candidates of a name can be told apart, by the lookup and by the older paths',
  async () => {
    const name = 'jump-01';
    const answers = await Promise.all([
      stage().api.get<Problem>(`/api/v1/vms/lookup?name=${name}`),
      stage().api.get<Problem>(`/api/v1/vm/${name}/power-state`),
    ]);
    for (const { status, body } of answers) {
      expect([status, body.code]).toEqual([409, 'name_ambiguous']);
      const told = body.candidates?.map(({ connectionId, datacenter, path, power }) => [
        connectionId,
        datacenter,
        path,
        power,
      ]);
      expect(told?.sort()).toEqual([
        ['site-a', 'ExampleDC', '/ExampleDC/vm/jump-01', 'poweredOn'],
        ['site-b', 'ExampleDC', '/ExampleDC/vm/jump-01', 'poweredOn'],
      ]);
    }
  },
  within,
);

it(
  'K27: an id leads to its machine, whoever is named so',
  async () => {
    const [vm, namesake] = stage().machines(2) as [Vm, Vm];
    await stage().others({ vm: namesake.id, do: 'rename', name: vm.id });
    await stage().vmWhen(namesake, ({ name }) => name === vm.id);
    expect((await stage().api.get<Vm>(`/api/v1/vms/lookup?name=${vm.id}`)).body).toMatchObject({
      id: vm.id,
      name: vm.name,
    });
    const read = await stage().api.get<{ vm_id: string }>(`/api/v1/vm/${vm.id}/power-state`);
    expect([read.status, read.body.vm_id]).toEqual([200, vm.id]);
  },
  within,
);
