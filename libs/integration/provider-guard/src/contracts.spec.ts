import { VmId } from '@drover/kernel';
import {
  memoryMachineCatalog,
  memoryPowerControl,
  memoryProviderContact,
  ProviderFault,
  virtualClock,
  type MemoryMachine,
  type UnreadMachine,
} from '@drover/ports';
import { machineCatalogContract, powerControlContract, providerContactContract } from '@drover/ports/testing';
import { guarded } from './guarded.provider-guard.js';
import { lab, machineOf, open } from './testing.js';

const { signal } = new AbortController();

powerControlContract('a guarded provider', async () => {
  const { guard, clock, memory } = open();
  let over = false;
  const go = async () => {
    for (; !over; await new Promise((done) => setImmediate(done))) await clock.advance(20);
  };
  void go();
  const machine = machineOf();
  const make = async (change: Partial<MemoryMachine>) => void Object.assign(memory.machine(machine.vmId), change);
  return {
    ...{ control: guard.control, machine },
    reset: () => make({ power: 'poweredOn', tools: 'toolsOk', connected: true, template: false }),
    disconnect: () => make({ connected: false }),
    markAsTemplate: () => make({ template: true }),
    close: async () => void ((over = true), guard.close()),
  };
});

machineCatalogContract('a guarded provider', async () => {
  const clock = virtualClock();
  const machines = ['a', 'b'].map(() => VmId.create());
  let on = true;
  const sample = (key: string): UnreadMachine => ({
    ...{ key, name: 'web', bootAt: null, observedAt: clock.now(), power: 'poweredOn', tools: 'toolsOk' },
    ...{ connectionState: 'connected', template: false },
    aliases: [{ source: lab.id, kind: 'instance-uuid', value: key }],
    hardware: {
      ...{ cpus: 1, memoryBytes: 1, os: '', toolsVersion: null, path: null, datacenter: null, host: null },
      ...{ addresses: [], disks: [], networks: [], observedAt: clock.now() },
    },
  });
  const catalog = memoryMachineCatalog(() => clock.now(), machines.map(sample));
  const contact = memoryProviderContact(clock);
  const guard = guarded(
    { control: memoryPowerControl(() => clock.now()), catalog, ping: async () => {} },
    { clock, contact, random: () => 1 },
  );
  return {
    catalog: guard.catalog,
    target: lab,
    keys: machines,
    change: async () => catalog.put({ ...sample(machines[0] ?? ''), power: (on = !on) ? 'poweredOn' : 'poweredOff' }),
    hide: async () => {
      const key = machines[1] ?? '';
      catalog.hide({ ref: key, key, name: 'web', why: 'its power cannot be read' });
    },
    cut: async () => catalog.fail(new ProviderFault('provider_unreachable', 'nobody answers')),
    close: async () => guard.close(),
  };
});

providerContactContract('a guarded provider', async () => {
  const { contact, guard, clock, now } = open();
  const read = () => guard.control.read(machineOf(), signal).catch(() => null);
  return {
    contact,
    id: lab.id,
    silence: async (ms) => {
      now('lab', 'hanging');
      void read();
      await clock.advance(ms);
    },
    answer: async () => void (await guard.catalog.test(lab, signal)),
    close: async () => guard.close(),
  };
});
