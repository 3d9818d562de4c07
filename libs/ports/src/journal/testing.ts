// What the laws of the journal are written with: events of a minute each, and what a suite runs on. Never: a law; those are
// in the suites.
import { eventType, toCloudEvent, type CloudEvent, type Service } from '@drover/contracts';
import { FactId, Instant, StreamId } from '@drover/kernel';
import type { Journal } from './journal.js';

/** When the first of all events was recorded. */
export const noon = Instant.parse('2026-11-20T12:00:00Z');
/** An event so many minutes later. */
export const event = (minute: number, service: Service = 'power', id = FactId.create()): CloudEvent =>
  toCloudEvent(
    {
      type: eventType('power', 'audit-credential-seen'),
      subject: 'audit/power',
      partitionkey: 'power',
      data: { route: '/' },
    },
    {
      service,
      id,
      stream: StreamId.of('audit', 'power'),
      sequence: 1,
      actor: 'ana',
      at: Instant.plusSeconds(noon, minute * 60),
    },
  );
/** The places of entries. */
export const positions = (entries: readonly { position: number }[]) => entries.map(({ position }) => position);

/** What the suite runs on: an empty journal whose writer has begun, other handles of it, and time that passes. */
export interface JournalBench {
  readonly journal: Journal;
  /** Opens the same journal once more, as another process does. */
  reopen(): Promise<Journal>;
  /** The same, after an older release wrote all that there is: it remembered nothing of what it trimmed. */
  older(): Promise<Journal>;
  pass(ms: number): Promise<void>;
  close?(): Promise<void>;
}
