import { expect, it } from '@jest/globals';
import { eventType, toCloudEvent, type CloudEvent, type Service } from '@drover/contracts';
import { FactId, Instant, StreamId } from '@drover/kernel';
import { memoryJournal, type ReadLog, type Unreadable } from '@drover/ports';
import { NOON } from '../testing.js';
import { trimmedEntries } from './trimmed-entries.js';

const event = (service: Service): CloudEvent =>
  toCloudEvent(
    {
      type: eventType('power', 'audit-credential-seen'),
      subject: 'audit/power',
      partitionkey: 'power',
      data: { route: '/' },
    },
    { service, id: FactId.create(), stream: StreamId.of('audit', 'power'), sequence: 1, actor: 'ana', at: NOON },
  );

/** Two logs that went into a journal in turns, one event a commit, which then trimmed all; read with what logs tell by now. */
const trimmed = async (told: (service: Service, position: number) => readonly CloudEvent[] | Unreadable | null) => {
  const journal = memoryJournal();
  await journal.begin();
  const logs = { power: Array.from({ length: 120 }, () => event('power')), inventory: [event('inventory')] };
  const append = (service: 'power' | 'inventory', from: number, upTo: number) =>
    journal.append({ service, events: logs[service].slice(from, upTo), from, upTo });
  await append('power', 0, 60);
  await append('inventory', 0, 1);
  await append('power', 60, 120);
  const before = await journal.read(0, 1_000);
  await journal.trim(Instant.plusSeconds(NOON, 1), 0);
  const readLog: ReadLog = async (service, after, limit) => {
    const own = service === 'power' || service === 'inventory' ? logs[service] : [];
    const entries: CloudEvent[] = [];
    for (let at = after + 1; at <= Math.min(own.length, after + limit); at++) {
      const now = told(service, at) ?? own.slice(at - 1, at);
      if ('position' in now) {
        if (at === after + 1) return { entries, upTo: at, unreadable: now };
        return { entries, upTo: at - 1 };
      }
      entries.push(...now);
    }
    return { entries, upTo: Math.min(own.length, after + limit) };
  };
  const unreadable: string[] = [];
  const reader = trimmedEntries({
    ...{ journal, readLog },
    unreadable: async (service, { position }) => void unreadable.push(`${service} ${position}`),
  });
  const found = [];
  let at = 0;
  for (let part = await reader.after(at, 7); part; part = await reader.after(at, 7)) {
    expect(part.entries.length <= 7 && part.upTo > at).toBe(true);
    found.push(...part.entries);
    at = part.upTo;
  }
  return { before, found, at, unreadable };
};

it('gives back what was trimmed in the order that the journal had, a part at a time', async () => {
  const { before, found, at } = await trimmed(() => null);
  expect([found, at]).toEqual([before, 121]);
});

it('leaves every place to its event, though a log tells more by now, or less', async () => {
  const { before, found, at } = await trimmed((service, position) =>
    service !== 'power' ? null : position === 1 ? [] : position === 2 ? [event('power'), event('power')] : null,
  );
  expect([found, at]).toEqual([before.filter((entry) => entry.position > 2), 121]);
});

it('tells of a commit that cannot be parsed any more, and goes on behind it', async () => {
  const bad: Unreadable = { position: 70, key: 'power', bytes: '', error: new Error('no JSON') };
  const { before, found, unreadable } = await trimmed((service, position) =>
    service === 'power' && position === 70 ? bad : null,
  );
  expect(found).toEqual(before.filter((entry) => entry.position !== 71)); // the one of inventory is before it
  expect(unreadable).toEqual(['power 70']);
});
