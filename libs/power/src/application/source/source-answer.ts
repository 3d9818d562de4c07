// Operations and refusals in the words, members and status codes of the older power paths. Pure. Never: a success that was
// not verified by a reading, or a member that the sample documents of those paths do not have.
import {
  hasEnded,
  lastRead,
  problemOf,
  type Operation,
  type Problem,
  type ProblemCode,
  type SourcePoweredOff,
  type SourcePoweredOn,
} from '@drover/contracts';
import { reject, type OperationId, type Rejection } from '@drover/kernel';
import { firstErrorOf } from '../operations/operation-work.js';
import type { SourceEnd } from './source-end.query.js';

/** Codes that mean the provider could not be talked to, in the words of the source. */
const unreachable = new Set([
  'provider_unreachable',
  'connection_blocked',
  'certificate_refused',
  'no_answer',
  'outcome_unknown',
  'sign_in_failed',
]);

/** The source's sentence for a code; the others keep their titles, which are the source's words already. */
const sentenceOf = (code: string, status: number, title: string) => {
  if (code === 'not_found' || code === 'vm_gone') return 'VM not found in vCenter';
  if (unreachable.has(code)) return 'vCenter connection failed';
  const ours = code === 'operation_timed_out' || code === 'internal' || code === 'view_unreadable';
  return status >= 500 && !ours ? 'VMware API error' : title;
};

/** The source's status: what goes wrong at a provider is 500 there, and a machine that is gone is one not found. */
const statusOf = ({ code, status }: Problem) => {
  if (code === 'vm_gone') return 404;
  return status === 502 ? 500 : status;
};

/** A problem in the words and status codes of the source. It repeats what the older client called the machine. */
const worded = (problem: Problem, called: string): Problem => {
  const status = statusOf(problem);
  return { ...problem, status, error: sentenceOf(problem.code, status, problem.title), vm_id: called };
};

/** A refusal as the source says it. */
export const sourceRefusal = (refusal: Rejection<ProblemCode>, called: string): Problem =>
  worded(problemOf(refusal), called);

const CANCELLED = reject('wrong_state', 'It was cancelled before its end.');
/** A person said so, which proves nothing. */
const UNPROVEN = reject('outcome_unknown', 'It was marked as done by a person; nobody read the machine so.');

/** Whether it succeeded and the machine was read so: nothing else is a success here. */
const isProven = ({ kind, state, evidence }: Operation) =>
  state === 'succeeded' && evidence?.newState === (kind === 'vm.power-on' ? 'poweredOn' : 'poweredOff');

/** A failure with the way to its operation; once a command was sent, with what was read before it and last. */
const failed = (base: Problem, { attempts, evidence, links }: Operation, called: string): Problem => ({
  ...worded(base, called),
  links: { ...base.links, operation: links.self },
  ...(attempts > 0 &&
    evidence && { success: false as const, previous_state: evidence.previousState, new_state: evidence.newState }),
});

/** The answer at the time-out to an operation whose last look is still on its way: what is known by then. */
export const sourceLate = (operation: Operation, called: string): Problem => {
  const { newState, firstError } = operation.evidence ?? { newState: 'unknown', firstError: null };
  const because = `The time-out ended before the outcome was read. ${lastRead(newState)}.${firstErrorOf({ firstError })}`;
  return failed(problemOf(reject('operation_timed_out', because)), operation, called);
};

const cancelledDetails = (id: OperationId, note: string | undefined) =>
  [`${id} was cancelled before its end.`, ...(note === undefined ? [] : [note])].join(' ');

/**
 * Why an operation that ended is no success, as the source says it; null when it is one, or runs still. Once a command
 * was sent it says what was read last: an outcome that was not verified is never a success.
 */
export const sourceFailure = (operation: Operation, called: string): Problem | null => {
  const { state, error, evidence, id } = operation;
  if (!hasEnded(operation) || isProven(operation)) return null;
  const base = error ?? problemOf(state === 'cancelled' ? CANCELLED : UNPROVEN);
  return {
    ...failed(base, operation, called),
    ...(!error && state === 'succeeded' && { error: 'Outcome was not verified' }),
    ...(state === 'cancelled' && { error: 'Operation was cancelled', details: cancelledDetails(id, evidence?.note) }),
  };
};

/**
 * What both successes say of an operation that ended with the wanted state, and was read so; null of any other. The
 * source has no word for a previous state that nobody knows: then the operation itself is the answer.
 */
const succeeded = <Wanted extends 'poweredOn' | 'poweredOff'>({ operation, lastKnown }: SourceEnd, wanted: Wanted) => {
  const { state, evidence, endedAt, requestedAt } = operation;
  if (state !== 'succeeded' || evidence?.newState !== wanted) return null;
  const previous = evidence.previousState === 'unknown' ? lastKnown : evidence.previousState;
  if (previous === null) return null;
  const said = {
    previous_state: previous,
    new_state: wanted,
    duration_seconds: evidence.durationSeconds ?? 0,
    timestamp: endedAt ?? requestedAt,
  };
  return { evidence, said };
};

/** A power-off that succeeded, and nothing else, as the source says it. */
export const sourcePoweredOff = (end: SourceEnd, called: string): SourcePoweredOff | null => {
  const off = succeeded(end, 'poweredOff');
  if (!off) return null;
  const { method } = off.evidence;
  return {
    success: true,
    vm_id: called,
    ...off.said,
    operation: 'power-off',
    shutdown_method: method === 'graceful' || method === 'forced' ? method : 'already-off',
    message: 'VM power-off completed successfully',
  };
};

/** A power-on that succeeded, and nothing else, as the source says it. */
export const sourcePoweredOn = (end: SourceEnd, called: string): SourcePoweredOn | null => {
  const on = succeeded(end, 'poweredOn');
  if (!on) return null;
  return {
    success: true,
    vm_id: called,
    ...on.said,
    operation: 'power-on',
    tools_status: on.evidence.observations.at(-1)?.tools ?? 'unknown',
    message: 'VM power-on completed successfully',
  };
};
