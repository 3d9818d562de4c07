import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OperationId, StreamId, VmId } from '@drover/kernel';
import type { ProviderIdentity, Machine, MachineRef, SkippedMachine } from '@drover/ports';
import { vcsimPresent } from './vcsim.ts';
import { forbidding, saying, vsphereBench, watchingOn, without, type VsphereBench } from './vsphere-bench.ts';

const [FIRST, SECOND] = ['DC0_C0_RP0_VM0', 'DC0_C0_RP0_VM1'] as const;
const { signal } = new AbortController();

((await vcsimPresent()) ? describe : describe.skip)('machines that are odd, on vcsim', () => {
  let bench: VsphereBench;
  let stop = new AbortController();
  let odd: string;
  beforeAll(async () => {
    bench = await vsphereBench(6);
    odd = await bench.reference(SECOND);
  }, 60_000);
  beforeEach(async () => {
    stop = new AbortController();
    await bench.proxy.restore();
  });
  afterEach(() => stop.abort());
  afterAll(() => bench.close());

  const list = async () => {
    const found = { machines: [] as Machine[], skipped: [] as SkippedMachine[] };
    for await (const { machines, skipped } of bench.catalog.list(bench.target, signal)) {
      found.machines.push(...machines);
      found.skipped.push(...skipped);
    }
    return found;
  };
  const identities = async () => {
    const found: ProviderIdentity[] = [];
    for await (const some of bench.catalog.identities(bench.target, signal)) found.push(...some);
    return found;
  };
  const named = (machines: readonly Machine[], name: string) => machines.find((machine) => machine.name === name);

  it('K7: a machine without a CPU count is listed without hardware, and so are five others with it', async () => {
    bench.spoilMachine(odd, without('config.hardware.numCPU'));
    const { machines, skipped } = await list();
    expect(named(machines, SECOND)).toMatchObject({ hardware: null, power: 'poweredOn' });
    expect(machines.filter(({ hardware }) => hardware !== null)).toHaveLength(5);
    expect(skipped).toEqual([]);
  });

  it.each([
    ['an instance UUID that is none', saying('config.instanceUuid', 'none'), 'config.instanceUuid is "none"'],
    ['a power state that is none', saying('runtime.powerState', 'dreaming'), 'runtime.powerState is "dreaming"'],
  ])('K7: a machine with %s is skipped by name, in a listing and in a watch', async (_what, answer, why) => {
    bench.spoilMachine(odd, answer);
    const { machines, skipped } = await list();
    expect(machines).toHaveLength(5);
    expect(skipped).toMatchObject([{ ref: odd, name: SECOND, why }]);
    expect(await identities()).toHaveLength(6);
    const { batch } = await watchingOn(bench, stop.signal);
    const told = batch();
    await bench.vcsim.govc('vm.change', '-vm', `/DC0/vm/${SECOND}`, '-annotation', why);
    expect(await told).toMatchObject({ machines: [], skipped: [{ ref: odd, why }] });
  });

  it('K8: a machine that may not be read is skipped, and the removal of another is told', async () => {
    bench.spoilMachine(odd, forbidding('config.instanceUuid'));
    await bench.vcsim.govc('vm.create', '-on=false', '-net', 'VM Network', 'short');
    const key = await bench.property('short', 'config.instanceUuid');
    const { removed } = await watchingOn(bench, stop.signal);
    const told = removed();
    await bench.vcsim.govc('vm.destroy', '/DC0/vm/short');
    expect(await told).toEqual([key]);
    const { machines, skipped } = await list();
    expect(machines).toHaveLength(5);
    expect(skipped).toMatchObject([{ ref: odd, why: 'config.instanceUuid cannot be read: NoPermission' }]);
  });

  it('K8: a read of a machine that may not be read spoils nothing for the others', async () => {
    const all = (await list()).machines.map(({ key }) => key);
    bench.spoilMachine(odd, forbidding('runtime.powerState'));
    expect(await bench.catalog.read(bench.target, all, signal)).toHaveLength(5);
  });

  it('K25: a machine whose configuration cannot be read is skipped under its reference, though it was known', async () => {
    expect((await list()).machines).toHaveLength(6);
    bench.spoilMachine(odd, (object) => object.replace(/<propSet><name>config\..*?<\/propSet>/gs, ''));
    const { machines, skipped } = await list();
    expect(machines).toHaveLength(5);
    expect(skipped).toEqual([{ ref: odd, key: null, name: SECOND, why: 'config.instanceUuid is not set' }]);
    expect(await identities()).toContainEqual({ ref: odd, key: null });
  });

  it('K7: of two machines with one instance UUID the second is skipped', async () => {
    const [first, uuid] = [await bench.reference(FIRST), await bench.property(FIRST, 'config.instanceUuid')];
    bench.spoilMachine(odd, saying('config.instanceUuid', uuid));
    const { machines, skipped } = await list();
    expect(named(machines, FIRST)).toMatchObject({ key: uuid });
    expect(machines).toHaveLength(5);
    expect(skipped).toMatchObject([
      { ref: odd, key: uuid, why: `its instance UUID is that of ${first}, too` }, // so the machine is named as unread
    ]);
  });

  describe('two references with one instance UUID', () => {
    const token = { operationId: OperationId.of('power', StreamId.of('power', 'law'), 1), attempt: 1, epoch: 1 };
    let first: string;
    let machine: MachineRef;
    const both = () => ({ code: 'provider_error', sent: 'no', detail: expect.stringMatching(`${first}.*${odd}`) });
    const taskCalls = () => bench.proxy.calls.filter((method) => method.endsWith('_Task'));
    beforeAll(async () => {
      [first, machine] = [await bench.reference(FIRST), await bench.machine(FIRST)];
    });
    beforeEach(async () => {
      await list(); // nobody is double yet
      await bench.power(SECOND, 'off');
      bench.spoilMachine(odd, saying('config.instanceUuid', machine.key));
    });
    afterEach(() => bench.power(SECOND, 'on'));

    it('K19: no reading of either is believed and nothing is sent, until one of them is another again', async () => {
      await list();
      await expect(bench.control.read(machine, signal)).rejects.toMatchObject(both());
      await expect(bench.control.send(machine, 'power-off', token, signal)).rejects.toMatchObject(both());
      expect(await bench.catalog.read(bench.target, [machine.key], signal)).toEqual([]);
      expect(taskCalls()).toEqual([]);
      await bench.proxy.restore();
      expect(await bench.control.read(machine, signal)).toMatchObject({ power: 'poweredOn', ref: first });
      expect(await bench.catalog.read(bench.target, [machine.key], signal)).toMatchObject([{ power: 'poweredOn' }]);
    });

    it('K19: a call goes to the reference that was read, and to no other', async () => {
      const { ref } = await bench.control.read(machine, signal);
      const sent = bench.control.send({ ...machine, ref: 'vm-read-before' }, 'power-off', token, signal);
      await expect(sent).rejects.toMatchObject({ code: 'busy', sent: 'no', detail: expect.stringContaining(first) });
      expect([ref, taskCalls()]).toEqual([first, []]);
    });

    it('K19: the second is read anew as soon as the first is another machine', async () => {
      await bench.proxy.restore();
      const { batch } = await watchingOn(bench, stop.signal);
      const seen: string[] = [];
      const until = async (what: string) => {
        while (!seen.includes(what)) {
          const { machines, skipped } = await batch();
          const refOf = ({ aliases }: Machine) => aliases.find(({ kind }) => kind === 'moref')?.value ?? '';
          seen.push(...machines.map((each) => `${refOf(each)} is ${each.key}`));
          seen.push(...skipped.map(({ ref, key }) => `${ref} is skipped as ${key}`));
        }
      };
      const touch = (name: string, note: string) =>
        bench.vcsim.govc('vm.change', '-vm', `/DC0/vm/${name}`, '-annotation', note);
      const says = new Map([[odd, machine.key]]);
      const answer = (xml: string) =>
        xml.replace(/<objects>.*?<\/objects>/gs, (object) => {
          const uuid = [...says].find(([id]) => object.includes(`>${id}</obj>`))?.[1];
          return uuid === undefined ? object : saying('config.instanceUuid', uuid)(object);
        });
      bench.proxy.spoil({ method: 'RetrievePropertiesEx', do: 'rewrite', answer });
      await touch(SECOND, 'becomes double');
      await until(`${odd} is skipped as ${machine.key}`);
      says.set(first, VmId.create());
      await touch(FIRST, 'becomes another');
      await until(`${odd} is ${machine.key}`);
    }, 20_000);
  });

  it('K19: says that a machine is disconnected, also when that changes', async () => {
    const { machines } = await watchingOn(bench, stop.signal);
    const told = machines();
    const set = (state: string) =>
      bench.vcsim.govc('vm.change', '-vm', `/DC0/vm/${FIRST}`, '-e', `SET.runtime.connectionState=${state}`);
    await set('disconnected');
    let [seen] = await told;
    while (seen?.connectionState !== 'disconnected') [seen] = await machines();
    expect(named((await list()).machines, FIRST)).toMatchObject({ connectionState: 'disconnected' });
    await set('connected');
    while (seen?.connectionState !== 'connected') [seen] = await machines();
  }, 20_000);

  it('K28: a template is listed as one, before and after', async () => {
    await bench.vcsim.govc('vm.create', '-on=false', '-net', 'VM Network', 'golden');
    const template = async () => named((await list()).machines, 'golden')?.template;
    expect(await template()).toBe(false);
    await bench.vcsim.govc('vm.markastemplate', 'golden');
    expect(await template()).toBe(true);
    const uuid = named((await list()).machines, 'golden')?.key;
    expect(await bench.catalog.read(bench.target, [uuid ?? ''], signal)).toMatchObject([{ template: true }]);
    await bench.vcsim.govc('vm.markasvm', '-pool', '/DC0/host/DC0_C0/Resources', 'golden');
    expect(await template()).toBe(false);
    await bench.vcsim.govc('vm.destroy', 'golden');
  }, 20_000);
});
