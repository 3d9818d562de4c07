import { operationPath, type Operation } from '@drover/contracts';
import type { Reply } from './request.js';

const ENDED: readonly Operation['state'][] = ['succeeded', 'failed', 'cancelled', 'expired', 'unknown'];

/** Whether nothing more will happen by itself. */
export const hasEnded = ({ state }: Operation) => ENDED.includes(state);

/** How long the client wants the answer held (`Prefer: wait=30`), in seconds, 55 at most; null when it did not say. */
export const preferredWait = (headers: Readonly<Record<string, string | undefined>>): number | null => {
  const [, seconds] = /(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])/.exec(headers['prefer'] ?? '') ?? [];
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
