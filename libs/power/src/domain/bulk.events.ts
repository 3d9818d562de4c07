import type { Mode, OperationId, VmId } from '@drover/kernel';
import type { PowerRequest } from './power.events.js';

/** What is done to each of many machines. */
export type BulkAction = PowerRequest['kind'];

/** How one item of a bulk ended: without a code it succeeded; without an operation it was refused. */
export type BulkItem = {
  readonly index: number;
  readonly operationId: OperationId | null;
  readonly code: string | null;
};

/**
 * What has happened to a request for many machines. `timeoutSeconds` and `waitForTools` are not published: they stand in
 * what each machine tells of its own operation.
 */
export type BulkFact =
  | {
      type: 'BulkRequested';
      op: number;
      action: BulkAction;
      mode: Mode | null;
      targetIds: readonly VmId[];
      timeoutSeconds: number;
      waitForTools: boolean;
    }
  | ({ type: 'BulkItemSettled'; op: number } & BulkItem)
  | {
      type: 'BulkFinished';
      op: number;
      outcome: 'completed' | 'completed_with_errors';
      succeeded: number;
      failed: number;
    };
