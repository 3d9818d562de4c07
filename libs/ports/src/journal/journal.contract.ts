import { describe, expect, it } from '@jest/globals';
import { eventType, toCloudEvent, type CloudEvent } from '@drover/contracts';
import { FactId, Instant, StreamId } from '@drover/kernel';
import type { Journal } from './journal.js';

const noon = Instant.parse('2026-11-20T12:00:00Z');
const event = (minute: number): CloudEvent =>
  toCloudEvent(
    {
      type: eventType('power', 'audit-credential-seen'),
      subject: 'audit/power',
      partitionkey: 'power',
      data: { route: '/' },
    },
    {
      ...{
        service: 'power' as const,
        stream: StreamId.of('audit', 'power'),
        id: FactId.create(),
        sequence: 1,
        actor: 'ana',
      },
      at: Instant.plusSeconds(noon, minute * 60),
    },
  );
const positions = (entries: readonly { position: number }[]) => entries.map(({ position }) => position);

/** What the suite runs on: an empty journal, and a way to open the same one again. */
export interface JournalBench {
  readonly journal: Journal;
  reopen(): Promise<Journal>;
  close?(): Promise<void>;
}

/** The laws every journal keeps. */
export const journalContract = (name: string, open: () => Promise<JournalBench>) =>
  describe(`${name} keeps the laws of the journal`, () => {
    const with_ = (law: (journal: Journal, bench: JournalBench) => Promise<void>) => async () => {
      const bench = await open();
      try {
        await law(bench.journal, bench);
      } finally {
        await bench.close?.();
      }
    };

    it(
      'gives what was taken a dense place and reads it back in order',
      with_(async (journal, { reopen }) => {
        const events = [0, 1, 2].map(event);
        const first = await journal.append({ service: 'power', events: events.slice(0, 2), upTo: 5 });
        const second = await journal.append({ service: 'inventory', events: events.slice(2), upTo: 9 });
        expect([...first, ...second]).toEqual(events.map((each, i) => ({ position: i + 1, event: each })));
        expect(await journal.read(0, 10)).toEqual([...first, ...second]);
        expect(positions(await journal.read(1, 1))).toEqual([2]);
        const again = await reopen();
        expect(positions(await again.read(0, 10))).toEqual([1, 2, 3]);
        expect([
          await again.checkpoint('power'),
          await again.checkpoint('inventory'),
          await again.checkpoint('gateway'),
        ]).toEqual([5, 9, 0]);
        expect(again.state()).toEqual(journal.state());
      }),
    );

    it(
      'takes an event once, however often it comes, and never goes back',
      with_(async (journal) => {
        const events = [0, 1].map(event);
        await journal.append({ service: 'power', events, upTo: 5 });
        const more = event(2);
        expect(await journal.append({ service: 'power', events: [...events, more], upTo: 3 })).toEqual([
          { position: 3, event: more },
        ]);
        expect([journal.state().head, await journal.checkpoint('power')]).toEqual([3, 5]);
        await journal.append({ service: 'power', events: [], upTo: 8 });
        expect(await journal.checkpoint('power')).toBe(8);
      }),
    );

    it(
      'tells listeners of what is new, once, in order, until they leave',
      with_(async (journal) => {
        const told: number[] = [];
        const leave = journal.subscribe((entries) => told.push(...positions(entries)));
        const events = [0, 1, 2].map(event);
        await Promise.all(events.map((each, i) => journal.append({ service: 'power', events: [each], upTo: i + 1 })));
        await journal.append({ service: 'power', events, upTo: 3 });
        leave();
        await journal.append({ service: 'power', events: [event(3)], upTo: 4 });
        expect(told).toEqual([1, 2, 3]);
      }),
    );

    it(
      'forgets what is old, but not the last ones, and says from where it can be resumed',
      with_(async (journal, { reopen }) => {
        await journal.append({ service: 'power', events: [0, 1, 2, 3, 4].map(event), upTo: 5 });
        await journal.trim(Instant.plusSeconds(noon, 120), 1);
        expect([positions(await journal.read(0, 10)), journal.state().floor]).toEqual([[3, 4, 5], 2]);
        await journal.trim(Instant.plusSeconds(noon, 3600), 2);
        expect([positions(await journal.read(0, 10)), journal.state().floor]).toEqual([[4, 5], 3]);
        expect((await reopen()).state()).toMatchObject({ head: 5, floor: 3 });
      }),
    );

    it(
      'begins anew as another generation',
      with_(async (journal, { reopen }) => {
        await journal.append({ service: 'power', events: [event(0)], upTo: 5 });
        const { generation } = journal.state();
        await journal.restart();
        expect(journal.state()).toMatchObject({ head: 0, floor: 0 });
        expect(journal.state().generation).not.toBe(generation);
        expect([await journal.checkpoint('power'), await journal.read(0, 10)]).toEqual([0, []]);
        expect((await reopen()).state()).toEqual(journal.state());
      }),
    );
  });
