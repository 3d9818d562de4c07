// Waits for the views, two seconds at most: after a command until they show what it recorded, before a read until they show the
// place that it asks for. Never: "shown" said of an end that may be among what is parked.
import type { Service } from '@drover/contracts';
import { OperationId, reject, StreamId, type Rejection } from '@drover/kernel';
import type { Clock, View } from '@drover/ports';
import { cursorOf } from '../../domain/cursor.js';
import type { OperationRow } from '../operations/operation-row.js';
import type { ParkedViews } from './parked-views.js';
import type { Freshness } from './freshness.js';
import type { ViewNotifier } from './view-notifier.js';
import { placeOf, resumptionAt, type ReadJournalPorts } from '../journal/read-journal.js';

/** What the views are asked with. */
export interface ReadViewsPorts extends ReadJournalPorts {
  readonly clock: Clock;
  readonly notifier: ViewNotifier;
  readonly freshness: Freshness;
  readonly operations: View<OperationRow>;
  /** What the views could not take. */
  readonly parked: ParkedViews;
  readonly stopping: AbortSignal;
}

/** How long an answer waits for the views. */
const PATIENCE_MS = 2000;

/** Waits for the views: an answer says nothing that the next read does not show. */
export const readViews = (ports: ReadViewsPorts) => {
  const { clock, notifier, freshness, operations, parked, stopping, shown } = ports;

  /** Whether it comes to hold while an answer may wait. */
  const comes = async (holds: () => boolean) => {
    const until = clock.monotonic() + PATIENCE_MS;
    while (!holds()) {
      const left = until - clock.monotonic();
      if (left <= 0 || stopping.aborted) return false;
      await notifier.next(left);
    }
    return true;
  };

  /** Whether the end of an operation may be parked; of one that is not named, or of many machines, the end of any. */
  const lacksEnd = (id: OperationId | undefined, row: OperationRow | null) => {
    if (id === undefined || (row && row.targetCount !== null)) return parked.size() > 0;
    const stream = OperationId.stream(id);
    return !row?.endedBy && parked.head(StreamId.key(StreamId.category(stream), stream)) !== null;
  };

  return {
    /**
     * Once the views have everything that the service has recorded up to now: where the event that ended the operation
     * stands in the journal. Null when they do not have it within two seconds, or it may be parked.
     */
    after: async (service: Service, id?: OperationId): Promise<{ readonly position: string | null } | null> => {
      const head = freshness.headOf(service);
      if (head === null || !(await comes(() => freshness.has(service, head)))) return null;
      const row = id === undefined ? null : await operations.get(id);
      if (lacksEnd(id, row)) return null;
      return { position: row?.endedBy ? cursorOf(shown().incarnation, row.endedBy) : null };
    },
    /** Once the views show the journal up to a place: null; else why they do not. */
    reached: async (cursor: string): Promise<Rejection<'cursor_invalid' | 'cursor_expired' | 'view_behind'> | null> => {
      const place = () => resumptionAt(cursor, ports);
      const until = clock.monotonic() + PATIENCE_MS;
      await comes(() => place().is !== 'ahead');
      const { is } = await placeOf(cursor, ports, Math.max(0, until - clock.monotonic()));
      switch (is) {
        case 'at':
        case 'too_old':
          return null;
        case 'ahead':
        case 'behind':
          return reject('view_behind', 'The view does not reach that place yet. Nothing was read.', {
            retryAfterSeconds: 1,
          });
        case 'foreign':
          return reject('cursor_expired', 'The place is of another journal. Nothing was read.');
        case 'unreadable':
          return reject('cursor_invalid', 'This is no place that the journal gave. Nothing was read.', {
            pointer: '?/min-position',
          });
      }
    },
  };
};
