// What the owner of a machine answers to its door, before reads show the change. Never: sent to a client as it is.
import type { VmId } from '@drover/kernel';
import type { CloudEvent } from '../cloud-event.js';

/** How the owner of a change answers with the machine: in its own words, before any view has it. */
export interface VmChange {
  readonly vmId: VmId;
  /** How far the owner's stream of the machine has got. */
  readonly sequence: number;
  /** Of a dry run what would be told of it; else none, for the view has them. */
  readonly events: readonly CloudEvent[];
  /** Whether it was asked for before, under the same key. */
  readonly replayed: boolean;
}
