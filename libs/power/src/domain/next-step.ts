import { Instant, isRejection, type Rejection } from '@drover/kernel';
import { cancellable } from './power-ends.js';
import { isNews, type WorkCommand, type Fault } from './power-work.js';
import type { Call, Cause, Reading } from './steps.js';
import { firstStep, isSentOnce, mayGoUnreached, proves } from './power-verbs.js';
import { asksAfterAll, mayHaveActed, nextAttempt, type Observed, type OpenOperation } from './power.js';
import { lacksTools, mayStillStop } from './power-matrix.js';

/** What a nudge finds: a fresh look, or why there is none; the time; how many seconds ago it was requested. */
export interface NextStepInput {
  readonly reading: Reading | null;
  readonly fault: Fault | null;
  readonly now: Instant;
  readonly seconds: number;
}

/** Faults that only time mends; the call was surely not taken. */
export const passing: ReadonlySet<string> = new Set([
  'busy',
  'provider_unreachable',
  'no_answer',
  'connection_blocked',
]);
/** Faults of a look that no further look will fix: when nothing was sent, nothing is waited for. */
const final = new Set(['certificate_refused', 'connection_blocked', 'not_permitted']);

/** How long a restart whose call may have been taken is given to be verified, in seconds. */
export const PROOF_SECONDS = 60;

/** When and how Drover read it last; nothing when it never did. */
const readLast = (shown: string, seen: Pick<Observed, 'power' | 'observedAt'> | null) => {
  if (!seen) return '';
  const read = seen.power === shown ? 'read it so' : `last read it as ${seen.power}`;
  return ` Drover ${read} at ${seen.observedAt}.`;
};

/** A machine that its provider cannot reach, in words: what was known last, and when. */
export const outOfReach = (
  { lastKnown }: Pick<Reading, 'lastKnown'>,
  seen: Pick<Observed, 'power' | 'observedAt'> | null = null,
) => {
  const shown = lastKnown?.power ?? 'unknown';
  return `The provider cannot reach the machine; it was last known as ${shown}.${readLast(shown, seen)}`;
};

/** What to record next; nothing when only time can help. It is told no more, so a lost nudge costs time, not truth. */
export const nextStep = (power: OpenOperation, found: NextStepInput): WorkCommand | null => {
  const { reading, fault, now, seconds } = found;
  const { phase, request, op, epoch } = power;
  const by = { op, epoch };
  const acted = mayHaveActed(power);
  const due = (until: Instant | null) => until === null || now >= until;
  // A step that was left begun is ended before anybody waits: it would be taken over at every look.
  const wait: WorkCommand | null = phase.is === 'started' ? { type: 'Abandon', ...by, until: null } : null;

  if (reading && !(reading.template && !acted) && !mayStillStop(power, reading, now) && proves(power, reading))
    return { type: 'Confirm', ...by, reading, durationSeconds: seconds };
  if (power.cancelling && cancellable(power)) return { type: 'CallOff', ...by, reading };
  if (fault?.code === 'not_found' && (power.absent || (!power.before && !acted))) {
    // Read twice it is gone for good; at the first look of all it may never have been there.
    const left = { code: 'vm_gone', detail: `It left its provider while the operation ran: ${fault.detail}` };
    return { type: 'Fail', ...by, reading, fault: power.absent ? left : fault };
  }
  // What no state shows is never sent twice: without evidence nobody knows whether it was done.
  const doubtful = isSentOnce(request) && acted;
  if (now >= power.deadline) return { type: doubtful ? 'GiveUp' : 'RunOut', ...by, reading, fault };
  if (isNews(power, reading, fault)) return { type: 'Note', ...by, reading, fault };
  if (doubtful && phase.is === 'started')
    return { type: 'Abandon', ...by, until: Instant.plusSeconds(now, PROOF_SECONDS) };
  if (doubtful && phase.is === 'unclear' && due(phase.until)) return { type: 'GiveUp', ...by, reading, fault };
  if (!reading) return fault && final.has(fault.code) && !acted ? { type: 'Fail', ...by, reading, fault } : wait;
  if (reading.question !== null)
    return { type: 'Fail', ...by, reading, fault: { code: 'guest_question_pending', detail: reading.question } };
  if (mayStillStop(power, reading, now)) return null;
  if (reading.power === 'unknown' && !mayGoUnreached(request))
    return acted
      ? wait
      : {
          type: 'Fail',
          ...by,
          reading,
          fault: { code: 'machine_unreachable', detail: outOfReach(reading, power.seen) },
        };

  // Judged anew on this reading before every step: what was allowed before may not be any more.
  const step = firstStep(request, reading);
  const refuse = ({ rejected: code, because }: Rejection): WorkCommand => {
    const detail = `${because} Nothing ${acted ? 'more ' : ''}was sent.`;
    return { type: 'Refuse', ...by, reading, code, detail };
  };
  const begin = (call: Call, cause?: Cause, code?: string): WorkCommand => {
    if (isRejection(step)) return refuse(step);
    const attempt = nextAttempt(power, call);
    return { type: 'StartStep', ...by, reading, step: call, attempt, ...(cause && { cause }), ...(code && { code }) };
  };

  const trySoft = 'mode' in request && request.mode === 'trySoft';
  if (phase.is === 'asked')
    return isRejection(step) ? refuse(step) : begin(step, trySoft && step === 'forced' ? 'tools_absent' : undefined);
  if (phase.is === 'waiting') return null;
  if (lacksTools(power, reading)) return { type: 'AwaitTools', ...by, reading };
  const graceful = phase.step === 'graceful';
  const shareOver = request.kind === 'power-off' && request.gracefulUntil !== null && now >= request.gracefulUntil;
  if (graceful && shareOver) return begin('forced', 'graceful_timed_out');
  switch (phase.is) {
    case 'sent':
      return null;
    case 'started': // left by whoever is gone; on and off converge, so the call may be sent again
    case 'unclear': {
      if (phase.is === 'unclear' && !due(phase.until)) return null; // a restart gets no further: it was given up above
      // The call may have been taken: a guest that goes down has no tools any more, and is not asked again.
      if (isRejection(step) || (graceful && step !== 'graceful')) return wait;
      return begin(phase.step);
    }
    case 'rejected': {
      const { until, code, detail } = phase;
      if (passing.has(code)) {
        if (!due(until)) return null;
        if (graceful && step === 'forced') return begin(step, 'tools_absent');
        return begin(asksAfterAll(power, step) && !shareOver ? 'graceful' : phase.step);
      }
      return graceful && trySoft
        ? begin('forced', 'graceful_failed', code)
        : { type: 'Fail', ...by, reading, fault: { code, detail } };
    }
  }
};

/** The moments at which something is to be decided though nothing is told: no wait goes past the next. */
export const moments = ({ deadline, request, phase, earlier }: OpenOperation): readonly Instant[] => [
  deadline,
  ...(request.kind === 'power-off' && request.gracefulUntil !== null ? [request.gracefulUntil] : []),
  ...((phase.is === 'unclear' || phase.is === 'rejected') && phase.until !== null ? [phase.until] : []),
  ...(earlier !== null && phase.is === 'asked' ? [earlier.until] : []),
];
