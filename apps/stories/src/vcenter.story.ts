// Drover against vcsim, the vCenter simulator: listing, power, restarts, certificates, wrong passwords, cut connections.
// What only a real SOAP server shows; the rules themselves are in the stories of the simulated sites.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { hasEnded, type Connection, type Problem, type Vm } from '@drover/contracts';
import { startSoapProxy, type SoapProxy } from '../../../tools/faultbench/soap-proxy.js';
import { figure } from '../../../tools/faultbench/tier.js';
import { startVcsim, vcsimPresent, type Vcsim } from '../../../tools/infra/vcsim.js';
import { until, type Api } from './api.js';
import { openHouse, type House } from './house.js';
import { openStream } from './live.js';

const present = await vcsimPresent();
const story = present ? it : it.skip;
/** How soon what others change is told: two seconds, and longer where tests share the machine. */
const SOON_MS = figure(10_000, 2_000);

let vcsim: Vcsim;
let proxy: SoapProxy;
let lockedProxy: SoapProxy;
let house: House;
let api: Api;

/** A house with vCenters alone: vcsim itself over TLS, vcsim through the fault proxy, and one with a wrong password. */
beforeAll(async () => {
  if (!present) return;
  vcsim = await startVcsim({ vms: 40, tls: true });
  const plain = await startVcsim({ vms: 3 });
  proxy = await startSoapProxy(plain.url);
  lockedProxy = await startSoapProxy(plain.url);
  house = await openHouse({ DROVER_SIMULATOR_VMS: '0' });
  const credential = (name: string, username: string, password: string) => {
    const path = join(house.dataDir, `${name}.json`);
    writeFileSync(path, JSON.stringify({ username, password }), { mode: 0o600 });
    return `file:${path}`;
  };
  const right = credential('right', vcsim.user, vcsim.password);
  const base = { kind: 'vsphere', allow: ['127.0.0.1'] };
  const connections = [
    { ...base, id: 'lab', name: 'Lab', url: vcsim.url, credential: right, tls: { insecure: true } },
    { ...base, id: 'shaky', name: 'Shaky', url: proxy.url, credential: right },
    {
      ...base,
      id: 'locked',
      name: 'Locked',
      url: lockedProxy.url,
      credential: credential('wrong', vcsim.user, 'nonsense'),
    },
    { ...base, id: 'strict', name: 'Strict', url: vcsim.url, credential: right },
  ];
  const path = join(house.dataDir, 'connections.json');
  writeFileSync(path, JSON.stringify(connections));
  await house.start({ DROVER_CONNECTIONS: path });
  api = house.api();
  stopVcenters = async () => {
    await proxy.close();
    await lockedProxy.close();
    await plain.stop();
    await vcsim.stop();
  };
}, 180_000);
let stopVcenters = async () => {};
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await stopVcenters();
});

const inLab = async (name: string) => (await api.vms(`?connection=lab&name=${name}`)).body.items[0] as Vm;
const connection = async (id: string) => (await api.get<Connection>(`/api/v1/connections/${id}`)).body;
const powerOf = (name: string) => vcsim.govc('object.collect', '-s', `vm/${name}`, 'runtime.powerState');

story(
  'finds all 40 machines within five seconds of the start',
  async () => {
    const { total } = (
      await until(
        () => api.vms('?connection=lab'),
        ({ body }) => body.total === 40,
        5_000,
      )
    ).body;
    expect(total).toBe(40);
    // The list is of another view than the connection.
    const lab = await until(
      () => connection('lab'),
      ({ discovery }) => discovery.state === 'complete',
    );
    expect(lab).toMatchObject({ state: 'up', reason: null, discovery: { state: 'complete', seen: 40 } });
  },
  60_000,
);

story(
  'what it says is off, another client sees off; and on again',
  async () => {
    const name = 'DC0_C0_RP0_VM0';
    const vm = await inLab(name);
    const off = await api.done(`/api/v1/vms/${vm.id}/actions/power-off`, { mode: 'hard' });
    expect(off).toMatchObject({ state: 'succeeded', evidence: { method: 'forced', verifiedAt: expect.any(String) } });
    expect((await powerOf(name)).trim()).toBe('poweredOff');
    const on = await api.done(`/api/v1/vms/${vm.id}/actions/power-on`);
    expect(on).toMatchObject({ state: 'succeeded', evidence: { previousState: 'poweredOff', newState: 'poweredOn' } });
    expect((await powerOf(name)).trim()).toBe('poweredOn');
  },
  60_000,
);

