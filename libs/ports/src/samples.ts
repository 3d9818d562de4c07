// What the memory adapters are tried on in specs. Never: imported by what runs in production.
import {
  ConnectionId,
  ConnectionKind,
  GuestTools,
  identityAliases,
  systemNow,
  VmId,
  type ConnectionTarget,
} from '@drover/kernel';
import type { UnreadMachine } from './machine-catalog/machine-catalog.memory.js';

/** A connection. */
export const sampleTarget: ConnectionTarget = {
  id: ConnectionId.parse('memory'),
  kind: ConnectionKind.parse('vsphere'),
  url: 'https://vcenter-01.example.test/sdk',
  credentialRef: null,
  tls: { mode: 'system', value: null },
  allow: [],
  revision: 1,
};

/** A machine of that connection, on, with its tools running. */
export const sampleMachine = (name: string): UnreadMachine => {
  const [key, observedAt] = [VmId.create(), systemNow()];
  return {
    key,
    name,
    aliases: identityAliases(sampleTarget.id, { key }),
    hardware: {
      cpus: 1,
      memoryBytes: 1024,
      os: 'Debian',
      toolsVersion: null,
      path: null,
      datacenter: null,
      host: null,
      addresses: [],
      disks: [],
      networks: [],
      observedAt,
    },
    power: 'poweredOn',
    tools: GuestTools.running,
    bootAt: null,
    connectionState: 'connected',
    template: false,
    observedAt,
  };
};
