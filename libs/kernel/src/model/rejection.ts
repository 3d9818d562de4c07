// A refusal as a value: a code for programs, a sentence for people, and what it points at. Never: thrown, or given a number
// of HTTP; the door makes a problem of it.
import type { Instant } from '../time/clock.js';
import type { ConnectionId, OperationId, VmId } from '../ids.js';
import type { PowerState } from '../machines/machine.js';

/** Which of several a name may have meant: where it is, and how it was seen last, unless it has only just been registered. */
export type Candidate = {
  readonly id: VmId;
  readonly name: string;
  readonly connectionId: ConnectionId | null;
} & (
  | { readonly datacenter: string | null; readonly path: string | null; readonly power: PowerState }
  | { readonly datacenter?: never; readonly path?: never; readonly power?: never }
);

/** What a refusal can point at. */
export interface RejectionDetail {
  /** The operation in the way. */
  readonly see?: OperationId;
  readonly candidates?: readonly Candidate[];
  readonly vmId?: VmId;
  readonly retryAfterSeconds?: number;
  /** The place in the input that is wrong, as a JSON pointer. */
  readonly pointer?: string;
  /** Of a dry run: the moment of the view that it was judged by. */
  readonly asOf?: Instant;
}

/** A refusal is an answer, not an accident: a code to act on, a sentence to show. */
export interface Rejection<Code extends string = string> extends RejectionDetail {
  readonly rejected: Code;
  readonly because: string;
}

/** Says no. The sentence tells what was not done. */
export const reject = <Code extends string>(
  rejected: Code,
  because: string,
  detail: RejectionDetail = {},
): Rejection<Code> => ({ rejected, because, ...detail });

/** Tells a refusal from any other answer. */
export const isRejection = <Other, Code extends string>(answer: Other | Rejection<Code>): answer is Rejection<Code> =>
  typeof answer === 'object' && answer !== null && 'rejected' in answer;
