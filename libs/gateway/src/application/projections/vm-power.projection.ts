import { eventTypes, type CloudEvent } from '@drover/contracts';
import { seenAs, type VmRow } from './vm-row.projection.js';
import { vmOf } from './journalled.projection.js';

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

/** The row after something that power told. */
export const byPower = (row: VmRow, event: CloudEvent): VmRow => {
  switch (event.type) {
    case 'io.drover.power.power-off-requested.v1':
    case 'io.drover.power.power-on-requested.v1':
    case 'io.drover.power.restart-requested.v1':
      return power(row, event.operationid ?? null);
    case 'io.drover.power.vm-powered-off.v1': {
      const { observedAt, method } = event.data;
      // Not read with the outcome. Tools that are not installed are not installed in a machine that is off, either.
      const tools = row.power.tools === 'toolsNotInstalled' ? row.power.tools : 'unknown';
      const seen = { state: 'poweredOff', tools, observedAt, bootAt: null } as const;
      return ended(seenAs(row, { ...seen, outcome: { changed: method !== 'already-off' } }), event);
    }
    case 'io.drover.power.vm-powered-on.v1': {
      const { observedAt, tools, previousState } = event.data;
      const seen = { state: 'poweredOn', tools, observedAt, bootAt: null } as const;
      return ended(seenAs(row, { ...seen, outcome: { changed: previousState !== 'poweredOn' } }), event);
    }
    case 'io.drover.power.vm-restarted.v1': {
      const seen = {
        state: 'poweredOn',
        tools: row.power.tools,
        observedAt: event.data.observedAt,
        bootAt: null,
      } as const;
      return ended(seenAs(row, { ...seen, outcome: { changed: true } }), event);
    }
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