const action = (vm: Vm, verb: string) => `/api/v1/vms/${vm.id}/actions/${verb}`;
const change = (name: string, ...settings: readonly string[]) =>
  vcsim.govc('vm.change', '-vm', `vm/${name}`, ...settings.flatMap((setting) => ['-e', `SET.${setting}`]));

story(
  'K5: asks a guest whose tools run by now, refuses to ask one whose do not, and knows one that is off',
  async () => {
    const name = 'DC0_C0_RP0_VM1';
    const vm = await inLab(name);
    const refused = await api.done(action(vm, 'power-off'), { mode: 'soft' });
    expect(refused).toMatchObject({
      ...{ state: 'failed', attempts: 0, error: { code: 'graceful_shutdown_not_possible', status: 409 } },
    });
    await change(name, 'guest.toolsStatus=toolsOk', 'guest.toolsRunningStatus=guestToolsRunning');
    const off = await api.done(action(vm, 'power-off'), { mode: 'soft' });
    expect(off).toMatchObject({ state: 'succeeded', evidence: { method: 'graceful' } });
    expect((await powerOf(name)).trim()).toBe('poweredOff');
    const other = await inLab('DC0_C0_RP0_VM3');
    await vcsim.govc('vm.power', '-off', 'vm/DC0_C0_RP0_VM3');
    const already = await api.done(action(other, 'power-off'), { mode: 'soft' });
    expect(already).toMatchObject({ state: 'succeeded', evidence: { method: 'already-off' } });
  },
  60_000,
);

story(
  'K19: a machine that its vCenter cannot reach is neither off nor on, whatever was last known of it',
  async () => {
    const name = 'DC0_C0_RP0_VM4';
    const vm = await inLab(name);
    await vcsim.govc('vm.power', '-off', `vm/${name}`);
    await change(name, 'runtime.connectionState=disconnected');
    const state = await api.get<Problem>(`/api/v1/vm/${vm.id}/power-state`);
    const said = { error: 'VMware API error', details: expect.stringContaining('last known as poweredOff') };
    expect([state.status, state.body]).toMatchObject([500, said]);
    const older = await api.post<Problem>(`/api/v1/vm/${vm.id}/power-off`, {});
    expect([older.status, older.body]).toMatchObject([500, said]);
    expect(await api.done(action(vm, 'power-off'), { mode: 'trySoft' })).toMatchObject({
      ...{ state: 'failed', attempts: 0, error: { code: 'machine_unreachable' }, evidence: { verifiedAt: null } },
    });
    await change(name, 'runtime.connectionState=connected');
    expect(await api.done(action(vm, 'power-off'), { mode: 'trySoft' })).toMatchObject({
      ...{ state: 'succeeded', evidence: { method: 'already-off' } },
    });
  },
  60_000,
);

story(
  'K21: a reset is verified by the task of its vCenter, though the boot instant stays as it was',
  async () => {
    const [vm] = (
      await until(
        () => api.vms('?connection=shaky'),
        ({ body }) => body.total === 3,
      )
    ).body.items;
    const boot = /(<name>summary\.runtime\.bootTime<\/name><val[^>]*>)[^<]*/g;
    const answer = (xml: string) => xml.replace(boot, '$12026-01-01T00:00:00Z');
    proxy.spoil({ method: 'RetrievePropertiesEx', do: 'rewrite', answer });
    const end = await api
      .done(action(vm as Vm, 'restart'), { mode: 'hard', timeoutSeconds: 20 })
      .finally(() => proxy.restore());
    expect(end).toMatchObject({ state: 'succeeded', evidence: { method: 'forced', proof: 'task' } });
    const again = await api.problem(action(vm as Vm, 'restart'), { mode: 'hard' });
    expect(again.body).toMatchObject({ code: 'cooldown', detail: expect.stringContaining('It was restarted at') });
  },
  60_000,
);

