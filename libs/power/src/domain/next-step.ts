// What comes next for an open operation: two tables of rules, read from top to bottom, of which the first that has an answer
// decides. It is told a state and a fresh look and no more, so a lost nudge costs time, not truth. Never: a clock, a call, or
// a step that was not judged anew on this look. Below the tables, each rule in the order of its number.
import { Instant, isRejection, type Rejection } from '@drover/kernel';
import type { Call } from './power-step.events.js';
import { isNews, type Escalation, type Fault, type Look, type WorkReport } from './power-work.js';
import {
  firstStep,
  isSentOnce,
  lacksTools,
  mayGoUnreached,
  mayStillStop,
  proves,
  type FirstStep,
  type MachineReading,
} from './power-verbs.js';
import {
  asksAfterAll,
  attemptNumber,
  cancellable,
  mayHaveActed,
  type Observed,
  type OpenOperation,
  type Phase,
} from './power.js';

/** What a nudge finds: a fresh look; the time; how many seconds ago it was requested. */
export interface NextStepInput {
  readonly look: Look;
  readonly now: Instant;
  readonly seconds: number;
}

/** What every rule is told. */
interface Situation extends NextStepInput {
  readonly power: OpenOperation;
  readonly by: Pick<OpenOperation, 'op' | 'epoch'>;
  /** Whether a call was taken, or may have been. */
  readonly acted: boolean;
}

/** What a rule is told where the look brought a reading. `step`: what could be begun with, or what speaks against it. */
interface OnReading extends Situation {
  readonly reading: MachineReading;
  readonly step: FirstStep;
}

/** What is to be recorded, that only time can help, or, with null, that the rule says nothing of this. */
type RuleAnswer = WorkReport | 'wait' | null;
type Rule<Given> = (given: Given) => RuleAnswer;

/** The rules for any look. */
// prettier-ignore
const onAnyLook: readonly Rule<Situation>[] = [
  /*  1 */ confirm,       // It was read to have come true: that is told, also at the deadline.
  /*  2 */ callOff,       // Somebody cancelled it, and it can still be called off.
  /*  3 */ failGone,      // Its provider does not know the machine, twice or from the beginning: it fails.
  /*  4 */ runOut,        // The deadline has come: it is expired, or unknown.
  /*  5 */ note,          // The look says what a later rule rests on: it is kept.
  /*  6 */ awaitEvidence, // What may be sent once only was left begun: it is given a minute to show evidence.
  /*  7 */ giveUp,        // That minute is over: it is unknown.
  /*  8 */ nothingRead,   // Nothing was read: it fails where no look will help, else it waits.
];

/** The rules where there is a reading, which says what may be sent. */
// prettier-ignore
const onAReading: readonly Rule<OnReading>[] = [
  /*  9 */ failQuestion,  // A question holds the machine until a person answers it: it fails.
  /* 10 */ letStop,       // A guest that was asked before may still stop the machine: it waits.
  /* 11 */ unreached,     // Its provider cannot reach the machine: it fails, or waits once something was sent.
  /* 12 */ beginFirst,    // Nothing was begun: it begins, or is refused.
  /* 13 */ waitForTools,  // It is on, and its tools are missing: it waits for them.
  /* 14 */ forceLate,     // The guest had its share of the time: force.
  /* 15 */ waitForCall,   // A call was taken: it waits.
  /* 16 */ sendAgain,     // A call may have been taken: the same again, when its time comes and it still can be.
  /* 17 */ tryAgain,      // A call was not taken, and time helps: again, or what takes its place by now.
  /* 18 */ forceRefused,  // The guest could not be asked, and force was allowed: force.
  /* 19 */ failRefused,   // The provider refused: it fails, in the provider's words.
];

const decide = <Given>(rules: readonly Rule<Given>[], given: Given): RuleAnswer => {
  for (const rule of rules) {
    const answer = rule(given);
    if (answer !== null) return answer;
  }
  return null;
};

