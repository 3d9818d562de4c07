import { hasEnded, operationPath, type Operation, type ProblemCode } from '@drover/contracts';
import type { Actor, OperationId, Rejection } from '@drover/kernel';
import { answered } from './refused.js';
import type { Exchange, Reply } from './request.js';

/**
 * How long the client wants the answer held (`Prefer: wait=30`), in seconds, 55 at most; null when it did not say. In any
 * spelling that RFC 7240 knows: upper case, quotes, space about the sign.
 */
export const preferredWait = (headers: Readonly<Record<string, string | undefined>>): number | null => {
  const said = /(?:^|[,;\s])wait\s*=\s*("?)(\d{1,6})\1(?:$|[,;\s])/i.exec(headers['prefer'] ?? '');
  const seconds = said?.[2];
  return seconds === undefined ? null : Math.min(Number(seconds), 55);
};

/** Says where an operation is followed: 202 while it runs, 200 once it ended, Location in either case. */
export const replyOperation = (
  reply: Reply,
  operation: Operation,
  { replayed = false, waited = null }: { replayed?: boolean; waited?: number | null } = {},
): Operation => {
  const path = operationPath(operation.id);
  reply.header('Location', path).header('Operation-Location', path);
  if (replayed) reply.header('Idempotency-Replayed', 'true');
  if (waited !== null) reply.header('Preference-Applied', `wait=${waited}`);
  const ended = hasEnded(operation);
  if (!ended) reply.header('Retry-After', '2');
  reply.code(ended && waited !== null ? 200 : 202);
  return operation;
};

/** What a wish led to: its operation, and whether it was asked for before. */
type Asked = { readonly operation: Operation; readonly replayed: boolean } | Rejection<ProblemCode>;

/** Waits for the end of an operation, so many seconds at most, and says how it stands then. */
export type Wait = (
  asked: { readonly id: OperationId; readonly seconds: number },
  actor: Actor,
) => Promise<Operation | Rejection<ProblemCode>>;

/** Answers with the operation: at once, or held as long as the client prefers. A dry run has no end to wait for. */
export const follow = async (answer: Asked, { actor, headers, reply }: Exchange, wait: Wait): Promise<Operation> => {
  const { operation, replayed } = answered(answer);
  const waited = actor.dryRun ? null : preferredWait(headers);
  if (waited === null) return replyOperation(reply, operation, { replayed });
  const later = answered(await wait({ id: operation.id, seconds: waited }, actor));
  return replyOperation(reply, later, { replayed, waited });
};
