// Which machines power works on, from its public events: what is asked before a machine leaves the fleet. Never: more than
// the id of the operation; its state is for power to tell.
import { machineOperationEvents, roleOf, type CloudEvent } from '@drover/contracts';
import type { OperationId, Projection } from '@drover/kernel';

/** The power operation of a machine that has not ended. */
export type PowerOperation = { readonly operation: OperationId };

/** Which machines power works on: nobody takes those out of the fleet. One stream's events come in their order. */
export const powerOperations: Projection<CloudEvent, PowerOperation> = {
  view: 'power-operations',
  revision: 1,
  listensTo: machineOperationEvents('begins', 'ends'),
  key: ({ partitionkey }) => partitionkey,
  evolve: (row, { type, operationid }) => {
    if (operationid === undefined) return row;
    if (roleOf(type).role === 'begins') return { operation: operationid };
    return row?.operation === operationid ? null : row; // an older one that was settled late
  },
  index: {},
};