/** What to record next; null when only time can help. */
export const nextStep = (power: OpenOperation, input: NextStepInput): WorkReport | null => {
  const { op, epoch, request } = power;
  const given: Situation = { ...input, power, by: { op, epoch }, acted: mayHaveActed(power) };
  const { look } = input;
  const answer =
    decide(onAnyLook, given) ??
    (look.is === 'read' ? decide(onAReading, { ...given, ...look, step: firstStep(request, look.reading) }) : null);
  return answer === 'wait' ? null : answer;
};

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

/** What no state shows is never sent twice: without evidence nobody knows whether it was done. */
const isDoubtful = ({ power, acted }: Situation) => isSentOnce(power.request) && acted;

const isDue = (until: Instant | null, now: Instant) => until === null || now >= until;

/** A step that was left begun is ended before anybody waits: it would be taken over at every look. */
const wait = ({ power, by }: Situation): RuleAnswer =>
  power.phase.is === 'started' ? { type: 'Abandon', ...by, until: null } : 'wait';

const fail = ({ by, look }: Situation, fault: Fault): RuleAnswer => ({ type: 'Fail', ...by, look, fault });

const refuse = ({ by, acted, reading }: OnReading, { rejected: code, because }: Rejection): RuleAnswer => {
  const detail = `${because} Nothing ${acted ? 'more ' : ''}was sent.`;
  return { type: 'Refuse', ...by, reading, code, detail };
};

/** Begins a step, unless the reading speaks against any. */
const begin = (given: OnReading, step: Call, why: Escalation = {}): RuleAnswer =>
  isRejection(given.step)
    ? refuse(given, given.step)
    : {
        type: 'StartStep',
        ...given.by,
        reading: given.reading,
        step,
        attempt: attemptNumber(given.power, step),
        ...why,
      };

const isTrySoft = ({ request }: OpenOperation) => 'mode' in request && request.mode === 'trySoft';

const isShareOver = ({ power: { request }, now }: Situation) =>
  request.kind === 'power-off' && request.gracefulUntil !== null && now >= request.gracefulUntil;

const isGraceful = (phase: Phase) => phase.is !== 'requested' && phase.step === 'graceful';

function confirm({ power, look, now, seconds, by, acted }: Situation): RuleAnswer {
  if (look.is === 'failed') return null;
  const { reading } = look;
  if ((reading.template && !acted) || mayStillStop(power, reading, now) || !proves(power, reading)) return null;
  return { type: 'Confirm', ...by, reading, durationSeconds: seconds };
}

function callOff({ power, by, look }: Situation): RuleAnswer {
  return power.cancelling && cancellable(power) ? { type: 'CallOff', ...by, look } : null;
}

/** Read twice it is gone for good; at the first look of all it may never have been there. */
function failGone(given: Situation): RuleAnswer {
  const { power, look, by, acted } = given;
  if (look.is === 'read' || look.fault.code !== 'not_found') return null;
  if (!power.absent) return power.findings.is === 'nothing' && !acted ? fail(given, look.fault) : null;
  const fault = { code: 'vm_gone', detail: `It left its provider while the operation ran: ${look.fault.detail}` };
  return { type: 'Fail', ...by, look: { is: 'failed', fault }, fault };
}

function runOut(given: Situation): RuleAnswer {
  const { power, now, by, look } = given;
  return now >= power.deadline ? { type: isDoubtful(given) ? 'GiveUp' : 'RunOut', ...by, look } : null;
}

function note({ power, by, look }: Situation): RuleAnswer {
  return isNews(power, look) ? { type: 'Note', ...by, look } : null;
}

function awaitEvidence(given: Situation): RuleAnswer {
  const { power, by, now } = given;
  return isDoubtful(given) && power.phase.is === 'started'
    ? { type: 'Abandon', ...by, until: Instant.plusSeconds(now, PROOF_SECONDS) }
    : null;
}

function giveUp(given: Situation): RuleAnswer {
  const { phase } = given.power;
  return isDoubtful(given) && phase.is === 'unclear' && isDue(phase.until, given.now)
    ? { type: 'GiveUp', ...given.by, look: given.look }
    : null;
}

function nothingRead(given: Situation): RuleAnswer {
  const { look, acted } = given;
  if (look.is === 'read') return null;
  return final.has(look.fault.code) && !acted ? fail(given, look.fault) : wait(given);
}

