import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import * as z from 'zod';
import { detailsOf } from './blueprint.simulator.js';
import { simulatedConnections } from './connections.simulator.js';
import { machinesOf } from './fleet.simulator.js';

const golden = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../contracts/golden/${name}`, import.meta.url), 'utf8'));

const Context = z.object({
  vm_name: z.string(),
  vmware_vm_id: z.string(),
  vm_path: z.string(),
  vcenter_host: z.string(),
  datacenter: z.string(),
  cpu_count: z.int(),
  memory_mb: z.int(),
  os_type: z.string(),
  power_state: z.string(),
  vm_tools_version: z.string(),
});
const SampleDisk = z.object({
  disk_id: z.string(),
  vmdk_path: z.string(),
  label: z.string(),
  capacity_bytes: z.int(),
  network_config: z.string(),
});
const SampleNic = z.object({ mac_address: z.string(), label: z.string(), network_name: z.string() });

const calledBy = (uuid: string) =>
  Array.from(machinesOf(200, 'any'), (plan) => ({ ...plan, ...detailsOf(plan) })).find(({ aliases }) =>
    aliases.some(({ kind, value }) => kind === 'bios-uuid' && value === uuid),
  );

it('A1: has the sample machine of the vm-contexts, as the sample shows it', () => {
  const { context, disks } = z
    .object({ context: Context, disks: z.array(SampleDisk) })
    .parse(golden('vm-context.detail.json'));
  const machine = calledBy(context.vmware_vm_id);
  const { url } = simulatedConnections(1).find(({ id }) => id === machine?.connectionId) ?? {};
  expect(url).toBe(`https://${context.vcenter_host}/sdk`);
  expect(machine).toMatchObject({
    name: context.vm_name,
    power: context.power_state,
    hardware: {
      cpus: context.cpu_count,
      memoryBytes: context.memory_mb * 2 ** 20,
      os: context.os_type,
      path: context.vm_path,
      datacenter: context.datacenter,
      toolsVersion: context.vm_tools_version,
    },
  });
  const nics = disks.flatMap((disk) => z.array(SampleNic).parse(JSON.parse(disk.network_config)));
  expect(machine?.hardware.disks).toEqual(
    disks.map(({ disk_id, label, capacity_bytes, vmdk_path }) => ({
      id: disk_id,
      label,
      capacityBytes: capacity_bytes,
      path: vmdk_path,
    })),
  );
  expect(machine?.hardware.networks).toEqual(
    nics.map(({ label, network_name, mac_address }) => ({ label, network: network_name, macAddress: mac_address })),
  );
});

it.each(['power-state.response.json', 'power-state.response.first.json'])('A1: has the machine of %s', (sample) => {
  const { vm_id, power_state, tools_status } = z
    .object({ vm_id: z.string(), power_state: z.string(), tools_status: z.string() })
    .parse(golden(sample));
  expect(calledBy(vm_id)).toMatchObject({ connectionId: 'site-a', power: power_state, tools: tools_status });
});
