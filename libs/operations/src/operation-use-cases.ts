// What can be asked about the operations of any capability, and done with them: one set of queries and commands, of which a
// capability fills in what is its own (`OperationVerbs`). Never: an answer about an operation that whoever asks may not
// read; it is not there for them. Rights of one operation are asked by `permitted`, before the verb is.
import { hasEnded, MarkBody, PageQuery, ReasonBody, type Operation, type ProblemCode } from '@drover/contracts';
import {
  asked,
  defineCommand,
  defineQuery,
  isRejection,
  OperationId,
  reject,
  type Actor,
  type Rejection,
  type Right,
} from '@drover/kernel';
import { operationFacts, readUntil, type Commit, type EventMapping, type WaitPorts } from '@drover/ports';
import * as z from 'zod';
import { asReadBy, readsOperation, type ReadingPorts } from './reading.js';

/** The operation that a request led to, as it stands, and whether it was asked for before. */
export interface AcceptedOperation {
  readonly operation: Operation;
  readonly replayed: boolean;
}

/** What came of a verb: the operation to follow, or why not. */
export type VerbResult = Promise<AcceptedOperation | Rejection<ProblemCode>>;

/** An operation that somebody may act on; a capability adds what else it knows of it. */
export interface KnownOperation {
  readonly operation: Operation;
}

/** How one capability answers for its operations. What all of them share is below. */
export interface OperationVerbs<Ports, Known extends KnownOperation = KnownOperation> {
  /** How its facts are told. */
  readonly mapping: EventMapping;
  /** Rights that every verb takes; those of one operation are for `permitted` to ask. */
  readonly needs: readonly Right[];
  /** Reads one from its own stream, so that whoever asked for it sees it at once; null when there is none. */
  read(id: OperationId, ports: Ports): Promise<Operation | null>;
  /** The commits that an operation is among. */
  commits(id: OperationId, ports: Ports): Promise<readonly Commit[]>;
  /** The operation, for somebody who may act on it; a refusal for want of a right is recorded. */
  permitted(id: OperationId, verb: string, actor: Actor, ports: Ports): Promise<Known | Rejection<ProblemCode>>;
  cancel(known: Known, actor: Actor, ports: Ports): VerbResult;
  check(known: Known, actor: Actor, ports: Ports): VerbResult;
  mark(known: Known, said: z.output<typeof MarkBody>, actor: Actor, ports: Ports): VerbResult;
  runAgain(known: Known, input: VerbInput, actor: Actor, ports: Ports): VerbResult;
}

const verbInput = z.strictObject({ id: OperationId.schema, ...ReasonBody.shape });
/** What a verb is asked with. */
export type VerbInput = z.output<typeof verbInput>;

/** The answer when there is none. */
export const noSuchOperation = () => reject('not_found', 'There is no such operation. Nothing was done.');

/** The queries and commands that every capability has for its operations. */
export const operationUseCases = <Ports extends ReadingPorts, Known extends KnownOperation>(
  of: OperationVerbs<Ports, Known>,
) => {
  /** The operation, for somebody who may read of it. */
  const read = async (id: OperationId, actor: Actor, ports: Ports) => {
    const operation = await of.read(id, ports);
    if (!operation || !(await readsOperation(operation, actor, ports.groupsOf))) return null;
    return asReadBy(operation, actor, ports.groupsOf);
  };
  /** Of what somebody may not read it is said that it is not there; null when they may, or it is not. */
  const outOfReach = async (id: OperationId, actor: Actor, ports: Ports) =>
    actor.limits && !(await read(id, actor, ports)) ? noSuchOperation() : null;
  type Run = (known: Known, input: VerbInput, actor: Actor, ports: Ports) => VerbResult;
  const needs = () => asked(of.needs);
  const verb = (name: string, run: Run) =>
    defineCommand({
      name,
      input: verbInput,
      needs,
      async handle(input, actor, ports: Ports) {
        if (!(await read(input.id, actor, ports))) return noSuchOperation();
        const known = await of.permitted(input.id, name, actor, ports);
        return isRejection(known) ? known : run(known, input, actor, ports);
      },
    });
  const queries = {
    getOperation: defineQuery({
      name: 'operation.get',
      input: z.strictObject({ id: OperationId.schema }),
      needs: () => asked(['vm:read']),
      handle: async ({ id }, actor, ports: Ports) => (await read(id, actor, ports)) ?? noSuchOperation(),
    }),
    /** Every fact of an operation, oldest first, internal ones included. */
    getOperationFacts: defineQuery({
      name: 'operation.facts',
      input: PageQuery.extend({ id: OperationId.schema }),
      needs: () => asked(['vm:read']),
      handle: async ({ id, ...page }, actor, ports: Ports) =>
        (await outOfReach(id, actor, ports)) ?? operationFacts(id, await of.commits(id, ports), of.mapping, page),
    }),
    /** Holds the answer until the operation has ended, the seconds are over or the process stops. */
    waitForOperation: defineQuery({
      name: 'operation.wait',
      input: z.strictObject({
        id: OperationId.schema,
        seconds: z.number().min(0),
        /** Look again at an outcome that is unknown. */
        settled: z.boolean().exactOptional(),
      }),
      needs: () => [], // whoever asked for the operation waits for it
      async handle({ id, seconds, settled = false }, actor, ports: Ports & WaitPorts) {
        const operation = await readUntil(
          { stream: OperationId.stream(id), seconds },
          () => of.read(id, ports),
          (read) => read === null || (settled ? read.state !== 'unknown' : hasEnded(read)),
          ports,
        );
        return operation ? asReadBy(operation, actor, ports.groupsOf) : noSuchOperation();
      },
    }),
  };
  const commands = {
    cancelOperation: verb('operation.cancel', (known, _, actor, ports) => of.cancel(known, actor, ports)),
    checkOperation: verb('operation.check', (known, _, actor, ports) => of.check(known, actor, ports)),
    runOperationAgain: verb('operation.run-again', of.runAgain),
    markOperation: defineCommand({
      name: 'operation.mark',
      input: z.strictObject({ id: OperationId.schema, ...MarkBody.shape }),
      needs,
      async handle({ id, ...said }, actor, ports: Ports) {
        if (!(await read(id, actor, ports))) return noSuchOperation();
        const known = await of.permitted(id, 'operation.mark', actor, ports);
        return isRejection(known) ? known : of.mark(known, said, actor, ports);
      },
    }),
  };
  return { commands, queries };
};
