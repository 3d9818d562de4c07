// Lists are read page by page while machines change: none is skipped or repeated, and what happened in between is in the
// events. Also filters, unchanged lists (304), and a machine as it was.
import { expect, it } from '@jest/globals';
import type { PublicFact, Page, Vm } from '@drover/contracts';
import { startedHouse, within } from './house.js';

it('pages to the end while machines change, and neither skips nor repeats one', async () => {
  await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0' });
  const api = house.api();
  const first = (await api.vms('?limit=7&sort=power')).body;
  expect(first.total).toBe(200);
  const found = [...first.items];
  let changed = 0;
  for (let next = first.next; next;) {
    const [vm] = found.slice(-1);
    const verb = vm?.power.state === 'poweredOn' ? 'power-off' : 'power-on';
    if (
      vm &&
      (await api.done(`/api/v1/vms/${vm.id}/actions/${verb}`, verb === 'power-off' ? { mode: 'hard' } : {})).state ===
        'succeeded'
    )
      changed += 1;
    const page: Page<Vm> = (await api.vms(`?limit=7&sort=power&cursor=${encodeURIComponent(next)}`)).body;
    found.push(...page.items);
    next = page.next;
  }
  expect(changed).toBeGreaterThan(10);
  expect(new Set(found.map(({ id }) => id)).size).toBe(200);
  expect(found).toHaveLength(200);
  for (const { power, hardware } of found) {
    expect(power.observedAt).toMatch(/^\d{4}-.*Z$/);
    expect(hardware?.observedAt).toMatch(/^\d{4}-.*Z$/);
  }
}, 120_000);

it(
  'K6: what happens between two pages of a set is in the events after the position of either',
  async () => {
    await using house = await startedHouse({ DROVER_SIMULATOR_VMS: '20', DROVER_SIMULATOR_LATENCY: '0' });
    const api = house.api();
    const { body: first } = await api.vms('?limit=10&sort=name');
    const vm = (await api.vms('?limit=20&sort=name')).body.items
      .slice(10)
      .find(({ power }) => power.state === 'poweredOn');
    if (!vm) throw new Error('none of the second page is on');
    const off = await api.done(`/api/v1/vms/${vm.id}/actions/power-off`, { mode: 'hard' });
    expect(off.state).toBe('succeeded');
    const { body: second } = await api.vms(`?limit=10&sort=name&cursor=${encodeURIComponent(first.next ?? '')}`);
    expect([second.position, second.asOf]).toEqual([first.position, first.asOf]);
    const shown = second.items.find(({ id }) => id === vm.id);
    const told = await api.get<Page<PublicFact>>(`/api/v1/events?after=${second.position}&vm=${vm.id}`);
    expect([shown?.power.state, told.body.items.map(({ type }) => type)]).toEqual([
      'poweredOn',
      expect.arrayContaining(['io.drover.power.vm-powered-off.v1']),
    ]);
  },
  within,
);

it(
  'answers a list that did not change with 304, and finds machines by every filter',
  async () => {
    await using house = await startedHouse();
    const api = house.api();
    const list = await api.vms('?limit=5');
    const again = await api.get('/api/v1/vms?limit=5', { 'if-none-match': list.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
    const { power, total } = (await api.fleet()).body;
    expect(total).toBe(200);
    for (const [state, count] of Object.entries(power))
      expect((await api.vms(`?power=${state}`)).body.total).toBe(count);
    const both = (await api.vms('?connection=site-a')).body.total ?? 0;
    expect(both).toBe(100);
    const fields = (await api.vms('?fields=name,power&limit=1')).body.items[0];
    expect(Object.keys(fields ?? {}).sort()).toEqual(expect.arrayContaining(['name', 'power']));
    expect(fields).not.toHaveProperty('hardware');
    expect((await api.vms('?cursor=nonsense')).status).toBe(400);
    expect((await api.vms('?colour=red')).status).toBe(400);
  },
  within,
);

it(
  'one name on two connections is ambiguous: 409 with both',
  async () => {
    await using house = await startedHouse();
    const api = house.api();
    const names = new Map<string, Vm[]>();
    for (const vm of (await api.vms('?limit=200')).body.items) names.set(vm.name, [...(names.get(vm.name) ?? []), vm]);
    const [name, pair] = [...names].find(([, vms]) => vms.length > 1) ?? [];
    expect(new Set(pair?.map(({ connectionId }) => connectionId))).toEqual(new Set(['site-a', 'site-b']));
    const answer = await api.get<{ code: string; candidates: { id: string }[] }>(`/api/v1/vms/lookup?name=${name}`);
    expect([answer.status, answer.body.code]).toEqual([409, 'name_ambiguous']);
    expect(answer.body.candidates.map(({ id }) => id).sort()).toEqual(pair?.map(({ id }) => id).sort());
    const [one] = pair ?? [];
    const uuid = one?.aliases.find(({ kind }) => kind === 'instance-uuid')?.value;
    expect((await api.get<Vm>(`/api/v1/vms/lookup?alias=instance-uuid:${uuid}`)).body.id).toBe(one?.id);
    expect((await api.get('/api/v1/vms/lookup?name=nobody')).status).toBe(404);
  },
  within,
);

it(
  'shows a machine as it was: at any version, at any instant',
  async () => {
    await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0' });
    const api = house.api();
    const vm = (await api.vms('?power=poweredOn&limit=1')).body.items[0];
    const before = new Date().toISOString();
    await new Promise((done) => setTimeout(done, 20));
    await api.done(`/api/v1/vms/${vm?.id}/actions/power-off`, { mode: 'hard' });
    await api.send('PATCH', `/api/v1/vms/${vm?.id}`, { displayName: 'renamed' });
    const id = vm?.id ?? '';
    expect((await api.vm(id)).body).toMatchObject({ displayName: 'renamed', power: { state: 'poweredOff' } });
    expect((await api.vm(id, `?at=${before}`)).body).toMatchObject({
      displayName: null,
      power: { state: 'poweredOn' },
    });
    expect((await api.vm(id, '?version=1')).body).toMatchObject({ name: vm?.name, displayName: null });
    expect((await api.vm(id, '?fresh=true')).body).toMatchObject({ power: { state: 'poweredOff' } });
    const history = (await api.history(id)).body.items;
    expect(history.every(({ actor, position }) => actor && position)).toBe(true);
  },
  within,
);
