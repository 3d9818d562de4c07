// What is stored of a machine, for good: these shapes are read again from the first event on. Never: rename, remove or reuse
// a member, or require one that earlier events lack.
import type {
  Alias,
  ConnectionId,
  GroupId,
  Hardware,
  Instant,
  PowerState,
  RecordedOrder,
  StreamId,
  Tools,
  VmId,
} from '@drover/kernel';

/** Why a machine left the fleet. */
export type RetireCause = 'gone' | 'by_hand' | 'terminated' | 'merged';

/** Power as its provider reads it. `bootAt`: when the machine was switched on, if anyone knows. */
type ReachedPower = {
  readonly power: PowerState;
  readonly tools: Tools;
  readonly bootAt: Instant | null;
  readonly connectionState?: never;
};

/** Power of a machine that its provider does not reach. `connectionState`: how, in the provider's own word. */
type UnreachedPower = {
  readonly power: 'unknown';
  readonly tools: 'unknown';
  readonly bootAt: null;
  readonly connectionState: string;
};

/** What was read of a machine's power, whether or not its provider reaches it. */
export type PowerStatus = ReachedPower | UnreachedPower;

/** What was read of a machine's power, and when. */
export type ObservedPower = { readonly observedAt: Instant } & PowerStatus & RecordedOrder;

/** The verdict of a power operation: where it stands in its stream. */
export type VerdictRef = { readonly stream: StreamId; readonly sequence: number };

/**
 * What has happened to a machine. Names are past tense; a released shape is never edited, only succeeded. Who asked,
 * and when a fact was written, stand in the commit; the machine is in the stream's name. Every member is always there.
 */
export type VmFact =
  | {
      type: 'VmDiscovered';
      connectionId: ConnectionId;
      aliases: readonly Alias[];
      name: string;
      groupIds: readonly GroupId[];
      hardware: Hardware;
      template?: boolean;
    }
  /** By hand; or by its provider, when that cannot say what the machine is made of: `VmPowerObserved` follows then. */
  | {
      type: 'VmRegistered';
      connectionId: ConnectionId | null;
      aliases: readonly Alias[];
      name: string;
      groupIds: readonly GroupId[];
      template?: boolean;
    }
  | { type: 'VmAliased'; alias: Alias }
  /** `name`: null when it is what it was. `template`: absent when that is as it was. */
  | ({ type: 'VmDescribed'; name: string | null; hardware: Hardware; template?: boolean } & RecordedOrder)
  /** All that people say of the machine from now on, not only what changed; null where they say nothing. */
  | {
      type: 'VmEdited';
      displayName: string | null;
      description: string | null;
      labels: Readonly<Record<string, string>> | null;
    }
  /** `after`: the verdict that the reading was made after. */
  | ({ type: 'VmPowerObserved'; after?: VerdictRef } & ObservedPower)
  | { type: 'VmWentMissing'; lastSeenAt: Instant }
  | { type: 'VmSeenAgain'; lastSeenAt: Instant }
  /** It turned out to be another machine, which has its aliases. `VmRetired` stands in the same commit. */
  | { type: 'VmMerged'; intoVmId: VmId }
  | { type: 'VmRetired'; cause: RetireCause };
