// What is stored of one request for many machines: what was asked, and how each item ended. Never: the evidence of a
// machine, which has an operation of its own.
import type { OperationId, VmId } from '@drover/kernel';
import type { RequestTemplate } from './power-request.events.js';

/** How one item of a bulk ended: without a code it succeeded; without an operation it was refused, so it has a code. */
export type BulkItem = { readonly index: number } & (
  | { readonly operationId: OperationId; readonly code: string | null }
  | { readonly operationId: null; readonly code: string }
);

/** What is requested of each machine, once for all. */
export type BulkRequest = RequestTemplate & { readonly targetIds: readonly VmId[] };

/**
 * What has happened to a request for many machines. `timeoutSeconds` and `waitForTools` are not published: they stand in
 * what each machine tells of its own operation.
 */
export type BulkFact =
  | ({ type: 'BulkRequested'; op: number } & BulkRequest)
  | ({ type: 'BulkItemSettled'; op: number } & BulkItem)
  | {
      type: 'BulkFinished';
      op: number;
      outcome: 'completed' | 'completed_with_errors';
      succeeded: number;
      failed: number;
    };