function failQuestion(given: OnReading): RuleAnswer {
  const { question } = given.reading;
  return question === null ? null : fail(given, { code: 'guest_question_pending', detail: question });
}

function letStop({ power, reading, now }: OnReading): RuleAnswer {
  return mayStillStop(power, reading, now) ? 'wait' : null;
}

function unreached(given: OnReading): RuleAnswer {
  const { power, reading, acted } = given;
  if (reading.power !== 'unknown' || mayGoUnreached(power.request)) return null;
  return acted ? wait(given) : fail(given, { code: 'machine_unreachable', detail: outOfReach(reading, power.seen) });
}

function beginFirst(given: OnReading): RuleAnswer {
  const { power, step } = given;
  if (power.phase.is !== 'requested') return null;
  if (isRejection(step)) return refuse(given, step);
  return begin(given, step, isTrySoft(power) && step === 'forced' ? { cause: 'tools_absent' } : {});
}

function waitForTools({ power, reading, by }: OnReading): RuleAnswer {
  if (power.phase.is === 'waiting') return 'wait';
  return lacksTools(power, reading) ? { type: 'AwaitTools', ...by, reading } : null;
}

function forceLate(given: OnReading): RuleAnswer {
  return isGraceful(given.power.phase) && isShareOver(given)
    ? begin(given, 'forced', { cause: 'graceful_timed_out' })
    : null;
}

function waitForCall({ power }: OnReading): RuleAnswer {
  return power.phase.is === 'sent' ? 'wait' : null;
}

/** A guest that goes down has no tools any more, and is not asked again. */
function sendAgain(given: OnReading): RuleAnswer {
  const { step, now, power } = given;
  const { phase } = power;
  if (phase.is !== 'started' && phase.is !== 'unclear') return null; // started: left by whoever is gone
  if (phase.is === 'unclear' && !isDue(phase.until, now)) return 'wait';
  if (isRejection(step) || (phase.step === 'graceful' && step !== 'graceful')) return wait(given);
  return begin(given, phase.step);
}

function tryAgain(given: OnReading): RuleAnswer {
  const { step, now, power } = given;
  const { phase } = power;
  if (phase.is !== 'rejected' || !passing.has(phase.code)) return null;
  if (!isDue(phase.until, now)) return 'wait';
  if (phase.step === 'graceful' && step === 'forced') return begin(given, step, { cause: 'tools_absent' });
  return begin(given, asksAfterAll(power, step) && !isShareOver(given) ? 'graceful' : phase.step);
}

function forceRefused(given: OnReading): RuleAnswer {
  const { phase } = given.power;
  return phase.is === 'rejected' && phase.step === 'graceful' && isTrySoft(given.power)
    ? begin(given, 'forced', { cause: 'graceful_failed', code: phase.code })
    : null;
}

function failRefused(given: OnReading): RuleAnswer {
  const { phase } = given.power;
  return phase.is === 'rejected' ? fail(given, { code: phase.code, detail: phase.detail }) : null;
}

/** When and how Drover read it last; nothing when it never did. */
const readLast = (shown: string, seen: Pick<Observed, 'power' | 'observedAt'> | null) => {
  if (!seen) return '';
  const read = seen.power === shown ? 'read it so' : `last read it as ${seen.power}`;
  return ` Drover ${read} at ${seen.observedAt}.`;
};

/** A machine that its provider cannot reach, in words: what was known last, and when. */
export const outOfReach = (
  { lastKnown }: Pick<MachineReading, 'lastKnown'>,
  seen: Pick<Observed, 'power' | 'observedAt'> | null = null,
) => {
  const shown = lastKnown?.power ?? 'unknown';
  return `The provider cannot reach the machine; it was last known as ${shown}.${readLast(shown, seen)}`;
};

/** The moments at which something is to be decided though nothing is told: no wait goes past the next. */
export const moments = ({ deadline, request, phase, earlier }: OpenOperation): readonly Instant[] => [
  deadline,
  ...(request.kind === 'power-off' && request.gracefulUntil !== null ? [request.gracefulUntil] : []),
  ...((phase.is === 'unclear' || phase.is === 'rejected') && phase.until !== null ? [phase.until] : []),
  ...(earlier !== null && phase.is === 'requested' ? [earlier.until] : []),
];
