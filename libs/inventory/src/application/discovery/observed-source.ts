// Whose machines are observed, and what an observation came to. Types alone. Never: how a machine is identified;
// `source-of.ts` does that.
import type { Alias, ConnectionId, GroupId, VmId } from '@drover/kernel';
import type { Machine } from '@drover/ports';
import type { VerdictRef } from '../../domain/vm.events.js';
import type { Clearance } from '../identity/alias-registry.js';
import type { KnownVm } from '../machines/vm-directory.projection.js';

/** What a machine is identified by. */
export type Named = Pick<Machine, 'key'> & { readonly aliases?: readonly Alias[] };

/** Whose machines are observed, and under which ids. */
export interface Source {
  readonly connectionId: ConnectionId;
  readonly groupIds: readonly GroupId[];
  identify<M extends Named>(machines: readonly M[]): Promise<readonly { readonly machine: M; readonly vmId: VmId }[]>;
  /** Before a machine is recorded under aliases that it did not have. */
  clear(vmId: VmId, aliases: readonly Alias[], fresh: readonly Alias[]): Promise<Clearance>;
  /** It was recorded all the same: another machine may be this one. */
  contested(vmId: VmId): void;
}

/** What an observation came to. `late`: something newer is known, or the reading is in doubt. */
export type ObservationResult = { readonly vmId: VmId; readonly found: 'added' | 'changed' | 'same' | 'late' };

/** Verdicts that the machines were read after, to be told even when nothing changed. */
export type Confirming = ReadonlyMap<VmId, VerdictRef>;

/** A machine as it was read, and the number that was given last when the answer came. */
export type ReadMachine = Machine & { readonly answered: number };

/** A machine as it was read, and what it is known as. */
export type IdentifiedMachine = { readonly machine: ReadMachine; readonly vmId: VmId; readonly row: KnownVm | null };
