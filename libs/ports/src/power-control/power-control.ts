import type { ConnectionTarget, Instant, OperationId, PowerState, ReadOrder, Seen, VmId } from '@drover/kernel';
import type { ProviderFault } from '../provider-fault.js';

export type { ProviderFault };

/** Which machine: the connection it is reached by, and what its provider knows it by. */
export interface MachineRef {
  readonly vmId: VmId;
  readonly target: ConnectionTarget;
  readonly instanceUuid: string;
}

/** What the provider says of a machine, and of which moment: that at which it was asked. A provider that answers never says `unknown`. */
export type PowerReading = Seen &
  ReadOrder & {
    readonly power: Exclude<PowerState, 'unknown'>;
    readonly bootAt: Instant | null;
    readonly uptimeSeconds: number | null;
    /** A question of the hypervisor that waits for an answer and holds the machine until then. */
    readonly question: string | null;
  };

/** The ways to change the power of a machine. The first of each pair asks the guest, the second does not. */
export type PowerCall = 'shutdown-guest' | 'power-off' | 'power-on' | 'reboot-guest' | 'reset';

/** For which attempt of which operation a call is made; it travels to the provider where the provider can keep it. */
export interface OperationToken {
  readonly operationId: OperationId;
  readonly attempt: number;
  readonly epoch: number;
}

/** Reads and switches the power of machines at their provider. Whatever goes wrong is a ProviderFault. */
export interface PowerControl {
  /** Asks the provider now. */
  read(machine: MachineRef, signal: AbortSignal): Promise<PowerReading>;
  /**
   * Sends one call. That it returns means the provider took it, not that the machine changed: only a reading says so.
   * A ProviderFault says whether the call may have been taken all the same.
   */
  send(machine: MachineRef, call: PowerCall, token: OperationToken, signal: AbortSignal): Promise<void>;
}
