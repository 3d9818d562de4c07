import { expect, it } from '@jest/globals';
import { ConnectionId, systemNow, VmId } from '@drover/kernel';
import { ProviderFault } from '../provider-fault.js';
import { machineCatalogContract } from './machine-catalog.contract.js';
import { memoryMachineCatalog } from './machine-catalog.memory.js';
import type { Machine } from './machine-catalog.js';

const id = ConnectionId.parse('memory');
const tls = { mode: 'system' as const, value: null };
const target = { id, kind: 'simulator' as const, url: null, credentialRef: null, tls, allow: [], revision: 1 };
const machine = (name: string): Machine => {
  const instanceUuid = VmId.create();
  const observedAt = systemNow();
  return {
    instanceUuid,
    name,
    aliases: [{ source: id, kind: 'instance-uuid', value: instanceUuid }],
    hardware: {
      ...{ cpus: 1, memoryBytes: 1024, os: 'Debian', toolsVersion: null, path: null, datacenter: null, host: null },
      ...{ addresses: [], disks: [], networks: [], observedAt },
    },
    ...{ power: 'poweredOn', tools: 'toolsOk', bootAt: null, observedAt },
  };
};

machineCatalogContract('memory', async () => {
  const machines = [machine('a'), machine('b')] as const;
  const catalog = memoryMachineCatalog(systemNow, machines);
  return {
    catalog,
    target,
    instanceUuids: machines.map(({ instanceUuid }) => instanceUuid),
    change: async () => catalog.put({ ...machines[0], power: 'poweredOff' }),
    cut: async () => catalog.fail(new ProviderFault('provider_unreachable', 'nobody answers')),
  };
});

it('breaks a watch with the fault', async () => {
  const catalog = memoryMachineCatalog(systemNow);
  const news = catalog.watch(target, new AbortController().signal)[Symbol.asyncIterator]();
  await news.next();
  await news.next();
  catalog.fail(new ProviderFault('provider_unreachable', 'gone'));
  await expect(news.next()).rejects.toMatchObject({ code: 'provider_unreachable' });
});

it('says in a test that the sign-in is refused, and at which step', async () => {
  const catalog = memoryMachineCatalog(systemNow);
  catalog.fail(new ProviderFault('sign_in_failed', 'wrong password'));
  expect(await catalog.test(target, new AbortController().signal)).toEqual([
    { step: 'session', ok: false, code: 'sign_in_failed', detail: 'wrong password', durationMs: 0 },
  ]);
});
