// What every service keeps of a machine. Each state of its life has only the members that belong to it. Never: what power
// verified, which is another log and is folded beside it.
import type { Alias, ConnectionId, GroupId, Hardware, Instant, VmId } from '@drover/kernel';
import type { DataOf } from '../catalogue.js';
import type { VmObservation } from './vm-observation.js';

type RetireCause = DataOf<'io.drover.inventory.vm-retired.v1'>['cause'];

/**
 * Where a machine is in its life. `unreachedSince`: since when its provider shows it and does not reach it; null while it
 * reaches it. `into`: the machine that a merged one turned out to be; null where nobody told.
 */
export type VmLife =
  | { readonly is: 'expected'; readonly since: Instant }
  | { readonly is: 'active'; readonly since: Instant; readonly unreachedSince: Instant | null }
  | {
      readonly is: 'missing';
      readonly since: Instant;
      readonly activeSince: Instant;
      readonly unreachedSince: Instant | null;
    }
  | { readonly is: 'retired'; readonly since: Instant; readonly cause: Exclude<RetireCause, 'merged'> }
  | { readonly is: 'retired'; readonly since: Instant; readonly cause: 'merged'; readonly into: VmId | null };

/** What people said of a machine; null where they said nothing. */
export type VmWords = {
  readonly displayName: string | null;
  readonly description: string | null;
  readonly labels: Readonly<Record<string, string>>;
};

type ShownLife = Extract<VmLife, { readonly is: 'active' | 'missing' }>;

/** What a provider has shown of a machine. */
type Shown = {
  /** When it showed it last, for people. */
  readonly contactAt: Instant;
  /** Its last reading of power; null when nobody told of one. */
  readonly observed: VmObservation | null;
  /** Where it keeps it; null while that could never be read. */
  readonly place: Pick<Hardware, 'datacenter' | 'path'> | null;
};

/** No provider has ever shown it. */
type Unshown = { readonly contactAt: null; readonly observed: null; readonly place: null };

/** What inventory's public events tell of every machine. */
type Profile = {
  readonly vmId: VmId;
  /** The number of the last event in it. */
  readonly sequence: number;
  readonly name: string;
  readonly connectionId: ConnectionId | null;
  readonly aliases: readonly Alias[];
  readonly groupIds: readonly GroupId[];
  readonly template: boolean;
  readonly said: VmWords;
};

/** A machine that its provider shows, or has shown until its last listing. */
export type ShownVm = Profile & Shown & { readonly life: ShownLife };

/** A machine as inventory's public events tell of it: what every service keeps of it, by one fold. */
export type VmRecord = ShownVm | (Profile & (Shown | Unshown) & { readonly life: Exclude<VmLife, ShownLife> });

/** Whether its provider shows a machine, or has shown it until its last listing. */
export const isShown = (vm: VmRecord): vm is ShownVm => vm.life.is === 'active' || vm.life.is === 'missing';

/** What its connection knows a machine by; null when that is not known. */
export const instanceUuidOf = ({ aliases, connectionId }: Pick<VmRecord, 'aliases' | 'connectionId'>) =>
  aliases.find(({ kind, source }) => kind === 'instance-uuid' && source === connectionId)?.value ?? null;

/** The machine that a merged one turned out to be; null of any other, and where nobody told. */
export const mergedInto = ({ life }: Pick<VmRecord, 'life'>): VmId | null =>
  life.is === 'retired' && life.cause === 'merged' ? life.into : null;
