import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Machine } from '@drover/ports';
import { vcsimPresent } from './vcsim.ts';
import { vsphereBench, watchingOn, type VsphereBench } from './vsphere-bench.ts';

const [FIRST, SECOND] = ['DC0_C0_RP0_VM0', 'DC0_C0_RP0_VM1'] as const;
const { signal } = new AbortController();

((await vcsimPresent()) ? describe : describe.skip)('what a watch tells, on vcsim', () => {
  let bench: VsphereBench;
  let stop = new AbortController();
  beforeAll(async () => void (bench = await vsphereBench()), 60_000);
  beforeEach(async () => {
    stop = new AbortController();
    await bench.proxy.restore();
    const paths = (await bench.vcsim.govc('find', '/DC0/vm', '-type', 'm')).trim().split('\n');
    const away = paths.filter((path) => dirname(path) !== '/DC0/vm');
    if (away.length > 0) await bench.vcsim.govc('object.mv', ...away, '/DC0/vm');
    await bench.ready(FIRST);
  });
  afterEach(() => stop.abort());
  afterAll(() => bench.close());

  const annotate = (name: string, text: string) =>
    bench.vcsim.govc('vm.change', '-vm', `/DC0/vm/${name}`, '-annotation', text);
  const readOf = async (name: string) => {
    const uuid = await bench.property(name, 'config.instanceUuid');
    const [machine] = await bench.catalog.read(bench.target, [uuid], signal);
    if (!machine) throw new Error('it is there');
    return machine;
  };
  /** From now on what the stream answers is held back, until it is let go. */
  const heldBack = () => {
    let letGo = () => {};
    const gone = new Promise<void>((done) => (letGo = done));
    bench.proxy.spoil({ method: 'WaitForUpdatesEx', do: 'interpose', after: () => gone });
    return letGo;
  };
  const ofName = (name: string) => (machine: Machine) => machine.name === name;

  it('K1: an answer of the stream that comes late tells what is so then, not what it says', async () => {
    const { machines } = await watchingOn(bench, stop.signal);
    const letGo = heldBack();
    const told = machines();
    await annotate(FIRST, 'late');
    await bench.power(FIRST, 'off');
    const between = await readOf(FIRST);
    letGo();
    expect(between.power).toBe('poweredOff');
    const late = (await told).find(ofName(FIRST));
    expect(late).toMatchObject({ power: 'poweredOff', run: between.run });
    expect(late?.n).toBeGreaterThan(between.n);
  }, 30_000);

  it('K1: a reading whose answer comes late has the number of the moment at which it was asked for', async () => {
    const { machines } = await watchingOn(bench, stop.signal);
    bench.proxy.spoil({
      method: 'RetrievePropertiesEx',
      holding: 'config.hardware.device',
      do: 'hold',
      ms: 1_500,
      times: 1,
    });
    const told = machines();
    await annotate(FIRST, 'slow');
    while (bench.proxy.count('RetrievePropertiesEx') < 3) await new Promise((done) => setTimeout(done, 20));
    await bench.power(FIRST, 'off');
    const between = await readOf(FIRST);
    const slow = (await told).find(ofName(FIRST));
    expect([slow?.power, between.power]).toEqual(['poweredOn', 'poweredOff']);
    expect(slow?.n).toBeLessThan(between.n);
  }, 30_000);

  it('K2: a folder that is renamed is told of every machine in it, and the old name of none after it', async () => {
    await bench.vcsim.govc('folder.create', '/DC0/vm/old');
    await bench.vcsim.govc('object.mv', `/DC0/vm/${FIRST}`, `/DC0/vm/${SECOND}`, '/DC0/vm/old');
    const { machines } = await watchingOn(bench, stop.signal);
    const paths = new Map<string, string | null | undefined>();
    const told = machines();
    await bench.vcsim.govc('object.rename', '/DC0/vm/old', 'new');
    for (let batch = await told; paths.size < 2; batch = paths.size < 2 ? await machines() : [])
      for (const { name, hardware } of batch)
        if (hardware?.path?.startsWith('/DC0/vm/new/')) paths.set(name, hardware.path);
    expect([...paths.keys()].sort()).toEqual([FIRST, SECOND]);
    const next = machines();
    await bench.vcsim.govc('vm.change', '-vm', `/DC0/vm/new/${FIRST}`, '-annotation', 'again');
    expect((await next).find(ofName(FIRST))?.hardware?.path).toBe(`/DC0/vm/new/${FIRST}`);
  }, 30_000);

  it('K2: a change of a machine does not tell a path that was kept from before', async () => {
    await bench.vcsim.govc('folder.create', '/DC0/vm/before');
    await bench.vcsim.govc('object.mv', `/DC0/vm/${SECOND}`, '/DC0/vm/before');
    const { machines } = await watchingOn(bench, stop.signal);
    const letGo = heldBack();
    const changed = machines();
    await bench.vcsim.govc('vm.change', '-vm', `/DC0/vm/before/${SECOND}`, '-annotation', 'x');
    await bench.vcsim.govc('object.rename', '/DC0/vm/before', 'after');
    expect((await readOf2('after')).hardware?.path).toBe(`/DC0/vm/after/${SECOND}`);
    letGo();
    expect((await changed).find(ofName(SECOND))?.hardware?.path).toBe(`/DC0/vm/after/${SECOND}`);
  }, 30_000);
  const readOf2 = async (folder: string) => {
    const uuid = await bench.property(`${folder}/${SECOND}`, 'config.instanceUuid');
    const [machine] = await bench.catalog.read(bench.target, [uuid], signal);
    if (!machine) throw new Error('it is there');
    return machine;
  };

  it('K2: a network that is renamed is told of the machines that are on it', async () => {
    const { machines } = await watchingOn(bench, stop.signal);
    const told = machines();
    await bench.vcsim.govc('object.rename', '/DC0/network/DC0_DVPG0', 'blue');
    const networks = (await told).flatMap(({ hardware }) => hardware?.networks.map(({ network }) => network) ?? []);
    expect(new Set(networks)).toEqual(new Set(['blue']));
  }, 30_000);

  // While vcsim waits for updates it can lock itself up against whoever makes machines: the waiting is held back meanwhile.
  const whileNobodyWaits = async (before: () => Promise<unknown>, after = async () => {}) => {
    const done = new Promise<void>((done) => {
      const last = async () => done(await after());
      bench.proxy.spoil({ method: 'WaitForUpdatesEx', do: 'interpose', before, after: last, times: 1 });
    });
    await annotate(SECOND, `${performance.now()}`); // ends the request that waits already
    await done;
  };
  const soon = () => new Promise((done) => setTimeout(done, 20));

  it('K9: of four machines that are cloned and destroyed at once, five times, none stays, whatever is told', async () => {
    const here = new Set<string>();
    const watching = (async () => {
      for await (const news of bench.catalog.watch(bench.target, stop.signal)) {
        if (news.is === 'machines') news.machines.forEach(({ key }) => here.add(key));
        if (news.is === 'removed') news.keys.forEach((uuid) => here.delete(uuid));
      }
    })();
    const until = async (size: number) => {
      while (here.size !== size) await soon();
    };
    await until(2);
    for (let round = 0; round < 5; round++) {
      const names = [1, 2, 3, 4].map((n) => `clone-${round}-${n}`);
      const clone = (name: string) => bench.vcsim.govc('vm.clone', '-on=false', '-vm', `/DC0/vm/${FIRST}`, name);
      const clones = () => Promise.all(names.map(clone));
      const destroy = async () => void (await Promise.all(names.map((name) => bench.vcsim.govc('vm.destroy', name))));
      if (round % 2 === 0) {
        // They are told to have come when they have gone, and that they went is not told at all.
        await whileNobodyWaits(clones, destroy);
        const untold = (xml: string) => xml.replace(/<objectSet><kind>leave<.*?<\/objectSet>/gs, '');
        bench.proxy.spoil({ method: 'WaitForUpdatesEx', do: 'rewrite', answer: untold, times: 1 });
        await annotate(SECOND, `${round}`);
      } else {
        await whileNobodyWaits(clones);
        await until(6);
        await whileNobodyWaits(destroy);
      }
      await until(2);
    }
    stop.abort();
    await watching;
  }, 60_000);
});
