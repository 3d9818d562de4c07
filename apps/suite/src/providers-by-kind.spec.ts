import { expect, it } from '@jest/globals';
import { ConnectionKind, Instant, systemNow, VmId } from '@drover/kernel';
import {
  memoryMachineCatalog,
  memoryPowerControl,
  ProviderFault,
  type MemoryMachine,
  type Provider,
} from '@drover/ports';
import {
  machineCatalogContract,
  powerControlContract,
  sampleMachine,
  sampleTarget as target,
} from '@drover/ports/testing';
import { providersByKind } from './providers-by-kind.js';

/** A provider whose every call fails the test that makes it. */
const nobodys: Provider = new Proxy({} as Provider, {
  get: () => {
    throw new Error('the provider of another kind was asked');
  },
});
const among = (provider: Provider) =>
  providersByKind(
    new Map([
      [ConnectionKind.parse('other'), nobodys],
      [target.kind, provider],
    ]),
  );
const ping = async () => {};

powerControlContract('by kind', async () => {
  let moment = systemNow();
  const memory = memoryPowerControl(() => (moment = Instant.plusSeconds(moment, 1)));
  const machine = { vmId: VmId.create(), key: VmId.create(), target };
  const make = async (state: Partial<MemoryMachine>) => void Object.assign(memory.machine(machine.vmId), state);
  const { control } = among({ control: memory, catalog: memoryMachineCatalog(systemNow), ping });
  return {
    ...{ control, machine },
    reset: () => make({ power: 'poweredOn', tools: 'toolsOk', connected: true, template: false }),
    disconnect: () => make({ connected: false }),
    markAsTemplate: () => make({ template: true }),
  };
});

machineCatalogContract('by kind', async () => {
  const machines = [sampleMachine('a'), sampleMachine('b')] as const;
  let on = true;
  const memory = memoryMachineCatalog(systemNow, machines);
  const { catalog } = among({ control: memoryPowerControl(systemNow), catalog: memory, ping });
  return {
    ...{ catalog, target, keys: machines.map(({ key }) => key) },
    change: async () => memory.put({ ...machines[0], power: (on = !on) ? 'poweredOn' : 'poweredOff' }),
    hide: async () => {
      const { key, name } = machines[1];
      memory.hide({ ref: key, key, name, why: 'its power cannot be read' });
    },
    cut: async () => memory.fail(new ProviderFault('provider_unreachable', 'nobody answers')),
  };
});

it('a kind that nobody speaks fails as a provider does, and asks no other', async () => {
  const { control, catalog, ping } = providersByKind(new Map([[ConnectionKind.parse('other'), nobodys]]));
  const { signal } = new AbortController();
  const fault = { code: 'provider_error', message: expect.stringContaining(`of kind ${target.kind}`) };
  await expect(ping(target, signal)).rejects.toMatchObject(fault);
  await expect(catalog.test(target, signal)).rejects.toMatchObject(fault);
  await expect(control.read({ vmId: VmId.create(), key: 'a', target }, signal)).rejects.toMatchObject(fault);
});
