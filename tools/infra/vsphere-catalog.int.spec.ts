import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ConnectionTarget } from '@drover/kernel';
import type { Machine } from '@drover/ports';
import { machineCatalogContract } from '@drover/ports/testing';
import { startVcsim, vcsimPresent } from './vcsim.ts';
import { vsphereBench, watchingOn, without, type VsphereBench } from './vsphere-bench.ts';

const [FIRST, SECOND] = ['DC0_C0_RP0_VM0', 'DC0_C0_RP0_VM1'] as const;
const { signal } = new AbortController();

((await vcsimPresent()) ? describe : describe.skip)('vSphere, asked of vcsim', () => {
  machineCatalogContract('vsphere', async () => {
    const bench = await vsphereBench(3);
    const names = [FIRST, SECOND, 'DC0_C0_RP0_VM2'];
    let on = true;
    return {
      ...{ catalog: bench.catalog, target: bench.target },
      keys: await Promise.all(names.map((name) => bench.property(name, 'config.instanceUuid'))),
      change: async () => void (await bench.power(FIRST, (on = !on) ? 'on' : 'off')),
      hide: async () => void bench.spoilMachine(await bench.reference(SECOND), without('runtime.powerState')),
      cut: () => bench.proxy.refuse(),
      close: bench.close,
    };
  });

  let bench: VsphereBench;
  let stop = new AbortController();
  beforeAll(async () => void (bench = await vsphereBench()), 60_000);
  beforeEach(async () => {
    stop = new AbortController();
    await bench.proxy.restore();
  });
  afterEach(async () => {
    stop.abort();
    for (const uuid of made.splice(0)) await bench.vcsim.govc('vm.destroy', `-vm.uuid=${uuid}`).catch(() => {});
  });
  afterAll(() => bench.close());

  const list = async (target = bench.target) => {
    const machines: Machine[] = [];
    for await (const batch of bench.catalog.list(target, signal)) machines.push(...batch.machines);
    return machines;
  };
  const made: string[] = [];
  const create = async (name: string) => {
    await bench.vcsim.govc('vm.create', '-on=false', '-net', 'VM Network', name);
    const uuid = (await named(name))?.aliases.find(({ kind }) => kind === 'bios-uuid')?.value ?? '';
    made.push(uuid);
    return { uuid };
  };
  const named = async (name: string) => (await list()).find((machine) => machine.name === name);
  const watching = () => watchingOn(bench, stop.signal);

  describe('a listing', () => {
    it('says where a machine is, what it is made of and how else it is called', async () => {
      const [key, uuid] = await Promise.all(
        ['config.instanceUuid', 'config.uuid'].map((path) => bench.property(FIRST, path)),
      );
      expect(await named(FIRST)).toMatchObject({
        key,
        power: 'poweredOn',
        aliases: [
          { source: 'lab', kind: 'instance-uuid', value: key },
          { source: 'lab', kind: 'bios-uuid', value: uuid },
          { source: 'lab', kind: 'moref', value: expect.stringMatching(/^vm-\d+$/) },
        ],
        hardware: {
          path: `/DC0/vm/${FIRST}`,
          datacenter: 'DC0',
          host: expect.stringMatching(/^DC0_C0_H\d$/),
          disks: [{ label: 'disk-202-0', capacityBytes: 10 * 1024 ** 3, path: expect.stringContaining('.vmdk') }],
          networks: [{ label: 'ethernet-0', network: 'DC0_DVPG0', macAddress: expect.stringMatching(/^00:0c:29/) }],
        },
      });
    });

    it("keeps the provider's spelling in the path and ours in the name", async () => {
      await create('web/01 <a & "b">');
      expect(await named('web/01 <a & "b">')).toMatchObject({
        power: 'poweredOff',
        bootAt: null,
        hardware: { path: '/DC0/vm/web%2f01 <a & "b">' },
      });
    });

    it('leaves nothing open', async () => {
      await list();
      const count = (method: string) => bench.proxy.count(method);
      expect(count('DestroyView')).toBe(count('CreateContainerView'));
    });

    it('signs in again when the session is lost, though no reading says so', async () => {
      await list();
      await bench.proxy.restore();
      bench.proxy.spoil({ method: 'RetrievePropertiesEx', times: 1, do: 'expire-session' });
      expect(await list()).toHaveLength(2);
      expect(bench.proxy.count('Login')).toBe(1);
    });

    it('is a fault when it breaks, never half a listing', async () => {
      bench.proxy.spoil({ method: 'RetrievePropertiesEx', holding: 'VirtualMachine', do: 'cut' });
      await expect(list()).rejects.toMatchObject({ name: 'ProviderFault', code: 'provider_unreachable' });
    });
  });

  describe('a watch', () => {
    it('tells of a machine that comes, of its hardware, and that it went', async () => {
      const { machines, removed } = await watching();
      const { uuid } = await create('young');
      const young = async () => (await machines()).find(({ name }) => name === 'young');
      let seen = await young();
      while (seen?.hardware?.networks.length !== 1) seen = await young();
      expect(seen).toMatchObject({ name: 'young', power: 'poweredOff', hardware: { path: '/DC0/vm/young' } });
      await bench.vcsim.govc('vm.destroy', `-vm.uuid=${uuid}`);
      expect(await removed()).toEqual([seen.key]);
    }, 20_000);

    it('tells of new devices and of tools', async () => {
      const { machines } = await watching();
      await bench.vcsim.govc('vm.disk.create', '-vm', SECOND, '-name', `${SECOND}/more`, '-size', '1M');
      let [seen] = await machines();
      while (seen?.hardware?.disks.length !== 2) [seen] = await machines();
      await bench.guest(SECOND, 'toolsStatus=toolsOld', 'ipAddress=192.0.2.7');
      while (seen?.tools !== 'toolsOld' || !seen.hardware?.addresses.includes('192.0.2.7')) [seen] = await machines();
    }, 20_000);

    it('waits in one request and asks for nothing while nothing happens', async () => {
      const { machines } = await watching();
      const news = machines();
      await bench.power(FIRST, 'off');
      await news;
      const before = bench.proxy.calls.length;
      await new Promise((done) => setTimeout(done, 500));
      expect(bench.proxy.calls.slice(before)).toEqual([]);
      await bench.power(FIRST, 'on');
    });

    it('ends when it is told to, and puts its filter away', async () => {
      const { news } = await watching();
      const last = news.next();
      stop.abort();
      expect((await last).done).toBe(true);
      expect(bench.proxy.calls.slice(-2)).toEqual(['DestroyPropertyCollector', 'DestroyView']);
    });

    it('throws when the connection breaks, and can be begun again', async () => {
      const { news } = await watching();
      const last = news.next();
      await bench.proxy.refuse();
      await expect(last).rejects.toMatchObject({ name: 'ProviderFault', code: 'provider_unreachable' });
      await bench.proxy.restore();
      await watching();
    });

    it('throws when its session is lost, and the next one has a new one', async () => {
      const { news } = await watching();
      bench.proxy.spoil({ method: 'WaitForUpdatesEx', times: 1, do: 'expire-session' });
      await expect(news.next()).rejects.toMatchObject({ code: 'provider_unreachable' });
      await watching();
    });

    it('throws when its connection is released', async () => {
      const { news } = await watching();
      const last = news.next();
      const ended = expect(last).rejects.toMatchObject({ code: 'provider_unreachable' });
      await bench.catalog.release(bench.target);
      await ended;
    });
  });

  describe('more machines than fit into one answer', () => {
    beforeEach(() => {
      const smaller = (xml: string) => xml.replace(/(<max(?:Objects|ObjectUpdates)>)\d+/g, '$11');
      bench.proxy.spoil({ method: '*', holding: '<max', do: 'rewrite', request: smaller });
    });
    const batches = async (enough = Infinity) => {
      const sizes: number[] = [];
      for await (const batch of bench.catalog.list(bench.target, signal))
        if (sizes.push(batch.machines.length) >= enough) break;
      return sizes;
    };

    it('are listed in pages', async () => {
      expect(await batches()).toEqual([1, 1]);
      expect(bench.proxy.count('ContinueRetrievePropertiesEx')).toBeGreaterThan(0);
    });

    it('are all there when a watch says so', async () => {
      const uuids = new Set<string>();
      for await (const news of bench.catalog.watch(bench.target, signal))
        if (news.is === 'machines') news.machines.forEach(({ key }) => uuids.add(key));
        else break;
      expect(uuids.size).toBe(2);
      expect(bench.proxy.count('WaitForUpdatesEx')).toBeGreaterThan(1);
    });

    it.each(['cut', 'expire-session'] as const)(
      'are a fault when the second page does not come (%s)',
      async (spoiled) => {
        await bench.proxy.restore();
        bench.proxy.spoil({ method: 'ContinueRetrievePropertiesEx', do: spoiled });
        const smaller = (xml: string) => xml.replace(/(<maxObjects>)\d+/, '$11');
        bench.proxy.spoil({ method: 'RetrievePropertiesEx', do: 'rewrite', request: smaller });
        await expect(batches()).rejects.toMatchObject({ name: 'ProviderFault', sent: 'no' });
      },
    );

    it('leave nothing open when nobody wants the rest', async () => {
      expect(await batches(1)).toEqual([1]);
      expect(bench.proxy.calls.slice(-2)).toEqual(['CancelRetrievePropertiesEx', 'DestroyView']);
    });
  });

  describe('the test of a connection', () => {
    const steps = async (change: Partial<ConnectionTarget>) =>
      (await bench.catalog.test({ ...bench.target, revision: 7, ...change }, signal)).map(
        ({ step, ok, code }) => `${step}: ${ok ? 'ok' : code}`,
      );

    it('goes all the way', async () =>
      expect(await steps({})).toEqual(['dns: ok', 'tcp: ok', 'http: ok', 'session: ok', 'read: ok']));

    it('stops where the name means nothing', async () =>
      expect(await steps({ url: 'https://nobody.invalid/sdk', revision: 8 })).toEqual(['dns: provider_unreachable']));

    it('stops where nobody listens any more, whatever was known before', async () => {
      expect((await steps({ revision: 15 })).at(-1)).toBe('read: ok');
      await bench.proxy.refuse();
      const last = (await steps({ revision: 15 })).at(-1);
      expect(last).toMatch(/^(tcp|http): provider_unreachable$/); // `http` on a connection that was kept, and breaks
    });

    it('stops where nobody listens', async () => {
      await bench.proxy.refuse();
      expect(await steps({ revision: 9 })).toEqual(['dns: ok', 'tcp: provider_unreachable']);
    });

    it('stops where something else than vCenter answers', async () => {
      bench.proxy.spoil({ method: 'RetrieveServiceContent', do: 'rewrite', answer: () => 'hello' });
      expect(await steps({ revision: 10 })).toEqual(['dns: ok', 'tcp: ok', 'http: provider_error']);
    });

    it('stops where the password is refused', async () =>
      expect(await steps({ credentialRef: 'env:WRONG', revision: 11 })).toEqual([
        ...['dns: ok', 'tcp: ok', 'http: ok', 'session: sign_in_failed'],
      ]));

    it('stops where the secret cannot be read, without a sign-in', async () => {
      expect((await steps({ credentialRef: 'env:NOBODY', revision: 12 })).at(-1)).toBe('session: provider_error');
      expect(bench.proxy.count('Login')).toBe(0);
    });

    it('stops where the certificate is not trusted, and goes on where it is not looked at', async () => {
      const secure = await startVcsim({ vms: 1, tls: true });
      expect(await steps({ url: secure.url, revision: 13 })).toEqual([
        'dns: ok',
        'tcp: ok',
        'tls: certificate_refused',
      ]);
      const insecure = { mode: 'insecure', value: null } as const;
      expect((await steps({ url: secure.url, tls: insecure, revision: 14 })).at(-1)).toBe('read: ok');
      await secure.stop();
    });
  });
});