story(
  'K22: a machine that is destroyed in mid-operation ends it at once',
  async () => {
    const name = 'DC0_C0_RP0_VM5';
    const vm = await inLab(name);
    await vcsim.govc('vm.power', '-off', `vm/${name}`);
    await change(name, 'guest.toolsStatus=toolsNotRunning', 'guest.toolsRunningStatus=guestToolsNotRunning');
    const { body } = await api.post(action(vm, 'power-on'), { waitForTools: true, timeoutSeconds: 600 });
    await until(
      () => api.operation(body.id),
      (read) => read.body.phase === 'wait-tools',
    );
    await vcsim.govc('vm.destroy', `vm/${name}`);
    const ended = await until(
      () => api.operation(body.id),
      (read) => hasEnded(read.body),
    );
    expect(ended.body).toMatchObject({ state: 'failed', error: { code: 'vm_gone', status: 410 } });
  },
  60_000,
);

story(
  'tells within two seconds what another client changed',
  async () => {
    const name = 'DC0_C0_RP0_VM2';
    const vm = await inLab(name);
    const stream = await openStream(house.url, api.authorization, `?vm=${vm.id}`);
    await stream.find(({ event }) => event === 'bookmark');
    await vcsim.govc('vm.power', '-off', `vm/${name}`);
    const frame = await stream.find(({ event }) => event === 'io.drover.inventory.vm-power-observed.v1', SOON_MS);
    expect(frame.data).toContain('"poweredOff"');
    stream.close();
  },
  60_000,
);

story(
  'a certificate that nobody vouches for keeps one connection down, and no other',
  async () => {
    expect(await connection('strict')).toMatchObject({ state: 'down', reason: { code: 'certificate_refused' } });
    expect(await connection('lab')).toMatchObject({ state: 'up' });
  },
  60_000,
);

story(
  'T-PRV-1: a wrong password is tried once, then never until the connection is reset',
  async () => {
    const down = await until(
      () => connection('locked'),
      ({ signIn }) => signIn.blocked,
    );
    expect(down).toMatchObject({ state: 'down', reason: { code: 'connection_blocked' }, signIn: { blocked: true } });
    const tries = () => lockedProxy.count('Login');
    expect(tries()).toBe(1);
    expect((await api.problem('/api/v1/connections/locked/refresh')).body).toMatchObject({
      status: 409,
      code: 'connection_blocked',
    });
    await house.stop();
    await house.start({ DROVER_CONNECTIONS: join(house.dataDir, 'connections.json') });
    api = house.api();
    await until(
      () => connection('lab'),
      ({ state }) => state === 'up',
    );
    expect(tries()).toBe(1);
    await api.post('/api/v1/connections/locked/reset');
    await until(
      async () => tries(),
      (count) => count > 1,
    );
    expect(tries()).toBe(2);
  },
  120_000,
);

story(
  'a connection that is cut and returns loses no machine and invents none',
  async () => {
    const ids = async () => (await api.vms('?connection=shaky')).body.items.map(({ id }) => id).sort();
    const before = await until(ids, ({ length }) => length === 3);
    expect(before).toHaveLength(3);
    const facts = async () =>
      (await Promise.all(before.map((id) => api.history(id)))).map(({ body }) => body.items.map(({ type }) => type));
    await until(
      () => connection('shaky'),
      ({ state }) => state === 'up',
    );
    // The boot instant that the restart above was spoiled with is put right by what is read here, not by the cut.
    expect(await api.done('/api/v1/connections/shaky/refresh')).toMatchObject({ state: 'succeeded' });
    const told = await facts();
    await proxy.refuse();
    expect(
      (
        await until(
          () => connection('shaky'),
          ({ state }) => state === 'down',
          60_000,
        )
      ).reason,
    ).toMatchObject({
      code: 'provider_unreachable',
    });
    const stale = async () => (await api.vms('?connection=shaky')).body.items.map((vm) => vm.stale);
    expect(await until(stale, (each) => each.every(Boolean))).toEqual([true, true, true]);
    await proxy.restore();
    expect(
      await until(
        () => connection('shaky'),
        ({ state }) => state === 'up',
        60_000,
      ),
    ).toMatchObject({ state: 'up' });
    expect([await ids(), await facts()]).toEqual([before, told]);
  },
  180_000,
);
