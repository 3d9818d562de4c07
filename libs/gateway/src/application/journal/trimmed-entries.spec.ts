import { expect, it } from '@jest/globals';
import { eventType, toCloudEvent, type CloudEvent, type Service } from '@drover/contracts';
import { FactId, Instant, StreamId } from '@drover/kernel';
import { memoryJournal, type JournalEntry, type ReadLog, type Unreadable } from '@drover/ports';
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
        if (at === after + 1) return { entries: [], upTo: at, unreadable: now };
        return { entries, upTo: at - 1 };
      }
      entries.push(...now);
    }
    return { entries, upTo: Math.min(own.length, after + limit) };
  };
  const reads: string[] = [];
  const reader = trimmedEntries({
    journal,
    readLog: (service, after, limit) => {
      reads.push(`${service} ${after}`);
      return readLog(service, after, limit);
    },
  });
  const read = async (after: number) => {
    const [found, lost]: [JournalEntry[], string[]] = [[], []];
    let at = after;
    for (let part = await reader.after(at, 7); part; part = await reader.after(at, 7)) {
      expect(part.entries.length <= 7 && part.upTo > at).toBe(true);
      found.push(...part.entries);
      if (part.lost) {
        expect(part.entries).toEqual([]);
        lost.push(`${part.lost.service} ${part.lost.commit.position} before ${part.upTo}, after ${found.length}`);
      }
      at = part.upTo;
    }
    return { found, at, lost };
  };
  return { before, logs, read, reads, forget: reader.forget };
};

it('gives back what was trimmed in the order that the journal had, a part at a time', async () => {
  const { before, read } = await trimmed(() => null);
  expect(await read(0)).toEqual({ found: before, at: 121, lost: [] });
});

it('leaves every place to its event, though a log tells more by now, or less', async () => {
  const { before, read } = await trimmed((service, position) =>
    service !== 'power' ? null : position === 1 ? [] : position === 2 ? [event('power'), event('power')] : null,
  );
  expect(await read(0)).toEqual({ found: before.filter((entry) => entry.position > 2), at: 121, lost: [] });
});

const unreadable = (position: number, ids: readonly FactId[]): Unreadable => ({
  ...{ position, key: 'power', ids, bytes: '', error: new Error('no JSON') },
});

it('tells of a commit that cannot be parsed any more when it is its turn, once, and goes on behind it', async () => {
  const { before, logs, read } = await trimmed((service, position) => {
    const ids = logs?.power.slice(position - 1, position).map(({ id }) => id) ?? [];
    return service === 'power' && position === 70 ? unreadable(70, [...ids, FactId.create()]) : null;
  });
  // Its place is 71, for the one of inventory stands before it.
  const found = before.filter((entry) => entry.position !== 71);
  expect(await read(0)).toEqual({ found, at: 121, lost: ['power 70 before 71, after 70'] });
  expect((await read(71)).lost).toEqual([]);
});

it('passes over a commit that cannot be parsed, where the journal had nothing of it', async () => {
  const { before, read } = await trimmed((service, position) =>
    service === 'power' && position === 70 ? unreadable(70, [FactId.create()]) : null,
  );
  expect(await read(0)).toEqual({ found: before.filter((entry) => entry.position !== 71), at: 121, lost: [] });
});

it('reads no more of a log than it takes to find what is lacking', async () => {
  const { reads, read, forget } = await trimmed(() => null);
  await read(0);
  expect(reads).toEqual(['power 0', 'power 50', 'power 100', 'inventory 0']);
  reads.length = 0;
  forget();
  expect((await read(120)).found).toHaveLength(1);
  expect(reads).toEqual(['power 60', 'power 110']);
});
