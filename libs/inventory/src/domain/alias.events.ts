// What is stored of an alias, in a stream of its own. Never: the alias itself in an event; the id of the stream is made from
// it.
import type { VmId } from '@drover/kernel';

/** What has happened to one alias: which machine it is for. Nobody else is told; a claim ends with its release. */
export type AliasFact =
  | { type: 'AliasClaimed'; vmId: VmId }
  /** By the machine that claimed it; or by whoever takes over a void claim, whose own claim follows in the same commit. */
  | { type: 'AliasReleased'; vmId: VmId };
