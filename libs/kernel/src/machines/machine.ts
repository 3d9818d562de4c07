// The words for what a machine is and does, whoever its provider is. Never: `unknown` taken for off or for absent.
import * as z from 'zod';
import { Instant } from '../time/clock.js';

/** Whether a machine runs, as read from its provider. `unknown`: nobody could read it. */
export const PowerState = z.enum(['poweredOn', 'poweredOff', 'suspended', 'unknown']);
/** One of the states of power. */
export type PowerState = z.output<typeof PowerState>;

/** Whether the guest can be asked to do something. `unknown` is never taken for absent. */
export const Tools = z.enum(['toolsOk', 'toolsOld', 'toolsNotRunning', 'toolsNotInstalled', 'unknown']);
/** One of the states of the guest tools. */
export type Tools = z.output<typeof Tools>;

/** How hard to try: ask the guest; ask and then pull the plug; pull the plug. */
export const Mode = z.enum(['soft', 'trySoft', 'hard']);
/** One of the ways to try. */
export type Mode = z.output<typeof Mode>;

/** One virtual disk. */
export const Disk = z.object({
  id: z.string(),
  label: z.string(),
  capacityBytes: z.int(),
  path: z.string().nullable(),
});

/** One network card. */
export const Nic = z.object({ label: z.string(), network: z.string().nullable(), macAddress: z.string().nullable() });

/** What a machine is made of, as its provider says; sizes in bytes. */
export const Hardware = z.object({
  cpus: z.int(),
  memoryBytes: z.int(),
  os: z.string(),
  toolsVersion: z.string().nullable(),
  path: z.string().nullable(),
  datacenter: z.string().nullable(),
  host: z.string().nullable(),
  addresses: z.array(z.string()).readonly(),
  disks: z.array(Disk).readonly(),
  networks: z.array(Nic).readonly(),
  observedAt: Instant.schema,
});
/** The hardware of one machine. */
export type Hardware = z.output<typeof Hardware>;

/** What was read of a machine's power, and when. */
export type Seen = { readonly power: PowerState; readonly tools: Tools; readonly observedAt: Instant };
