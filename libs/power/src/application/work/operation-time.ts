// How long ago operations began, on a clock that nobody sets: each has its own time, from the instant of its request on,
// and the rules are given that. Only what was found at boot is reckoned by the time of day. Never: compare two instants of
// different clocks, or let a time of day that was set move a deadline.
import { Instant, StreamId, VmId, type OperationId } from '@drover/kernel';
import { agoOn, elapsedOn, recentMap, type Clock, type Commit, type StreamsOf } from '@drover/ports';
import type { WorkReport } from '../../domain/power-work.js';
import type { powerDecider } from '../../domain/power.decider.js';
import { powerOperation, powerStream } from '../../domain/power.events.js';
import type { OpenOperation, Stopping } from '../../domain/power.js';
import { beginsOperation, endsOperation } from '../operations/open-operations.projection.js';

/** The longest that a retry is ever put off: what a stored moment says beyond that, a clock that was set says. */
const LONGEST_WAIT_MS = 60_000;

/** Of how many machines something is remembered; of one that was forgotten the time of day is asked again. */
const MACHINES = 100_000;

/**
 * An operation in its own time, which begins at the instant of its request and goes on with the monotonic clock. `now`
 * and all instants of `power` are of it, so the rules compare like with like, however the time of day is set meanwhile.
 */
export interface InOwnTime {
  readonly power: OpenOperation;
  readonly now: Instant;
  readonly seconds: number;
  /** Milliseconds since something was recorded of it, as far as this process knows. */
  readonly quietMs: number;
}

/** When an operation was requested; null when its request is lost. `firstFact`: how many facts came before it. */
export const requestedAt = async (
  vmId: VmId,
  { firstFact }: { readonly firstFact: number },
  { powers }: { readonly powers: Pick<StreamsOf<typeof powerDecider>, 'commits'> },
): Promise<Instant | null> => (await powers.commits(powerStream(vmId), { from: firstFact }))[0]?.metadata.at ?? null;

/** When an open operation was requested, and the cancelled one whose guest may still stop its machine. */
export interface RequestTimes {
  readonly own: Instant;
  readonly earlier: Instant | null;
}

/** Knows how long ago operations began. */
export interface OperationTimes {
  /** What was just stored; so the process knows when it saw an operation begin. */
  hear(commit: Commit): void;
  of(vmId: VmId, power: OpenOperation, requests: RequestTimes): InOwnTime;
  /** Whole seconds since an operation was requested. `wholeMs`: the most that is believed of one found at boot. */
  seconds(operation: OperationId, requestedAt: Instant, wholeMs: number): number;
  /** Seconds since a machine was restarted, or may have been, at that instant. `within`: the most that matters. */
  sinceRestart(vmId: VmId, restartedAt: Instant, within: number): number;
  /** For how many seconds the guest that a cancelled request has asked may still stop its machine; not below 0. */
  mayStopFor(vmId: VmId, stopping: Stopping, requestedAt: Instant): number;
  /** A report as it is recorded: its instants by the time of day, for people, and how long the operation has taken. */
  stamped(report: WorkReport, own: InOwnTime): WorkReport;
}

/** Its moment to act again; null when it waits for none. */
const untilOf = ({ phase }: OpenOperation) => (phase.is === 'unclear' || phase.is === 'rejected' ? phase.until : null);

