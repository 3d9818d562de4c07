// What every long work is to whoever is told of it by public events: the record that lists and details share, and the kinds
// of rows in which each service says what its events do to it. Types alone: the fold is in `libs/operations`. Never: the
// name of an event or of a capability, or a member of the record that only the owner of an operation knows.
import type { Instant, OperationId, PowerState, Tools, PrincipalId } from '@drover/kernel';
import type * as z from 'zod';
import type { Evidence, Operation, OperationState } from '../http/operation.js';

/** What an operation ends as. */
export type EndState = Extract<OperationState, 'succeeded' | 'failed' | 'cancelled' | 'expired' | 'unknown'>;

/** The part of the evidence that public events tell. */
export type PublicEvidence = {
  readonly [
    Member in Exclude<keyof Evidence, 'attempts' | 'observations' | 'firstError' | 'note' | 'guestAskedAt'>
  ]?: Evidence[Member];
};

/** What came of an operation: an outcome, and what was found. */
export type OperationResult = { readonly outcome: string; readonly [found: string]: string | number | boolean };

/** Why an operation did not succeed. */
export type OperationError = { readonly code: string; readonly detail: string };

/** How an operation stands: no event has ended it yet; it succeeded; it ended otherwise, and may say why. */
export type OperationStatus =
  | { readonly state: 'running'; readonly endedAt: null; readonly result: null; readonly error: null }
  | { readonly state: 'succeeded'; readonly endedAt: Instant; readonly result: OperationResult; readonly error: null }
  | {
      readonly state: Exclude<EndState, 'succeeded'>;
      readonly endedAt: Instant;
      readonly result: OperationResult | null;
      readonly error: OperationError | null;
    };

/**
 * An operation as its public events tell it: all that a list knows of it, and the same words in the answer of its owner,
 * who knows more (steps, attempts, looks, whether it waits). Names of targets are joined when it is read.
 */
export type OperationRecord = OperationStatus &
  Pick<Operation, 'id' | 'kind' | 'parent' | 'deadline' | 'requestedBy' | 'requestedAt'> & {
    readonly target: { readonly type: string; readonly id: string };
    /** Of a bulk: how many machines were named. */
    readonly targetCount: number | null;
    /** Whether its kind of work can be cancelled at all. */
    readonly cancellable: boolean;
    readonly percent: number | null;
    readonly evidence: PublicEvidence;
  };

/** The operation that an event belongs to, and who caused it: what a row of the table may need besides the data. */
export interface EventContext {
  readonly id: OperationId;
  readonly actor: PrincipalId;
  readonly record: OperationRecord | null;
}

/** What the event that begins an operation says of it. */
export interface Beginning {
  readonly deadline?: Instant;
  readonly parent?: OperationId | null;
  readonly targetCount?: number;
  readonly evidence?: PublicEvidence;
}

/** What an operation found out about its machine: as it was read at the end, and whether the operation changed it. */
export interface MachineVerdict {
  readonly power: Exclude<PowerState, 'unknown'>;
  /** Null where the event does not say. */
  readonly tools: Tools | null;
  readonly changed: boolean;
}

/** What the event that ends an operation says of it. Without `result` a success is `completed`. */
export type Ending = (
  { readonly state: 'succeeded' } | { readonly state: Exclude<EndState, 'succeeded'>; readonly error?: OperationError }
) & { readonly evidence?: PublicEvidence; readonly result?: OperationResult; readonly percent?: number };

/**
 * What an event does to an operation, and what it says in the record. `revises`: it says how an operation ended that had
 * ended before, while another one may run; `none`: it belongs to no operation.
 */
export type EventRole<Data> =
  | {
      readonly role: 'begins';
      readonly kind: Operation['kind'];
      readonly cancellable: boolean;
      says(data: Data, context: EventContext): Beginning;
    }
  | { readonly role: 'moves'; says(data: Data, context: EventContext): { readonly evidence?: PublicEvidence } }
  | {
      readonly role: 'ends';
      says(data: Data, context: EventContext): Ending;
      /** Where the end was verified: what was read of the machine. */
      verdict?(data: Data): MachineVerdict;
    }
  | { readonly role: 'revises'; says(data: Data, context: EventContext): Ending }
  | { readonly role: 'none' };

/**
 * The role of each public event of a service: total by type, so that an event without its row does not compile.
 * Events of the audit belong to no operation.
 */
export type OperationTable<Events extends Readonly<Record<string, z.ZodType>>> = {
  readonly [Name in keyof Events]: EventRole<z.output<Events[Name]>>;
};
