// The port by which power is read and switched, and the table of its calls. One call, sent at most once: a fault says
// whether it may have been taken (`sent`). Never: a retry inside an adapter, or a success that was not read.
import type { ConnectionTarget, Instant, OperationId, PowerState, ReadOrder, Tools, VmId } from '@drover/kernel';
import { ProviderFault } from '../provider-fault.js';

export type { ProviderFault };

/** Which machine: the connection it is reached by, and what its provider knows it by. */
export interface MachineRef {
  readonly vmId: VmId;
  readonly target: ConnectionTarget;
  /** What names it for certain within its connection. */
  readonly key: string;
  /** Under which reference of the provider it was read: a call goes to this one, or is not made. */
  readonly ref?: string;
}

/** The power that a provider knew last of a machine that it cannot reach, and of which moment where it says. */
export interface LastKnown {
  readonly power: KnownPower;
  readonly at?: Instant;
}

/** A machine that its provider reaches. */
type ReachedMachine = {
  readonly power: KnownPower;
  readonly tools: Tools;
  readonly bootAt: Instant | null;
  /** Seconds since the start by the provider's own count; null where it keeps none, and of what is not on. */
  readonly uptimeSeconds: number | null;
  readonly lastKnown?: never;
};

/** A machine that its provider does not reach: what is still shown of it is no state of now. */
type UnreachedMachine = {
  readonly power: 'unknown';
  readonly tools: 'unknown';
  readonly bootAt: null;
  readonly uptimeSeconds: null;
  readonly lastKnown?: LastKnown;
};

/**
 * What the provider says of a machine, and of which moment: that at which it was asked. `unknown`: the provider answers
 * and cannot reach the machine itself.
 */
export type UnnumberedReading = {
  readonly observedAt: Instant;
  /** Under which reference the provider showed it, where a machine may come under another. */
  readonly ref?: string;
  /** A question of the hypervisor that waits for an answer and holds the machine until then. */
  readonly question: string | null;
  /** A template is there to be copied: nobody switches it. */
  readonly template: boolean;
} & (ReachedMachine | UnreachedMachine);

/** A reading with its place among all others. */
export type PowerReading = UnnumberedReading & ReadOrder;

/** What a provider said to a call that it took. `task`: its own task of the call, which ended in success. */
export interface Sent {
  readonly task?: string;
}

/** What a machine can be, as its provider shows it. */
export type KnownPower = Exclude<PowerState, 'unknown'>;

/** What a call does: from which states it is taken, what it makes of the machine, and whether the guest starts (anew). */
export interface CallEffect {
  readonly from: readonly KnownPower[];
  readonly leaves: KnownPower;
  readonly boots: boolean;
  /** The guest is asked: it does it itself, or does not, and the provider has no task of it. */
  readonly asksGuest: boolean;
}

const table = <Call extends string>(rows: Readonly<Record<Call, CallEffect>>) => rows;

/** The ways to change the power of a machine, one a line. */
// prettier-ignore
export const powerCalls = table({
  'shutdown-guest': { from: ['poweredOn'], leaves: 'poweredOff', boots: false, asksGuest: true },
  'power-off': { from: ['poweredOn', 'suspended'], leaves: 'poweredOff', boots: false, asksGuest: false },
  'power-on': { from: ['poweredOff', 'suspended'], leaves: 'poweredOn', boots: true, asksGuest: false },
  'reboot-guest': { from: ['poweredOn'], leaves: 'poweredOn', boots: true, asksGuest: true },
  reset: { from: ['poweredOn'], leaves: 'poweredOn', boots: true, asksGuest: false },
});
/** The name of one way to change the power of a machine. */
export type PowerCall = keyof typeof powerCalls;

/** The names of the calls. */
export const powerCallNames = Object.keys(powerCalls) as readonly PowerCall[];

/** For which attempt of which operation a call is made; it travels to the provider where the provider can keep it. */
export interface OperationToken {
  readonly operationId: OperationId;
  readonly attempt: number;
  readonly epoch: number;
  /**
   * Whether its sender may still act. Asked in the last synchronous line before the request that has an effect: a worker
   * that slept past its lease has been followed by another. Without it nobody else can act.
   */
  readonly isHeld?: () => boolean;
}

/** What a call is refused with whose sender may not act any more: nothing was sent. */
export const senderIsOver = () => new ProviderFault('no_answer', 'the lease of its sender is over: nothing was sent');

/** Reads and switches the power of machines at their provider. Whatever goes wrong is a ProviderFault. */
export interface PowerControl {
  /** Asks the provider now. */
  read(machine: MachineRef, signal: AbortSignal): Promise<PowerReading>;
  /**
   * Sends one call. That it returns means the provider took it, not that the machine changed: only a reading says so.
   * A task is named only when the call was carried out before the answer; a guest that is asked has none. A
   * ProviderFault says whether the call may have been taken all the same: until it is posted, it was not. Where calls
   * wait for their turn `onTurn` tells that this one has it; the time before is not the provider's.
   */
  send(
    machine: MachineRef,
    call: PowerCall,
    token: OperationToken,
    signal: AbortSignal,
    onTurn?: () => void,
  ): Promise<Sent>;
}
