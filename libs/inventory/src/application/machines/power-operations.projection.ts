import type { CloudEvent, EventType } from '@drover/contracts';
import type { OperationId, Projection } from '@drover/kernel';

/** The power operation of a machine that has not ended. */
export type PowerOperation = { readonly operation: OperationId };

const BEGINS = [
  'io.drover.power.power-off-requested.v1',
  'io.drover.power.power-on-requested.v1',
  'io.drover.power.restart-requested.v1',
] as const satisfies readonly EventType[];
const ENDS = [
  'io.drover.power.vm-powered-off.v1',
  'io.drover.power.vm-powered-on.v1',
  'io.drover.power.vm-restarted.v1',
  'io.drover.power.power-operation-refused.v1',
  'io.drover.power.power-operation-failed.v1',
  'io.drover.power.power-operation-expired.v1',
  'io.drover.power.power-operation-unknown.v1',
  'io.drover.power.power-operation-cancelled.v1',
] as const satisfies readonly EventType[];
type Heard = CloudEvent<(typeof BEGINS)[number] | (typeof ENDS)[number]>;

const begins = new Set<EventType>(BEGINS);

/** Which machines power works on: nobody takes those out of the fleet. One stream's events come in their order. */
export const powerOperations = {
  view: 'power-operations',
  revision: 1,
  listensTo: [...BEGINS, ...ENDS],
  key: ({ partitionkey }) => partitionkey,
  evolve: (row, { type, operationid }) => {
    if (operationid === undefined) return row;
    if (begins.has(type)) return { operation: operationid };
    return row?.operation === operationid ? null : row; // an older one that was settled late
  },
  index: {},
} as const satisfies Projection<Heard, PowerOperation>;
