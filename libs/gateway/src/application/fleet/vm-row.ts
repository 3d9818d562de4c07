// A machine as the view keeps it: what two logs told, each by itself. Never: what is shown; that is made when it is read.
import type { VmRecord } from '@drover/contracts';
import type { GroupId, Hardware, Instant, OperationId, VmId } from '@drover/kernel';
import type { Verified } from './power-sources.js';

/** What power told of a machine: its last verdict, the operation that is open, and the number of the last event. */
export type VmPowerRecord = {
  readonly verified: Verified | null;
  readonly operation: OperationId | null;
  readonly p: number;
};

/** A machine that inventory told of. `toldSince`: when it did first. `simulated`: whether its connection is a simulator. */
export type KnownVmRow = { readonly known: true } & VmRecord &
  VmPowerRecord & { readonly hardware: Hardware | null; readonly simulated: boolean; readonly toldSince: Instant };

/** A machine that power told of, and inventory not yet: named by its id, in no group, and shown to nobody. */
export type UnknownVmRow = {
  readonly known: false;
  readonly vmId: VmId;
  readonly name: string;
  readonly groupIds: readonly GroupId[];
  readonly heardAt: Instant;
} & VmPowerRecord;

/** A machine as the view keeps it: what two logs told of it. What is shown is made from both when it is read. */
export type VmRow = KnownVmRow | UnknownVmRow;

/** The lifecycles of whoever is, or is to be. */
export const LIVING = ['expected', 'initializing', 'active'] as const;

/** A machine of which nothing is known but that there is one. */
export const unknownVmRow = (vmId: VmId, heardAt: Instant): UnknownVmRow => ({
  ...{ known: false, vmId, name: vmId, groupIds: [], heardAt },
  ...{ verified: null, operation: null, p: 0 },
});

/** Whether a machine left the fleet. */
export const isRetired = (row: VmRow) => row.known && row.life.is === 'retired';
