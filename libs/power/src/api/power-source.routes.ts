// The three older power paths, with their shapes and status codes: a name is looked up, the request is one of the new ones,
// and the answer waits for its end. Never: a success of an operation that was not read to have come true, or a rule of its
// own; the words are in `source-answer.ts`.
import {
  answered,
  hold,
  preferredWait,
  refuse,
  Refused,
  replyHandled,
  replyOperation,
  type Endpoints,
  type Exchange,
} from '@drover/api';
import type { Operation, ProblemCode } from '@drover/contracts';
import { isRejection, type Actor, type Rejection } from '@drover/kernel';
import type { AcceptedOperation } from '@drover/operations';
import type { PowerDoes } from '../application/power.use-cases.js';
import type { SourceEnd as End } from '../application/source/source-end.query.js';
import {
  sourceFailure,
  sourceLate,
  sourcePoweredOff,
  sourcePoweredOn,
  sourceRefusal,
} from '../application/source/source-answer.js';

/** The answer, or the refusal in the source's words. */
const said = <Answer>(answer: Answer | Rejection<ProblemCode>, called: string): Answer => {
  if (isRejection(answer)) throw new Refused(sourceRefusal(answer, called));
  return answer;
};

/** How the source wants a request answered. */
interface ReplyOptions<Success> {
  /** What the client calls the machine. */
  readonly called: string;
  /** Whether the answer is held until the end when the client prefers nothing else. */
  readonly waits: boolean;
  /** The answer to an operation that ended well; null while it runs. */
  readonly success: (end: End, called: string) => Success | null;
}

/** The machine of that name. The body may repeat the path's, and say no other. */
const found = async (
  called: string,
  { vm_id, vcenter }: { vm_id?: string; vcenter?: string },
  actor: Actor,
  { resolveVm }: PowerDoes,
) => {
  if (vm_id !== undefined && vm_id !== called)
    throw refuse('invalid_request', 'The vm_id of the body is not that of the path. Nothing was sent.', {
      pointer: '/vm_id',
    });
  return said(await resolveVm({ called, ...(vcenter !== undefined && { vcenter }) }, actor), called).vmId;
};

/** Waits for the end, or as long as the client prefers; the answer links the operation in any case. */
const ended = async <Success>(
  request: Promise<AcceptedOperation | Rejection<ProblemCode>>,
  { called, waits, success }: ReplyOptions<Success>,
  { actor, headers, reply }: Exchange,
  { sourceEnd }: PowerDoes,
): Promise<Success | Operation> => {
  const { operation, replayed } = said(await request, called);
  const waited = preferredWait(headers);
  if (waited === null && !waits) return replyOperation(reply, operation, { replayed });
  hold(reply.raw);
  const seconds = waited === null ? {} : { seconds: waited };
  const end = answered(await sourceEnd({ id: operation.id, ...seconds }, actor));
  const { operation: last, late } = end;
  const failure = late ? sourceLate(last, called) : sourceFailure(last, called);
  if (failure) {
    replyHandled(reply, { replayed, waited });
    throw new Refused(failure);
  }
  replyOperation(reply, last, { replayed, waited });
  const done = success(end, called);
  if (!done) return last;
  reply.code(200);
  return done;
};

type Source = 'getSourcePowerState' | 'sourcePowerOff' | 'sourcePowerOn';

/** Power in the paths and shapes of the source: found by any alias, read back before it is a success. */
export const powerSourceRoutes: Pick<Endpoints<'power', PowerDoes>, Source> = {
  getSourcePowerState: async ({ params, query }, { actor }, use) =>
    said(await use.powerState({ called: params.vm_id, ...query }, actor), params.vm_id),
  sourcePowerOff: async ({ params: { vm_id: called }, body }, exchange, use) => {
    const { force, timeout: timeoutSeconds = 300, wait_for_shutdown: waits } = body;
    const vmId = await found(called, body, exchange.actor, use);
    const request = use.powerOff({ vmId, mode: force ? 'hard' : 'trySoft', timeoutSeconds }, exchange.actor);
    return ended(request, { called, waits, success: sourcePoweredOff }, exchange, use);
  },
  sourcePowerOn: async ({ params: { vm_id: called }, body }, exchange, use) => {
    const { wait_for_tools: waitForTools, timeout: timeoutSeconds } = body;
    const vmId = await found(called, body, exchange.actor, use);
    const within = timeoutSeconds === undefined ? {} : { timeoutSeconds };
    const request = use.powerOn({ vmId, waitForTools, ...within }, exchange.actor);
    return ended(request, { called, waits: true, success: sourcePoweredOn }, exchange, use);
  },
};
