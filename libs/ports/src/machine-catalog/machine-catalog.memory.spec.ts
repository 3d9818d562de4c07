import { expect, it } from '@jest/globals';
import { systemNow } from '@drover/kernel';
import { ProviderFault } from '../provider-fault.js';
import { sampleMachine, sampleTarget } from '../samples.js';
import { machineCatalogContract } from './machine-catalog.contract.js';
import { memoryMachineCatalog } from './machine-catalog.memory.js';

machineCatalogContract('memory', async () => {
  const machines = [sampleMachine('a'), sampleMachine('b')] as const;
  let on = true;
  const catalog = memoryMachineCatalog(systemNow, machines);
  return {
    catalog,
    target: sampleTarget,
    keys: machines.map(({ key }) => key),
    change: async () => catalog.put({ ...machines[0], power: (on = !on) ? 'poweredOn' : 'poweredOff' }),
    hide: async () => {
      const { key, name } = machines[1];
      catalog.hide({ ref: key, key, name, why: 'its power cannot be read' });
    },
    cut: async () => catalog.fail(new ProviderFault('provider_unreachable', 'nobody answers')),
  };
});

it('breaks a watch with the fault', async () => {
  const catalog = memoryMachineCatalog(systemNow);
  const news = catalog.watch(sampleTarget, new AbortController().signal)[Symbol.asyncIterator]();
  await news.next();
  await news.next();
  catalog.fail(new ProviderFault('provider_unreachable', 'gone'));
  await expect(news.next()).rejects.toMatchObject({ code: 'provider_unreachable' });
});

it('says in a test that the sign-in is refused, and at which step', async () => {
  const catalog = memoryMachineCatalog(systemNow);
  catalog.fail(new ProviderFault('sign_in_failed', 'wrong password'));
  expect(await catalog.test(sampleTarget, new AbortController().signal)).toEqual([
    { step: 'session', ok: false, code: 'sign_in_failed', detail: 'wrong password', durationMs: 0 },
  ]);
});
