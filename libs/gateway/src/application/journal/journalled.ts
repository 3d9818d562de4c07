// A public event as views take it: with its place, and whom it is about. Never: something that a rebuild would find
// otherwise.
import type { CloudEvent, EventType } from '@drover/contracts';
import { ConnectionId, VmId } from '@drover/kernel';

/** A public event as the views take it: with its place, and what only the journal's reader knows of it. */
export interface Journalled {
  readonly type: EventType;
  readonly position: number;
  readonly event: CloudEvent;
  /** Whether the connection that the event names is a simulator. No fact says so. */
  readonly simulated: boolean;
}

/** The connection that an event is about; null when it is about something else. */
export const connectionIn = ({ subject }: Pick<CloudEvent, 'subject'>): ConnectionId | null =>
  subject.startsWith('connection/') ? ConnectionId.parse(subject.slice('connection/'.length)) : null;

/** The machine that an event is about; null when it is about something else. */
export const vmOf = ({ subject }: Pick<CloudEvent, 'subject'>): VmId | null =>
  subject.startsWith('vm/') ? VmId.parse(subject.slice('vm/'.length)) : null;
