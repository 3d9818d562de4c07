import type { Operation } from '@drover/contracts';
import {
  Instant,
  OperationId,
  reject,
  StreamId,
  type Actor,
  type Mode,
  type OnDenied,
  type Rejection,
  type Right,
  type VmId,
} from '@drover/kernel';
import type { Commit } from '@drover/ports';
import type { BulkWish } from '../../domain/bulk.decider.js';
import type { PowerFact, Requested } from '../../domain/power.events.js';
import { vmOf } from '../../domain/power.js';
import { NEEDS } from '../../domain/way.js';
import { commitsOf, noSuchOperation, readOperation, type OperationPorts } from './get-operation.query.js';

/** What was wished for, in the words of the command. */
export type Wished =
  | {
      readonly kind: 'vm.power-off' | 'vm.restart';
      readonly vmId: VmId;
      readonly mode: Mode;
      readonly timeoutSeconds: number;
    }
  | {
      readonly kind: 'vm.power-on';
      readonly vmId: VmId;
      readonly waitForTools: boolean;
      readonly timeoutSeconds: number;
    }
  | { readonly kind: 'bulk.start'; readonly wish: BulkWish };

/** An operation and the wish it came from. */
export interface Known {
  readonly operation: Operation;
  readonly wished: Wished;
}

/** What a wish takes: the right of the operation's own verb. */
export const rightsFor = (wished: Wished): readonly Right[] => {
  if (wished.kind === 'vm.power-on') return ['vm:operate'];
  if (wished.kind !== 'bulk.start') return NEEDS[wished.mode];
  return wished.wish.mode === null ? ['vm:operate'] : NEEDS[wished.wish.mode];
};

const requestOf = (commits: readonly Commit<PowerFact>[], op: number) =>
  commits
    .flatMap(({ facts, metadata }) => facts.map(({ fact }) => ({ fact, at: metadata.at })))
    .find((each): each is { fact: Requested; at: Instant } => each.fact.op === op && 'deadline' in each.fact);

const wishedIn = (vmId: VmId, { fact, at }: { fact: Requested; at: Instant }): Wished => {
  const timeoutSeconds = Instant.msBetween(at, fact.deadline) / 1000;
  switch (fact.type) {
    case 'PowerOnRequested':
      return { kind: 'vm.power-on', vmId, waitForTools: fact.waitForTools, timeoutSeconds };
    case 'PowerOffRequested':
      return { kind: 'vm.power-off', vmId, mode: fact.mode, timeoutSeconds };
    case 'RestartRequested':
      return { kind: 'vm.restart', vmId, mode: fact.mode, timeoutSeconds };
  }
};

/** Finds an operation with its wish. */
export const knownOperation = async (id: OperationId, ports: OperationPorts): Promise<Known | null> => {
  const operation = await readOperation(id, ports);
  if (!operation) return null;
  const stream = OperationId.stream(id);
  if (StreamId.category(stream) === 'bulk') {
    const { state } = await ports.bulks.load(stream);
    return state.is === 'nothing' ? null : { operation, wished: { kind: 'bulk.start', wish: state.wish } };
  }
  const request = requestOf((await commitsOf(id, ports)).commits, OperationId.ordinal(id));
  return request ? { operation, wished: wishedIn(vmOf(stream), request) } : null;
};

/** The operation, for somebody who may do what it does; a refusal for want of a right is recorded. */
export const permitted = async (
  id: OperationId,
  command: string,
  actor: Actor,
  ports: OperationPorts & { readonly denied: OnDenied },
): Promise<Known | Rejection<'not_found' | 'forbidden'>> => {
  const known = await knownOperation(id, ports);
  if (!known) return noSuchOperation();
  const right = rightsFor(known.wished).find((needed) => !actor.rights.includes(needed));
  if (!right) return known;
  await ports.denied({ name: command, right }, actor);
  return reject('forbidden', `This takes the right ${right}. Nothing was done.`);
};
