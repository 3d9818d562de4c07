// What a capability fills in of its own (`OperationVerbs`), so that its operations can be asked about and acted on by the
// one set of queries and commands that all capabilities share. Never: what a capability does in its verbs; here stands what
// it is asked.
import { ReasonBody, type MarkBody, type Operation, type ProblemCode } from '@drover/contracts';
import { OperationId, reject, type Actor, type Rejection, type Right } from '@drover/kernel';
import type { Commit, EventMapping } from '@drover/ports';
import * as z from 'zod';

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

/** The schema of what a verb is asked with. */
export const VerbInput = z.strictObject({ id: OperationId.schema, ...ReasonBody.shape });
/** What a verb is asked with. */
export type VerbInput = z.output<typeof VerbInput>;

/** The answer when there is none. */
export const noSuchOperation = () => reject('not_found', 'There is no such operation. Nothing was done.');
