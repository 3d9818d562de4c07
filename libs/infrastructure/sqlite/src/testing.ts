import { eventType, toCloudEvent } from '@drover/contracts';
import { FactId, Instant, StreamId } from '@drover/kernel';
import { sqliteJournal } from './journal/journal.sqlite.js';

const at = Instant.parse('2026-11-20T10:00:00Z');

/** A journal at a path whose writer has begun, and what writes an event into it. */
export const openJournal = async (path: string) => {
  const store = sqliteJournal({ path });
  await store.begin();
  const said = { type: eventType('power', 'audit-credential-seen'), subject: 'audit/power', partitionkey: 'power' };
  const origin = { service: 'power', stream: StreamId.of('audit', 'power'), sequence: 1, actor: 'ana', at } as const;
  const write = () => {
    const event = toCloudEvent({ ...said, data: { route: '/' } }, { ...origin, id: FactId.create() });
    return store.append({ service: 'power', events: [event], upTo: 1 });
  };
  return { path, store, write };
};
