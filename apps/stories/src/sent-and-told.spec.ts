// Power behind the guard, on a clock of its own: what a provider was sent is what operations say.
import { expect, it } from '@jest/globals';
import { eventType, toCloudEvent, type CloudEvent } from '@drover/contracts';
import { ConnectionId, FactId, Instant, isRejection, StreamId, VmId, type Actor } from '@drover/kernel';
import { guarded } from '@drover/provider-guard';
import {
  processLease,
  soleLeases,
  flowsOf,
  memoryEventBus,
  memoryEventStore,
  memoryJobQueue,
  memoryMachineCatalog,
  memoryPowerControl,
  memoryProviderContact,
  memoryViewStore,
  memoryWorkStore,
  ProviderFault,
  sleep,
  virtualClock,
  type PowerControl,
} from '@drover/ports';
import { powerUseCases } from '@drover/power';

const SITE = ConnectionId.parse('site-a');
const ana: Actor = { sub: 'ana', rights: ['vm:read', 'vm:operate', 'vm:force'], requestId: 'r1' };

/** So many machines at a provider that takes its time for each reset; `before` it is posted, and `after`. */
const open = async (many: number, { before, after }: { readonly before: number; readonly after: number }) => {
  const clock = virtualClock();
  const memory = memoryPowerControl(() => clock.now());
  const posted: VmId[] = [];
  const control: PowerControl = {
    read: memory.read,
    send: async (machine, call, token, signal) => {
      const wait = (ms: number, sent: ProviderFault['sent']) =>
        sleep(clock, ms, signal).catch(() => {
          throw new ProviderFault('provider_unreachable', 'called off', sent);
        });
      await wait(before, 'no');
      posted.push(machine.vmId);
      const done = await memory.send(machine, call, token, signal);
      await wait(after, 'maybe');
      return done;
    },
  };
  const contact = memoryProviderContact(clock);
  const catalog = memoryMachineCatalog(() => clock.now());
  const guard = guarded({ control, catalog, ping: async () => {} }, { clock, contact, random: () => 0.5 });

  const uuids = Array.from({ length: many }, () => VmId.create());
  const vms = uuids.map((uuid) => VmId.ofInstance(SITE, uuid));
  const at = clock.now();
  const events: CloudEvent[] = [];
  const origin = (stream: StreamId) =>
    ({ service: 'inventory', stream, id: FactId.createAt(at), sequence: events.length + 1, at, actor: 'x' }) as const;
  const site = {
    ...{ name: 'A', kind: 'simulator', url: 'https://a.example.test/sdk', region: null, credentialRef: null },
    ...{ tls: { mode: 'system', value: null }, allow: [], groupIds: [], revision: 1 },
  } as const;
  const hardware = {
    ...{ cpus: 1, memoryBytes: 1, os: '', toolsVersion: null, path: null, datacenter: null, host: null },
    ...{ addresses: [], disks: [], networks: [], observedAt: at },
  };
  events.push(
    toCloudEvent(
      {
        type: eventType('inventory', 'connection-added'),
        subject: `connection/${SITE}`,
        partitionkey: SITE,
        data: site,
      },
      origin(StreamId.of('connection', SITE)),
    ),
  );
  for (const [n, vmId] of vms.entries()) {
    memory.machine(vmId).bootAt = Instant.plusSeconds(at, -3600);
    const aliases = [{ source: SITE, kind: 'instance-uuid', value: uuids[n] ?? '' }] as const;
    const data = { connectionId: SITE, aliases, name: `web-${n}`, groupIds: [], hardware };
    events.push(
      toCloudEvent(
        { type: eventType('inventory', 'vm-discovered'), subject: `vm/${vmId}`, partitionkey: vmId, data },
        origin(StreamId.of('vm', vmId)),
      ),
    );
  }

  // A disk takes its time, so the looks of all are over before the first call is posted.
  const store = memoryEventStore();
  const append: typeof store.append = async (...of) => {
    await sleep(clock, 50);
    return store.append(...of);
  };
  const failures: unknown[] = [];
  const report = (_: string, error: unknown) => void failures.push(error);
  const bus = memoryEventBus(clock, report);
  const jobs = memoryJobQueue(clock, (job, _key, error) => report(job, error));
  const flows = flowsOf({ bus, jobs, clock, report });
  const alive = processLease('one', { leases: soleLeases('one'), clock, report });
  await alive.start();
  const power = await powerUseCases({
    ...{ eventStore: { ...store, append }, views: memoryViewStore(clock), work: memoryWorkStore(), jobs, clock },
    ...{ powerControl: guard.control, contact, process: alive, report, stopping: new AbortController().signal },
  });
  bus.offer({
    service: 'inventory',
    after: async (position) => ({ entries: events.slice(position), upTo: events.length }),
    end: async () => events.length,
    subscribe: () => () => {},
  });
  flows.add(power.flow);
  await flows.start();
  const close = async () => {
    guard.close();
    alive.stop();
    await flows.stop();
    expect(failures).toEqual([]);
  };
  return { clock, power, vms, posted, close };
};

it.each([
  ['a provider that resets slowly', 60, { before: 0, after: 2_000 }],
  ['a provider that is slow before the call', 40, { before: 4_000, after: 100 }],
  ['a provider that never gets to the call', 5, { before: 20_000, after: 0 }],
])('a restart that was not sent is never told as one that may have been done: %s', async (_, many, takes) => {
  const { clock, power, vms, posted, close } = await open(many, takes);
  const asking = vms.map(async (vmId) => {
    const asked = await power.restart({ vmId, mode: 'hard', timeoutSeconds: 120 }, ana);
    if (isRejection(asked)) throw new Error(asked.because);
    return [vmId, asked.operation.id] as const;
  });
  await clock.advance(200_000);
  const ids = await Promise.all(asking);
  const told = await Promise.all(
    ids.map(async ([vmId, id]) => {
      const operation = await power.getOperation({ id }, ana);
      return [vmId, isRejection(operation) ? operation.because : operation.state] as const;
    }),
  );
  const sent = (vmId: VmId) => posted.filter((each) => each === vmId).length;
  expect(told.map(([vmId, state]) => [state, sent(vmId)])).toEqual(
    vms.map(() => (takes.before < 15_000 ? ['succeeded', 1] : ['expired', 0])),
  );
  await close();
});
