// Whether somebody may act on an operation: its request is read back from its stream, and takes the same rights again.
// Never: let a verb of an operation reach further than the request that it came from.
import { isNoEtag, noEtag, type Operation } from '@drover/contracts';
import {
  asked,
  Instant,
  ofVm,
  OperationId,
  refusalOf,
  StreamId,
  VmId,
  type Actor,
  type JudgingPorts,
  type Rejection,
} from '@drover/kernel';
import { noSuchOperation, type ReadingPorts } from '@drover/operations';
import type { Audit, Commit, JobQueue } from '@drover/ports';
import { rightsFor } from '../../domain/power-request.js';
import { isRequest, templateOf } from '../../domain/power.events.js';
import type { PowerFact } from '../../domain/power.events.js';
import type { Requested, RequestTemplate } from '../../domain/power-request.events.js';
import type { RequestPorts } from '../requests/request-power.js';
import { commitsOf, readOperation, type StreamPorts } from './read-operation.js';

/** What acting on an operation takes. */
export interface VerbPorts extends RequestPorts, ReadingPorts, JudgingPorts {
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
  const refusal = await refusalOf(command, need, actor, ports);
  if (refusal) return refusal;
  return isNoEtag(actor.ifMatch) ? noEtag('machine') : { operation, template };
};
