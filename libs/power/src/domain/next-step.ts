import { Instant, isRejection } from '@drover/kernel';
import { cancellable } from './decide/power-ends.js';
import type { WorkCommand } from './decide/power-work.js';
import type { Fault } from './decide/work-facts.js';
import { mayHaveActed } from './evolve.js';
import type { Call, Cause, Reading } from './power.events.js';
import { firstStep } from './power-matrix.js';
import type { Open } from './power.js';
import { lacksTools, proves } from './proof.js';

/** What a nudge finds: a fresh look, or why there is none; the time; when the wish was recorded. */
export interface Found {
  readonly reading: Reading | null;
  readonly fault: Fault | null;
  readonly now: Instant;
  readonly requestedAt: Instant;
}

/** Faults that only time mends; the call was surely not taken. */
export const passing: ReadonlySet<string> = new Set([
  'busy',
  'provider_unreachable',
  'no_answer',
  'connection_blocked',
]);
/** Faults of a look that no further look will mend: when nothing was sent, nothing is waited for. */
const final = new Set(['not_found', 'certificate_refused', 'connection_blocked']);

/** How long a restart whose call may have been taken is given to show a new boot, in seconds. */
export const PROOF_SECONDS = 60;

/** What to record next; nothing when only time can help. It is told no more, so a lost nudge costs time, not truth. */
export const nextStep = (power: Open, found: Found): WorkCommand | null => {
  const { reading, fault, now, requestedAt } = found;
  const { phase, wish, op, epoch } = power;
  const by = { op, epoch };
  const begin = (step: Call, attempt: number, cause?: Cause, code?: string): WorkCommand | null =>
    reading && { type: 'StartStep', ...by, reading, step, attempt, ...(cause && { cause }), ...(code && { code }) };
  const due = (until: Instant | null) => until === null || now >= until;

  if (reading && proves(power, reading, requestedAt))
    return {
      type: 'Confirm',
      ...by,
      reading,
      requestedAt,
      durationSeconds: Instant.wholeSeconds(requestedAt, reading.observedAt),
    };
  if (power.cancelling && cancellable(power)) return { type: 'CallOff', ...by, reading };
  // A restart is never sent twice: without proof nobody knows whether it was done.
  const doubtful = wish.kind === 'restart' && (phase.is === 'started' || phase.is === 'unclear');
  if (now >= power.deadline) return { type: doubtful ? 'GiveUp' : 'RunOut', ...by, reading, fault };
  if (doubtful && phase.is === 'started')
    return { type: 'Abandon', ...by, until: Instant.plusSeconds(now, PROOF_SECONDS) };
  if (doubtful && phase.is === 'unclear' && due(phase.until)) return { type: 'GiveUp', ...by, reading, fault };
  if (!reading)
    return fault && final.has(fault.code) && !mayHaveActed(power) ? { type: 'Fail', ...by, reading, fault } : null;
  if (reading.question !== null)
    return { type: 'Fail', ...by, reading, fault: { code: 'guest_question_pending', detail: reading.question } };

  const trySoft = wish.kind !== 'power-on' && wish.mode === 'trySoft';
  if (phase.is === 'asked') {
    const step = firstStep(wish, reading);
    if (isRejection(step)) return { type: 'Refuse', ...by, reading, code: step.rejected, detail: step.because };
    return begin(step, 1, trySoft && step === 'forced' ? 'tools_absent' : undefined);
  }
  if (phase.is === 'waiting') return null;
  if (lacksTools(power, reading)) return { type: 'AwaitTools', ...by, reading };
  const graceful = phase.step === 'graceful';
  if (graceful && wish.kind === 'power-off' && wish.gracefulUntil !== null && now >= wish.gracefulUntil)
    return begin('forced', 1, 'graceful_timed_out');
  switch (phase.is) {
    case 'sent':
      return null;
    case 'started': // left by whoever is gone; on and off converge, so the call may be sent again
      return begin(phase.step, phase.attempt + 1);
    case 'unclear':
      return wish.kind !== 'restart' && due(phase.until) ? begin(phase.step, phase.attempt + 1) : null;
    case 'rejected': {
      const { step, attempt, until, code, detail } = phase;
      if (passing.has(code)) return due(until) ? begin(step, attempt + 1) : null;
      return graceful && trySoft
        ? begin('forced', 1, 'graceful_failed', code)
        : { type: 'Fail', ...by, reading, fault: { code, detail } };
    }
  }
};

/** The moments at which something is to be decided though nothing is told: no wait goes past the next. */
export const moments = ({ deadline, wish, phase }: Open): readonly Instant[] => [
  deadline,
  ...(wish.kind === 'power-off' && wish.gracefulUntil !== null ? [wish.gracefulUntil] : []),
  ...((phase.is === 'unclear' || phase.is === 'rejected') && phase.until !== null ? [phase.until] : []),
];
