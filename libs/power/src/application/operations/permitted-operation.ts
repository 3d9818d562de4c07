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
import type { PowerFact, Requested } from '../../domain/power.events.js';
import { isRequest } from '../../domain/power-verbs.js';
import { rightsFor, templateOf, type RequestTemplate } from '../../domain/request-template.js';
import type { RequestPorts } from '../requests/preconditions.js';
import { commitsOf, readOperation, type OperationPorts } from './read-operation.js';

/** What acting on an operation takes. */
export interface VerbPorts extends RequestPorts, ReadingPorts, JudgingPorts {
  readonly jobs: JobQueue;
  readonly audit: Audit;
}

/** An operation and the request it came from. */
export interface PermittedOperation {
  readonly operation: Operation;
  readonly asking: RequestTemplate;
}

const requestOf = (commits: readonly Commit<PowerFact>[], op: number) =>
  commits
    .flatMap(({ facts, metadata }) => facts.map(({ fact }) => ({ fact, at: metadata.at })))
    .find((each): each is { fact: Requested; at: Instant } => each.fact.op === op && isRequest(each.fact));

const askingOf = async (id: OperationId, ports: OperationPorts): Promise<RequestTemplate | null> => {
  const stream = OperationId.stream(id);
  if (StreamId.category(stream) === 'bulk') {
    const { state } = await ports.bulks.load(stream);
    return state.is === 'nothing' ? null : state.request;
  }
  const request = requestOf((await commitsOf(id, ports)).commits, OperationId.ordinal(id));
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
  const asking = operation && (await askingOf(id, ports));
  if (!asking) return noSuchOperation();
  const { target } = operation;
  const rights = rightsFor(asking.mode);
  const need = target.type === 'vm' ? ofVm(VmId.parse(target.id), rights) : asked(rights);
  const refusal = await refusalOf(command, need, actor, ports);
  if (refusal) return refusal;
  return isNoEtag(actor.ifMatch) ? noEtag('machine') : { operation, asking };
};
