// Whether somebody may act on an operation: its request is read back from its stream, and takes the same rights again.
// Never: let a verb of an operation reach further than the request that it came from.
import { sequenceIn, type Operation } from '@drover/contracts';
import {
  asked,
  denialOf,
  Instant,
  ofVm,
  OperationId,
  reject,
  StreamId,
  VmId,
  type Actor,
  type OnDenied,
  type Rejection,
} from '@drover/kernel';
import { noSuchOperation, type ReadingPorts } from '@drover/operations';
import type { Audit, Commit, JobQueue } from '@drover/ports';
import { rightsFor } from '../../domain/power.decider.js';
import { isRequest, templateOf } from '../../domain/power.events.js';
import type { PowerFact, Requested, RequestTemplate } from '../../domain/power.events.js';
import type { RequestPorts } from '../requests/request-power.js';
import { commitsOf, readOperation, type StreamPorts } from './read-operation.js';

/** What acting on an operation takes. `denied`: is told of a right that was missing. */
export interface VerbPorts extends RequestPorts, ReadingPorts {
  readonly denied: OnDenied;
  readonly jobs: JobQueue;
  readonly audit: Audit;
}

/** An operation and the request it came from. */
export interface PermittedOperation {
  readonly operation: Operation;
  readonly template: RequestTemplate;
}

const requestIn = (commits: readonly Commit<PowerFact>[], op: number) =>
  commits
    .flatMap(({ facts, metadata }) => facts.map(({ fact }) => ({ fact, at: metadata.at })))
    .find((each): each is { fact: Requested; at: Instant } => each.fact.op === op && isRequest(each.fact));

const templateIn = async (id: OperationId, ports: StreamPorts): Promise<RequestTemplate | null> => {
  const stream = OperationId.stream(id);
  if (StreamId.category(stream) === 'bulk') {
    const { state } = await ports.bulks.load(stream);
    return state.is === 'nothing' ? null : state.request;
  }
  const request = requestIn((await commitsOf(id, ports)).commits, OperationId.ordinal(id));
  return request ? templateOf(request.fact, request.at) : null;
};

/** The operation, for somebody who may do what it does; a refusal for want of a right is recorded. */
export const permitted = async (
  id: OperationId,
  command: string,
  actor: Actor,
  ports: VerbPorts,
): Promise<PermittedOperation | Rejection<'not_found' | 'forbidden' | 'version_mismatch'>> => {
  const operation = await readOperation(id, ports);
  const template = operation && (await templateIn(id, ports));
  if (!template) return noSuchOperation();
  const { target } = operation;
  const rights = rightsFor(template.mode);
  const need = target.type === 'vm' ? ofVm(VmId.parse(target.id), rights) : asked(rights);
  const denial = await denialOf(need, actor, ports.groupsOf);
  if (!denial && sequenceIn(actor.ifMatch, 'p') === null)
    return reject('version_mismatch', 'If-Match is no ETag of a machine. Nothing was done.');
  if (!denial) return { operation, template };
  const { right, target: whose, refusal } = denial;
  await ports.denied({ name: command, right, target: whose, code: refusal.rejected }, actor);
  return refusal;
};
