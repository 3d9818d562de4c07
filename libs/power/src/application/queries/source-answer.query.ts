import {
  problemOf,
  type Operation,
  type Problem,
  type ProblemCode,
  type SourcePoweredOff,
  type SourcePoweredOn,
} from '@drover/contracts';
import { reject, type PowerState, type Rejection } from '@drover/kernel';

/** The older client's name for the machine, which its answers repeat. */
interface About {
  readonly vmId: string;
}

type Read = Exclude<PowerState, 'unknown'>;

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
  return status >= 500 && code !== 'operation_timed_out' && code !== 'internal' ? 'VMware API error' : title;
};

/** A problem in the words and status codes of the source: what goes wrong at a provider is 500 there. */
const worded = (problem: Problem, { vmId }: About): Problem => {
  const status = problem.status === 502 ? 500 : problem.status;
  return { ...problem, status, error: sentenceOf(problem.code, status, problem.title), vm_id: vmId };
};

/** A refusal as the source says it. */
export const sourceRefusal = (refusal: Rejection<ProblemCode>, about: About): Problem =>
  worded(problemOf(refusal), about);

/**
 * Why an operation that ended is no success, as the source says it; null when it is one, or runs still. Once a command
 * was sent it says what was read last: an outcome that was not verified is never a success.
 */
export const sourceFailure = (operation: Operation, about: About): Problem | null => {
  const { state, error, evidence, id, attempts } = operation;
  if (state === 'succeeded' || state === 'queued' || state === 'running' || state === 'waiting') return null;
  const base = error ?? problemOf(reject('wrong_state', 'It was cancelled before its end.'));
  const sent = attempts > 0 && evidence;
  return {
    ...worded(base, about),
    links: { ...base.links, operation: operation.links.self },
    ...(sent && { success: false as const, previous_state: evidence.previousState, new_state: evidence.newState }),
    ...(state === 'cancelled' && { error: 'Operation was cancelled', details: `${id} was cancelled before its end.` }),
  };
};

const seconds = ({ evidence }: Operation) => evidence?.durationSeconds ?? 0;
const read = (state: PowerState | undefined, wanted: Read): Read =>
  state === undefined || state === 'unknown' ? wanted : state;

/** A power-off that succeeded, and nothing else, as the source says it. */
export const sourcePoweredOff = ({ vmId }: About, operation: Operation): SourcePoweredOff | null => {
  const { state, evidence, endedAt, requestedAt } = operation;
  if (state !== 'succeeded' || evidence?.newState !== 'poweredOff') return null;
  const { method } = evidence;
  return {
    ...{
      success: true,
      vm_id: vmId,
      previous_state: read(evidence.previousState, 'poweredOff'),
      new_state: 'poweredOff',
    },
    ...{
      operation: 'power-off',
      shutdown_method: method === 'graceful' || method === 'forced' ? method : 'already-off',
    },
    ...{
      duration_seconds: seconds(operation),
      timestamp: endedAt ?? requestedAt,
      message: 'VM power-off completed successfully',
    },
  };
};

/** A power-on that succeeded, and nothing else, as the source says it. */
export const sourcePoweredOn = ({ vmId }: About, operation: Operation): SourcePoweredOn | null => {
  const { state, evidence, endedAt, requestedAt } = operation;
  if (state !== 'succeeded' || evidence?.newState !== 'poweredOn') return null;
  return {
    ...{
      success: true,
      vm_id: vmId,
      previous_state: read(evidence.previousState, 'poweredOn'),
      new_state: 'poweredOn',
    },
    ...{ operation: 'power-on', tools_status: evidence.observations.at(-1)?.tools ?? 'unknown' },
    ...{
      duration_seconds: seconds(operation),
      timestamp: endedAt ?? requestedAt,
      message: 'VM power-on completed successfully',
    },
  };
};
