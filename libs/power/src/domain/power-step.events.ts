// What can happen in the work on a request: the steps, and what they found. Never: edit a released shape; what a fact says
// more is a new, optional member.
import type { Instant, PowerState, RecordedOrder, Tools } from '@drover/kernel';

/** A step that sends something to the provider. */
export type Call = 'graceful' | 'forced' | 'start';

/** Why the guest is not asked (any more). */
export type Cause = 'tools_absent' | 'graceful_failed' | 'graceful_timed_out';

/** What a person said of an outcome that nobody could read. */
export type Marked = 'succeeded' | 'failed';

/** By what a restart is believed: a later boot, a lower uptime, the provider's task, or tools that went and came back. */
export type Proof = 'boot' | 'uptime' | 'task' | 'tools';

type StepEnd<Step> = { type: 'StepFinished'; readonly op: number; readonly step: Step; attempt: number };
type NothingRead = { readonly power: null; readonly tools: null; readonly observedAt: null; readonly bootAt: null };

/**
 * What came of a call. `failed`: surely not done; `unknown`: it may have been. `nextAttemptAt`: nothing more is decided
 * about the step before. `task`: the provider's own task of the call, which ended in success.
 */
export type CallFinished = StepEnd<Call> &
  NothingRead &
  (
    | { outcome: 'succeeded'; code: null; detail: null; nextAttemptAt: null; readonly task?: string }
    | { outcome: 'failed' | 'unknown'; code: string | null; detail: string | null; nextAttemptAt: Instant | null }
  );

/**
 * What a look found, or why it found nothing. A look changes nothing, so `verify` is finished without having been started.
 * `lastKnown`: what its provider knew last of a machine that it cannot reach. Some members are absent in the first release.
 */
export type LookFinished = StepEnd<'verify' | 'wait-tools'> & { readonly nextAttemptAt: null } & (
    | ({ outcome: 'failed'; code: string; detail: string } & NothingRead)
    | ({
        outcome: 'succeeded' | 'failed';
        code: null;
        detail: null;
        readonly power: PowerState;
        readonly tools: Tools;
        readonly observedAt: Instant;
        readonly bootAt: Instant | null;
        readonly uptimeSeconds?: number;
        readonly lastKnown?: Exclude<PowerState, 'unknown'>;
      } & RecordedOrder)
  );

/** What came of a step: of a call, or of a look. */
export type StepFinished = CallFinished | LookFinished;

/** Whether a step was a look. */
export const isLook = (fact: StepFinished): fact is LookFinished =>
  fact.step === 'verify' || fact.step === 'wait-tools';

/** What the verification of a restart rests on; absent in facts of the first release. */
export type RestartEvidence = {
  readonly proof?: Proof;
  readonly task?: string;
  readonly bootAt?: Instant;
  readonly uptimeSeconds?: number;
};
