// What inventory's events say of its operations, a row for each event: one without a row does not compile. Never: a row that
// depends on what was told before; one event says it.
import type { inventoryEvents } from '../events/inventory.v1.js';
import type { OperationTable } from './operation-record.js';

const none = { role: 'none' } as const;

/** The role of each event of inventory. A listing that could not be believed did not do what was asked. */
export const inventoryRoles = {
  'vm-discovered': none,
  'vm-registered': none,
  'vm-aliased': none,
  'vm-described': none,
  'vm-edited': none,
  'vm-power-observed': none,
  'vm-went-missing': none,
  'vm-seen-again': none,
  'vm-merged': none,
  'vm-retired': none,
  'connection-added': none,
  'connection-changed': none,
  'connection-sign-in-failed': none,
  'connection-sign-in-reset': none,
  'connection-state-changed': none,
  'connections-configured': none,
  'connection-refresh-requested': {
    role: 'begins',
    kind: 'connection.refresh',
    cancellable: false,
    says: ({ deadline }) => ({ deadline }),
  },
  'connection-refreshed': {
    role: 'ends',
    says: ({ seen, added, changed, missing, complete, skippedCount = 0 }) => {
      const found = { seen, added, changed, missing, complete, ...(skippedCount > 0 && { skippedCount }) };
      if (complete) return { state: 'succeeded', result: { outcome: 'completed', ...found } };
      const error = { code: 'nothing_found', detail: 'The provider shows no machine where machines were known.' };
      return { state: 'failed', result: { outcome: 'completed_with_errors', ...found }, error };
    },
  },
  'connection-refresh-failed': {
    role: 'ends',
    says: ({ code, detail }) => ({
      state: code === 'operation_timed_out' ? 'expired' : 'failed',
      error: { code, detail },
    }),
  },
} as const satisfies OperationTable<typeof inventoryEvents>;
