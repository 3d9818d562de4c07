import type { Instant, PowerState, ReadOrder, RecordedOrder, Seen, Tools } from '@drover/kernel';

/** A step that sends something to the provider. */
export type Call = 'graceful' | 'forced' | 'start';

/** Why the guest is not asked (any more). */
export type Cause = 'tools_absent' | 'graceful_failed' | 'graceful_timed_out';

/** What a person said of an outcome that nobody could read. */
export type Marked = 'succeeded' | 'failed';

/** By what a restart is believed: a later boot, a lower uptime, the provider's task, or tools that went and came back. */
export type Proof = 'boot' | 'uptime' | 'task' | 'tools';

/**
 * What a look found: whether it runs, whether its guest can be asked, since when it runs. `unknown`: its provider cannot
 * reach it, and shows what it knew last.
 */
export type Reading = Seen &
  ReadOrder & {
    readonly lastKnown?: { readonly power: Exclude<PowerState, 'unknown'> };
    readonly bootAt: Instant | null;
    readonly uptimeSeconds: number | null;
    readonly question: string | null;
    readonly template: boolean;
  };

type StepReading = {
  readonly power: PowerState | null;
  readonly tools: Tools | null;
  readonly observedAt: Instant | null;
  readonly bootAt: Instant | null;
  readonly uptimeSeconds?: number;
  /** What its provider knew last of a machine that it cannot reach; absent in facts of the first release. */
  readonly lastKnown?: Exclude<PowerState, 'unknown'>;
} & RecordedOrder;
/**
 * What came of a step. `failed`: surely not done; `unknown`: it may have been. A look changes nothing, so `verify` is
 * finished without having been started. `nextAttemptAt`: nothing more is decided about the step before. `task`: the
 * provider's own task of the call, which ended in success.
 */
export type StepFinished = {
  readonly type: 'StepFinished';
  readonly op: number;
  readonly step: Call | 'verify' | 'wait-tools';
  readonly attempt: number;
  readonly outcome: 'succeeded' | 'failed' | 'unknown';
  readonly code: string | null;
  readonly detail: string | null;
  readonly nextAttemptAt: Instant | null;
  readonly task?: string;
} & StepReading;
