// Ends what has had its time: the old end of the journal, operations that no list shows any more, expired sessions. Ages are
// corrected by how far the clock was set forward, so nothing is lost sooner. Never: remove from a stream of events; journal
// and views are made from those.
import {
  Instant,
  RequestId,
  yieldToEventLoop,
  type Actor,
  type Policy,
  type SessionId,
  type PrincipalId,
} from '@drover/kernel';
import type { Audit, Clock, SessionStore, View } from '@drover/ports';
import type { JournalProjection } from './journal/journal-ports.js';
import type { OperationRow } from './operations/operation-row.js';

/** What the policy may touch. */
export interface HousekeepingPorts {
  /** Forgets the old end of the journal. */
  readonly trim: JournalProjection['trim'];
  /** Removes rows of a view. */
  readonly prune: JournalProjection['prune'];
  readonly operations: View<OperationRow>;
  readonly sessions: SessionStore;
  readonly audit: Audit;
  readonly clock: Clock;
  /** By how many milliseconds the time of day was set forward since an instant: nobody forgets sooner for that. */
  readonly leapt: (since: Instant) => number;
  readonly journalDays: number;
  /** So many of the newest events stay in the journal, however old: a million. */
  readonly journalKeep?: number;
}

/** How often what is too old is removed, in milliseconds. */
export const HOUR_MS = 3_600_000;
const DAY_SECONDS = 24 * 3600;
/** Cursors at least this near to the end can be resumed, however old. */
const KEEP = 1_000_000;
const LISTED_DAYS = 30;
const LIMIT = 100;

/** So many days ago; a clock that leapt meanwhile has not made anything older. */
const daysAgo = (days: number, { clock, leapt }: Pick<HousekeepingPorts, 'clock' | 'leapt'>) => {
  const shown = Instant.plusSeconds(clock.now(), -days * DAY_SECONDS);
  return Instant.plusSeconds(shown, -leapt(shown) / 1000);
};

/** Forgets operations that the list shows no longer, in the views of this process. */
export const forgetOperations = async ({
  operations,
  prune,
  ...time
}: Pick<HousekeepingPorts, 'operations' | 'prune' | 'clock' | 'leapt'>) => {
  const before = daysAgo(LISTED_DAYS, time);
  for (;;) {
    const { rows } = await operations.find({ sort: 'requestedAt', limit: LIMIT });
    const old = rows.filter(({ row }) => row.requestedAt < before).map(({ key }) => key);
    await prune('operations', old);
    if (old.length < LIMIT) return;
    await yieldToEventLoop();
  }
};

/** Who had the session is who left, though nobody asked. */
const gone = (sub: PrincipalId, session: SessionId): Actor => ({
  sub,
  rights: [],
  requestId: RequestId.parse(session),
  session,
});

/**
 * What has had its time: each hour the old end of the journal and of the list of operations, and sessions soon after
 * they expired. It is looked for with everything else that is unfinished; a look that was missed costs time only.
 */
export const housekeeping = (ports: HousekeepingPorts): Policy => {
  const { trim, sessions, audit, clock, journalDays, journalKeep = KEEP } = ports;
  let trimmed: number | null = null;
  return {
    name: 'housekeeping',
    unfinished: async () =>
      trimmed === null || clock.monotonic() - trimmed >= HOUR_MS ? ['journal', 'sessions'] : ['sessions'],
    advance: async (key) => {
      if (key === 'sessions') {
        for (const { sub, ref } of await sessions.sweep())
          await audit.record({ type: 'AuditSignOutRecorded', cause: 'expired' }, gone(sub, ref));
        return;
      }
      await trim(daysAgo(journalDays, ports), journalKeep);
      await forgetOperations(ports);
      trimmed = clock.monotonic();
    },
  };
};
