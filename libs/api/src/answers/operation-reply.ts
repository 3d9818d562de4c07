// How a request that began an operation is answered: at once, 202 with its address, or held as long as the client prefers,
// and then 200 where it ended. Never: an operation of a dry run shown as one to follow.
import { hasEnded, operationPath, type Operation, type ProblemCode } from '@drover/contracts';
import type { Actor, OperationId, Rejection } from '@drover/kernel';
import { hold } from '../server/connections.js';
import { answered } from './refused.js';
import type { Exchange, Reply } from '../routes/request.js';

/**
 * How long the client wants the answer held (`Prefer: wait=30`), in seconds, 55 at most; null when it did not say. In any
 * spelling that RFC 7240 knows: upper case, quotes, space about the sign.
 */
export const preferredWait = (headers: Readonly<Record<string, string | undefined>>): number | null => {
  const said = /(?:^|[,;\s])wait\s*=\s*("?)(\d+)\1(?:$|[,;\s])/i.exec(headers['prefer'] ?? '');
  const seconds = said?.[2];
  return seconds === undefined ? null : Math.min(Number(seconds), 55);
};

/** What was done with a request, and for how long its end was waited for. */
interface Handled {
  readonly replayed?: boolean;
  readonly waited?: number | null;
}

/** Says what was done with a request: that its key was used before, that the client's preference was followed. */
export const replyHandled = (reply: Reply, { replayed = false, waited = null }: Handled) => {
  if (replayed) reply.header('Idempotency-Replayed', 'true');
  if (waited !== null) reply.header('Preference-Applied', `wait=${waited}`);
};

/** Says where an operation is followed: 202 while it runs, 200 once it ended and that was waited for. */
export const replyOperation = (reply: Reply, operation: Operation, handled: Handled = {}): Operation => {
  const path = operationPath(operation.id);
  const { waited = null } = handled;
  reply.header('Location', path).header('Operation-Location', path);
  replyHandled(reply, handled);
  const ended = hasEnded(operation);
  if (!ended) reply.header('Retry-After', '2');
  reply.code(ended && waited !== null ? 200 : 202);
  return operation;
};

/** What a request led to: its operation, and whether it was asked for before. */
type OperationResult = { readonly operation: Operation; readonly replayed: boolean } | Rejection<ProblemCode>;

/** Waits for the end of an operation, so many seconds at most, and says how it stands then. */
export type Wait = (
  asked: { readonly id: OperationId; readonly seconds: number },
  actor: Actor,
) => Promise<Operation | Rejection<ProblemCode>>;

/** Answers with the operation: at once, or held as long as the client prefers. A dry run makes none to follow. */
export const follow = async (
  answer: OperationResult,
  { actor, headers, reply }: Exchange,
  wait: Wait,
): Promise<Operation> => {
  const { operation, replayed } = answered(answer);
  if (actor.dryRun) {
    replyHandled(reply, { replayed }); // then it is what came of the request, not what would
    reply.code(202);
    return operation;
  }
  const waited = preferredWait(headers);
  if (waited === null) return replyOperation(reply, operation, { replayed });
  hold(reply.raw);
  const later = answered(await wait({ id: operation.id, seconds: waited }, actor));
  return replyOperation(reply, later, { replayed, waited });
};
