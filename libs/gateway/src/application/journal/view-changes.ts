// What a batch of events changes in the views, computed before anything is written. Never: machines before connections,
// whose kind says which of them are simulated.
import { eventType, isEvent, type CloudEvent } from '@drover/contracts';
import type { ConnectionId } from '@drover/kernel';
import { writesOf, type JournalEntry } from '@drover/ports';
import { gatewayProjections, type GatewayViews } from '../views/views.js';
import { connectionIn, type Journalled } from './journalled.js';

const connectionOf = (event: CloudEvent) => {
  const { connectionId } = event.data as { readonly connectionId?: ConnectionId | null };
  return connectionId ?? null;
};

/** What entries change in the views; connections first, because their kinds say which machines are simulated. */
export const changesOf = async ({ group, connections }: GatewayViews, entries: readonly JournalEntry[]) => {
  const kinds = new Map([...connections].map(([id, { kind }]) => [id, kind]));
  const journalled = entries.map(({ position, event }): Journalled => {
    const told = connectionIn(event);
    if (
      told &&
      isEvent(event, eventType('inventory', 'connection-added'), eventType('inventory', 'connection-changed'))
    )
      kinds.set(told, event.data.kind);
    const named = connectionOf(event);
    const simulated = named !== null && kinds.get(named) === 'simulator';
    return { type: event.type, position, event, simulated };
  });
  return writesOf(group, gatewayProjections, journalled);
};
