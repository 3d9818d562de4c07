import { eventTypes, type CloudEvent } from '@drover/contracts';
import { recordedOrder } from '@drover/kernel';
import { verifying, type Verified } from './power-sources.js';
import { withPower, type VmRow } from './vm-row.js';
import { vmOf } from '../journal/journalled.js';

const ofPower = new Set<string>(eventTypes.filter((type) => type.startsWith('io.drover.power.')));

/** What power tells of machines. */
export const isPowerVmEvent = (event: CloudEvent) => ofPower.has(event.type) && vmOf(event) !== null;

const power = (row: VmRow, operation: VmRow['operations']['power']): VmRow => ({
  ...row,
  operations: { ...row.operations, power: operation },
});

/** The operation that ended is not open any more; another one that began meanwhile is. */
const ended = (row: VmRow, event: CloudEvent): VmRow =>
  row.operations.power === event.operationid ? power(row, null) : row;

type Verdict = CloudEvent<
  'io.drover.power.vm-powered-off.v1' | 'io.drover.power.vm-powered-on.v1' | 'io.drover.power.vm-restarted.v1'
>;

const verified = (row: VmRow, event: Verdict, found: Pick<Verified, 'state' | 'tools' | 'changed'>): VmRow => {
  const { observedAt } = event.data;
  const next = { ...found, observedAt, ...recordedOrder(event.data), sequence: Number(event.sequence) };
  return ended(withPower(row, verifying(row.sources, next)), event);
};

/** The row after something that power told. */
export const byPower = (row: VmRow, event: CloudEvent): VmRow => {
  switch (event.type) {
    case 'io.drover.power.power-off-requested.v1':
    case 'io.drover.power.power-on-requested.v1':
    case 'io.drover.power.restart-requested.v1':
      return power(row, event.operationid ?? null);
    case 'io.drover.power.vm-powered-off.v1':
      return verified(row, event, { state: 'poweredOff', tools: null, changed: event.data.method !== 'already-off' });
    case 'io.drover.power.vm-powered-on.v1': {
      const { tools, previousState } = event.data;
      return verified(row, event, { state: 'poweredOn', tools, changed: previousState !== 'poweredOn' });
    }
    case 'io.drover.power.vm-restarted.v1':
      return verified(row, event, { state: 'poweredOn', tools: null, changed: true });
    case 'io.drover.power.power-operation-refused.v1':
    case 'io.drover.power.power-operation-failed.v1':
    case 'io.drover.power.power-operation-expired.v1':
    case 'io.drover.power.power-operation-unknown.v1':
    case 'io.drover.power.power-operation-cancelled.v1':
      return ended(row, event);
    default:
      return row; // escalations and marks change what is known of the operation, not of the machine
  }
};
