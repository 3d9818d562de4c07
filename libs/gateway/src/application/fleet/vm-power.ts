// What power tells of a machine, folded into its row. Never: a type of event by its name; the tables of roles say what each
// does.
import { eventTypes, roleOf, verdictIn, type CloudEvent, type ReadVerdict } from '@drover/contracts';
import { recordedOrder } from '@drover/kernel';
import { verifying } from './power-sources.js';
import type { VmPowerRecord } from './vm-row.js';
import { vmOf } from '../journal/journalled.js';

const ofPower = new Set<string>(eventTypes.filter((type) => type.startsWith('io.drover.power.')));

/** What power tells of machines. */
export const isPowerVmEvent = (event: CloudEvent) => ofPower.has(event.type) && vmOf(event) !== null;

/** The operation that ended is not open any more; another one that began meanwhile is. */
const ended = <Told extends VmPowerRecord>(row: Told, event: CloudEvent): Told =>
  row.operation === event.operationid ? { ...row, operation: null } : row;

const verified = <Told extends VmPowerRecord>(
  row: Told,
  event: CloudEvent,
  { power, ...verdict }: ReadVerdict,
): Told => {
  const { tools, changed, observedAt } = verdict;
  const next = { power, tools, changed, observedAt, ...recordedOrder(verdict), sequence: Number(event.sequence) };
  return ended({ ...row, verified: verifying(row.verified, next) }, event);
};

/** The row after something that power told. Escalations and marks change what is known of the operation alone. */
export const byPower = <Told extends VmPowerRecord>(row: Told, event: CloudEvent): Told => {
  const { role } = roleOf(event.type);
  if (role === 'begins') return { ...row, operation: event.operationid ?? null };
  if (role !== 'ends') return row;
  const verdict = verdictIn(event);
  return verdict ? verified(row, event, verdict) : ended(row, event);
};