/** Begins to watch operations. `leapt`: by how many milliseconds the time of day was set forward since an instant. */
export const operationTimes = (clock: Clock, leapt: (since: Instant) => number): OperationTimes => {
  const begun = elapsedOn(clock, leapt);
  const restarting = new Set<OperationId>();
  /** When a restart ended that this process saw; and of each machine which restart its cool-down is reckoned from. */
  const ended = recentMap<VmId, number>(MACHINES);
  const cooling = recentMap<VmId, { readonly restartedAt: Instant; readonly ms: number }>(MACHINES);
  const recordedAt = recentMap<VmId, number>(MACHINES);
  /** When the moments come at which operations may act again: of each machine the stored instant, and its own time. */
  const due = recentMap<VmId, { readonly until: Instant; readonly ms: number }>(MACHINES);

  const dueOf = (vmId: VmId, until: Instant) => {
    const known = due.get(vmId);
    if (known?.until === until) return known.ms;
    const left = Math.min(Math.max(0, Instant.msBetween(clock.now(), until)), LONGEST_WAIT_MS);
    const ms = clock.monotonic() + left;
    due.set(vmId, { until, ms });
    return ms;
  };

  const seconds: OperationTimes['seconds'] = (operation, requestedAt, wholeMs) =>
    Math.round(begun.since(operation, requestedAt, wholeMs) / 1000);

  const mayStopFor: OperationTimes['mayStopFor'] = (vmId, { op, until }, requestedAt) => {
    const whole = Instant.msBetween(requestedAt, until);
    return Math.max(0, whole - begun.since(powerOperation(vmId, op), requestedAt, whole)) / 1000;
  };

  return {
    seconds,
    mayStopFor,
    sinceRestart: (vmId, restartedAt, within) => {
      const mono = clock.monotonic();
      const known = cooling.get(vmId);
      if (known?.restartedAt === restartedAt) return (mono - known.ms) / 1000;
      const ms = ended.get(vmId) ?? mono - agoOn(clock, leapt, restartedAt, within * 1000);
      ended.delete(vmId);
      cooling.set(vmId, { restartedAt, ms });
      return (mono - ms) / 1000;
    },
    hear: ({ stream, facts }) => {
      if (StreamId.category(stream) !== 'power') return;
      const vmId = VmId.parse(StreamId.key('power', stream));
      recordedAt.set(vmId, clock.monotonic());
      for (const { fact } of facts) {
        if (!('op' in fact)) continue;
        const operation = powerOperation(vmId, Number(fact['op']));
        if (beginsOperation(fact)) begun.begins(operation);
        if (fact.type === 'RestartRequested') restarting.add(operation);
        if (endsOperation(fact) && restarting.delete(operation)) ended.set(vmId, clock.monotonic());
        // Of an outcome that nobody knows a later look may tell, and how long it took; a guest whose request was
        // cancelled may stop until the time of that request is over.
        if (!endsOperation(fact) || fact.type === 'PowerOperationUnknown') continue;
        if (fact.type !== 'PowerOperationCancelled') begun.forget(operation);
        for (const memory of [recordedAt, due]) memory.delete(vmId);
      }
    },
    of: (vmId, power, { own: requestedAt, earlier: earlierAt }) => {
      const operation = powerOperation(vmId, power.op);
      const ms = begun.since(operation, requestedAt, Instant.msBetween(requestedAt, power.deadline));
      const mono = clock.monotonic();
      const now = Instant.plusSeconds(requestedAt, ms / 1000);
      const until = untilOf(power);
      const ownUntil = until && Instant.plusSeconds(now, (dueOf(vmId, until) - mono) / 1000);
      if (!recordedAt.has(vmId)) recordedAt.set(vmId, mono);
      const quietMs = mono - (recordedAt.get(vmId) ?? mono);
      const phase = { ...power.phase, ...(ownUntil && { until: ownUntil }) } as OpenOperation['phase'];
      const earlier = power.earlier &&
        earlierAt && { ...power.earlier, until: Instant.plusSeconds(now, mayStopFor(vmId, power.earlier, earlierAt)) };
      return { power: { ...power, phase, earlier }, now, seconds: Math.round(ms / 1000), quietMs };
    },
    stamped: (report, { now, seconds: durationSeconds }) => {
      if (report.type !== 'Abandon' || report.until === null) return { ...report, durationSeconds };
      const waits = Instant.msBetween(now, report.until);
      return { ...report, until: Instant.plusSeconds(clock.now(), waits / 1000) };
    },
  };
};
