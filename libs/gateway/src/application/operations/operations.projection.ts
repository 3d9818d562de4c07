// The list of all operations, made of public events by the same fold that their owners use, so list and detail agree. Never:
// a member that only the owner of an operation knows.
import { operationEvents, roleOf, type RoleName } from '@drover/contracts';
import type { Instant, Projection } from '@drover/kernel';
import { evolveRecord } from '@drover/operations';
import type { Journalled } from '../journal/journalled.js';
import type { OperationRow } from './operation-row.js';

/** An hour, as text: what failures are counted by. */
export const hourOf = (at: Instant) => at.slice(0, 13);

const ends: readonly RoleName[] = ['ends', 'revises'];
const roles: readonly RoleName[] = ['begins', 'moves', ...ends];

/** The operations, as far as public events tell: what the list shows. Each owner answers for one of its own. */
export const operationsProjection: Projection<Journalled, OperationRow> = {
  view: 'operations',
  revision: 7,
  listensTo: [...operationEvents('power', ...roles), ...operationEvents('inventory', ...roles)],
  key: ({ event }) => event.operationid ?? null,
  evolve: (row, { event, position }) => {
    const id = event.operationid;
    if (!id) return row;
    const record = evolveRecord(row, id, event);
    return record && { ...record, endedBy: ends.includes(roleOf(event.type).role) ? position : (row?.endedBy ?? null) };
  },
  index: {
    vm: ({ target }) => (target.type === 'vm' ? target.id : null),
    state: ({ state }) => state,
    kind: ({ kind }) => kind,
    requestedAt: ({ requestedAt }) => requestedAt,
    failedHour: ({ state, endedAt }) =>
      endedAt && (state === 'failed' || state === 'expired') ? hourOf(endedAt) : null,
  },
};
