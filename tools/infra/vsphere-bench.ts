// The vSphere adapter as it runs in the house, on a vcsim of its own, with the fault proxy in between.
import { ConnectionId, ConnectionKind, systemNow, VmId, type ConnectionTarget } from '@drover/kernel';
import { memorySecretSource, readCounter, type CatalogNews, type Clock, type MachineRef } from '@drover/ports';
import { undiciOutboundHttp } from '@drover/undici';
import { vsphere } from '@drover/vsphere';
import { startSoapProxy } from '../faultbench/soap-proxy.ts';
import { startVcsim } from './vcsim.ts';

/** This process's own clock. It keeps no process alive. */
export const benchClock: Clock = {
  now: systemNow,
  monotonic: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** Opens everything; `close` ends everything. */
export const vsphereBench = async (vms = 2) => {
  const vcsim = await startVcsim({ vms });
  const proxy = await startSoapProxy(vcsim.url);
  const secrets = {
    'env:LAB': { username: vcsim.user, password: vcsim.password },
    'env:WRONG': { username: vcsim.user, password: 'no' },
  };
  const [clock, reads] = [benchClock, readCounter('bench')];
  const adapter = vsphere({ http: undiciOutboundHttp({ clock }), secrets: memorySecretSource(secrets), clock, reads });
  const target: ConnectionTarget = {
    ...{
      id: ConnectionId.parse('lab'),
      kind: ConnectionKind.parse('vsphere'),
      url: proxy.url,
      credentialRef: 'env:LAB',
    },
    ...{ tls: { mode: 'system', value: null }, allow: ['127.0.0.1'], revision: 1 },
  };
  const path = (name: string) => `/DC0/vm/${name}`;
  const property = async (name: string, what: string) =>
    (await vcsim.govc('object.collect', '-s', path(name), what)).trim();
  /** Makes a template of a machine that is off, or a machine of a template. */
  const template = async (name: string, is: boolean) => {
    if (is) return void (await vcsim.govc('vm.markastemplate', path(name)));
    const pool = '/DC0/host/DC0_C0/Resources';
    await vcsim.govc('vm.markasvm', '-pool', pool, path(name));
  };
  return {
    ...{ vcsim, proxy, target, ...adapter },
    property,
    /** What the provider calls a machine: `vm-57`. */
    reference: async (name: string) =>
      (await vcsim.govc('ls', '-i', path(name)))
        .trim()
        .replace(/^VirtualMachine:/, '')
        .split(' ')[0] ?? '',
    /** From now on every reading says something else of one object. */
    spoilMachine: (id: string, answer: (object: string) => string) => {
      const change = (xml: string) =>
        xml.replace(/<objects>.*?<\/objects>/gs, (object) =>
          object.includes(`>${id}</obj>`) ? answer(object) : object,
        );
      for (const method of ['RetrievePropertiesEx', 'ContinueRetrievePropertiesEx'])
        proxy.spoil({ method, do: 'rewrite', answer: change });
    },
    /** A machine by its name, over the given target. */
    machine: async (name: string, over = target): Promise<MachineRef> => {
      const key = await property(name, 'config.instanceUuid');
      return { vmId: VmId.ofInstance(over.id, key), target: over, key };
    },
    /** Sets a property of a guest as its tools would: `toolsStatus=toolsOk`. */
    guest: (name: string, ...settings: readonly string[]) =>
      vcsim.govc('vm.change', '-vm', path(name), ...settings.flatMap((setting) => ['-e', `SET.guest.${setting}`])),
    power: (name: string, how: 'on' | 'off') => vcsim.govc('vm.power', `-${how}`, path(name)),
    /** What the provider says of its way to a machine: `connected`, `disconnected`, … */
    connection: async (name: string, state: string) =>
      void (await vcsim.govc('vm.change', '-vm', path(name), '-e', `SET.runtime.connectionState=${state}`)),
    template,
    /** On, with its tools running, reached by its provider. */
    ready: async (name: string) => {
      if ((await property(name, 'config.template')) === 'true') await template(name, false);
      if ((await property(name, 'runtime.powerState')) !== 'poweredOn') await vcsim.govc('vm.power', '-on', path(name));
      const settings = [
        ...['SET.guest.toolsStatus=toolsOk', 'SET.guest.toolsRunningStatus=guestToolsRunning'],
        'SET.runtime.connectionState=connected',
      ];
      await vcsim.govc('vm.change', '-vm', path(name), ...settings.flatMap((setting) => ['-e', setting]));
    },
    close: async () => {
      await adapter.close();
      await proxy.close();
      await vcsim.stop();
    },
  };
};
export type VsphereBench = Awaited<ReturnType<typeof vsphereBench>>;

/** Takes a property from an object of an answer. */
export const without = (path: string) => (object: string) =>
  object.replace(new RegExp(`<propSet><name>${path.replaceAll('.', '\\.')}</name>.*?</propSet>`, 'gs'), '');

/** Puts another value in place of a property's. */
export const saying = (path: string, value: string) => (object: string) =>
  object.replace(new RegExp(`(<name>${path.replaceAll('.', '\\.')}</name><val[^>]*>)[^<]*`, 'gs'), `$1${value}`);

/** Says that a property may not be read. */
export const forbidding = (path: string) => (object: string) =>
  without(path)(object).replace(
    '</objects>',
    `<missingSet><path>${path}</path><fault><fault xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="NoPermission"/>` +
      '<localizedMessage>no</localizedMessage></fault></missingSet></objects>',
  );

/** A watch of a bench after its first listing, and what it tells next. */
export const watchingOn = async ({ catalog, target }: VsphereBench, signal: AbortSignal) => {
  const news = catalog.watch(target, signal)[Symbol.asyncIterator]();
  const next = async <Is extends CatalogNews['is']>(is: Is) => {
    for (;;) {
      const result = (await news.next()) as IteratorResult<CatalogNews, void>;
      if (result.done) throw new Error('the watch ended');
      if (result.value.is === is) return result.value as Extract<CatalogNews, { is: Is }>;
    }
  };
  await next('complete');
  return {
    news,
    batch: () => next('machines'),
    machines: async () => (await next('machines')).machines,
    removed: async () => (await next('removed')).keys,
  };
};
