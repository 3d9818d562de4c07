import { expect, it } from '@jest/globals';
import { ConnectionId, ConnectionKind, OperationId, StreamId, VmId, type ConnectionTarget } from '@drover/kernel';
import { localClock } from '@drover/local';
import { memorySecretSource, readCounter, type MachineRef } from '@drover/ports';
import { machineCatalogContract, powerControlContract } from '@drover/ports/testing';
import { proxmox } from '@drover/proxmox';
import { undiciOutboundHttp } from '@drover/undici';
import { startPve } from './pve.ts';

/** A cluster, and an adapter that speaks to it. */
const openBench = async (size: number, token?: string) => {
  const pve = await startPve(size);
  const [clock, reads] = [localClock(), readCounter('spec')];
  const secrets = memorySecretSource({ 'env:PVE': { token: token ?? pve.token } });
  const { catalog, control } = proxmox({ http: undiciOutboundHttp({ clock }), secrets, clock, reads });
  const target: ConnectionTarget = {
    ...{ id: ConnectionId.parse('pve'), kind: ConnectionKind.parse('proxmox'), url: pve.url, credentialRef: 'env:PVE' },
    ...{ tls: { mode: 'system', value: null }, allow: ['127.0.0.1'], revision: 1 },
  };
  const [first, second] = pve.machines.values();
  if (!first || !second) throw new Error('a bench has two machines');
  const machine: MachineRef = { vmId: VmId.create(), target, key: first.uuid };
  const close = async () => {
    await catalog.release(target);
    await pve.close();
  };
  return { pve, catalog, control, target, first, second, machine, close, [Symbol.asyncDispose]: close };
};
const { signal } = new AbortController();
const token = { operationId: OperationId.of('power', StreamId.of('power', 'spec'), 1), attempt: 1, epoch: 1 };

machineCatalogContract('proxmox', async () => {
  const { pve, catalog, target, first, second, close } = await openBench(3);
  return {
    ...{ catalog, target, keys: Array.from(pve.machines.values(), ({ uuid }) => uuid) },
    change: async () => void (first.status = first.status === 'running' ? 'stopped' : 'running'),
    hide: async () => void (second.spoiled = true),
    cut: pve.close,
    close: () => close().catch(() => {}), // it is cut by then
  };
});

powerControlContract('proxmox', async () => {
  const { pve, control, first, machine, close } = await openBench(2);
  return {
    ...{ control, machine, absent: { ...machine, key: VmId.create() }, close },
    reset: async () => {
      await pve.settled(); // a guest that was asked before obeys now, not in the next law
      pve.away.clear();
      Object.assign(first, { status: 'running', paused: false, template: false, agent: true });
    },
    disconnect: async () => void pve.away.add(first.node),
    markAsTemplate: async () => void (first.template = true),
  };
});

it('says that a wrong token is one, and does not repeat it', async () => {
  const wrong = 'drover@pve!control=00000000-0000-4000-8000-000000000000';
  await using bench = await openBench(2, wrong);
  const refused = { code: 'sign_in_failed', detail: 'invalid token value!' };
  await expect(bench.control.read(bench.machine, signal)).rejects.toMatchObject(refused);
  expect((await bench.catalog.test(bench.target, signal)).at(-1)).toMatchObject({ step: 'session', ok: false });
});

it('shows a machine whose node is away as it was known last, and skips one that was never read', async () => {
  await using bench = await openBench(2);
  const { pve, control, catalog, target, first, second, machine } = bench;
  await control.read(machine, signal);
  pve.away.add(first.node).add(second.node);
  for await (const { machines, skipped } of catalog.list(target, signal)) {
    expect(machines).toMatchObject([{ key: first.uuid, power: 'poweredOn', connectionState: 'disconnected' }]);
    expect(skipped).toMatchObject([{ ref: 'qemu/101', why: 'its node pve2 cannot be reached' }]);
  }
});

it('finds a machine that moved to another node, and tells of one that is gone', async () => {
  await using bench = await openBench(2);
  const { pve, catalog, control, target, first, machine } = bench;
  const stop = new AbortController();
  const news = catalog.watch(target, stop.signal)[Symbol.asyncIterator]();
  await news.next(); // all machines
  await news.next(); // that they are all
  first.node = 'pve2';
  expect((await news.next()).value).toMatchObject({ machines: [{ key: first.uuid, hardware: { host: 'pve2' } }] });
  const { task } = await control.send(machine, 'power-off', token, signal);
  expect(task).toMatch(/^UPID:pve2:.*:qmstop:100:/);
  await news.next(); // that it is off
  pve.machines.delete(first.vmid);
  expect((await news.next()).value).toMatchObject({ is: 'removed', keys: [first.uuid] });
  stop.abort();
});
