import { eventTypes, roleOf, verdictIn, type CloudEvent, type ReadVerdict } from '@drover/contracts';
import { recordedOrder } from '@drover/kernel';
import { verifying } from './power-sources.js';
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

const verified = (row: VmRow, event: CloudEvent, { power: state, ...verdict }: ReadVerdict): VmRow => {
  const { tools, changed, observedAt } = verdict;
  const next = { state, tools, changed, observedAt, ...recordedOrder(verdict), sequence: Number(event.sequence) };
  return ended(withPower(row, verifying(row.sources, next)), event);
};

/** The row after something that power told. Escalations and marks change what is known of the operation alone. */
export const byPower = (row: VmRow, event: CloudEvent): VmRow => {
  const { role } = roleOf(event.type);
  if (role === 'begins') return power(row, event.operationid ?? null);
  if (role !== 'ends') return row;
  const verdict = verdictIn(event);
  return verdict ? verified(row, event, verdict) : ended(row, event);
};
