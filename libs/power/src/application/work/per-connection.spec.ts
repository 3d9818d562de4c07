import { expect, it } from '@jest/globals';
import { eventType } from '@drover/contracts';
import { ConnectionId, ConnectionKind, isRejection, VmId, type Policy } from '@drover/kernel';
import { ana, machineRoom, START } from '../../testing.js';
import { perConnection } from './per-connection.js';

const OTHER = ConnectionId.parse('site-b');

/** A room with another connection beside that of all machines, and one machine of it. */
const twoSites = () => {
  const room = machineRoom();
  room.tell(eventType('inventory', 'connection-added'), OTHER, {
    ...{
      name: 'Site B',
      kind: ConnectionKind.parse('simulator'),
      url: 'https://vcenter-02.example.test/sdk',
      region: null,
    },
    credentialRef: null,
    ...{ tls: { mode: 'system', value: null }, allow: [], groupIds: [], revision: 1 },
  });
  const key = VmId.create();
  const vmId = VmId.ofInstance(OTHER, key);
  const hardware = {
    ...{ cpus: 1, memoryBytes: 1, os: '', toolsVersion: null, path: null, datacenter: null, host: null },
    ...{ addresses: [], disks: [], networks: [], observedAt: START },
  };
  room.tell(eventType('inventory', 'vm-discovered'), vmId, {
    ...{ connectionId: OTHER, name: 'db-01', groupIds: [], hardware },
    aliases: [{ source: OTHER, kind: 'instance-uuid', value: key }],
  });
  return { ...room, vmId };
};

it('T-PRV-1: 300 operations at a provider that is silent hold up none of another', async () => {
  const { clock, machine, powerControl, boot, vmId } = twoSites();
  const silent = Array.from({ length: 300 }, (_, n) => machine(`web-${n}`));
  const { read } = powerControl;
  powerControl.read = async (ref, signal) => (ref.target.id === OTHER ? read(ref, signal) : new Promise(() => {})); // nobody answers, and nobody has noticed yet
  const { power, failures } = await boot();
  const off = async (id: VmId) => {
    const asked = await power.powerOff({ vmId: id, mode: 'hard', timeoutSeconds: 60 }, ana);
    if (isRejection(asked)) throw new Error(asked.because);
    return asked.operation.id;
  };
  const held = await Promise.all(silent.map(off));
  await clock.advance(100);
  const id = await off(vmId);
  await clock.advance(100);
  expect(await power.getOperation({ id }, ana)).toMatchObject({ state: 'succeeded' });

  await clock.advance(90_000); // those that had to wait for the others end, too
  const ends = await Promise.all(held.map((each) => power.getOperation({ id: each }, ana)));
  expect(new Set(ends.map((end) => 'state' in end && end.state))).toEqual(new Set(['unknown']));
  expect(failures).toEqual([]);
});

it('works on so many of each connection, and on those that wait in their order, without a place of their own', async () => {
  const [a, b, c, d, other] = Array.from({ length: 5 }, () => VmId.create()) as [VmId, VmId, VmId, VmId, VmId];
  const begun: string[] = [];
  const end = new Map<string, (failed?: Error) => void>();
  const inner: Policy = {
    name: 'power',
    unfinished: async () => [],
    advance: (key) =>
      new Promise<void>((done, fail) => {
        begun.push(key);
        end.set(key, (failed) => (failed ? fail(failed) : done()));
      }),
  };
  const nudged: string[] = [];
  const directory = {
    entry: async (vmId: VmId) => ({ connection: { target: { id: ConnectionId.parse(vmId === other ? 'b' : 'a') } } }),
  };
  const policy = perConnection(inner, { directory, jobs: { nudge: (_job, key) => void nudged.push(key) } }, 2);
  const { signal } = new AbortController();
  const [first, second] = [a, b].map((key) => policy.advance(key, signal));
  await Promise.all([c, d, c].map((key) => policy.advance(key, signal)));
  const elsewhere = policy.advance(other, signal);
  await new Promise((done) => setImmediate(done));
  expect([begun, nudged]).toEqual([[a, b, other], []]);
  end.get(a)?.();
  await first;
  expect(nudged).toEqual([c]);
  end.get(b)?.(new Error('the house failed'));
  await expect(second).rejects.toThrow('the house failed');
  expect(nudged).toEqual([c, d]);
  end.get(other)?.();
  await elsewhere;
  const last = policy.advance(c, signal);
  await new Promise((done) => setImmediate(done));
  expect(begun).toEqual([a, b, other, c]);
  end.get(c)?.();
  await last;
  expect(nudged).toEqual([c, d]);
});
