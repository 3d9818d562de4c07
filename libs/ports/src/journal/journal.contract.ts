import { expect } from '@jest/globals';
import { eventType, toCloudEvent, type CloudEvent, type Service } from '@drover/contracts';
import { FactId, Instant, StreamId } from '@drover/kernel';
import { closing, lawsApart, type Laws } from '../laws.contract.js';
import { JournalMoved, markOf, type Journal, type TrimmedSlice } from './journal.js';
import { chooses, EVERY_EVENT, routingOf, type JournalChoice } from './routing.js';

const noon = Instant.parse('2026-11-20T12:00:00Z');
const event = (minute: number, service: Service = 'power', id = FactId.create()): CloudEvent =>
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
const positions = (entries: readonly { position: number }[]) => entries.map(({ position }) => position);

/** An event that differs from others in one thing that readers choose by. */
const routed = (changed: Partial<Record<keyof CloudEvent, unknown>>): CloudEvent =>
  ({ ...event(0), ...changed }) as CloudEvent;
const manifold = [
  event(0),
  routed({ type: 'io.drover.power.vm-powered-off.v1', subject: 'vm/a', partitionkey: 'a', operationid: 'power.a.1' }),
  routed({ type: 'io.drover.power.vm-powered-off.v10', subject: 'vm/a%', partitionkey: 'b' }),
  routed({ subject: 'vm/b', data: { severity: 'critical', text: 'é"\\u0000' } }),
  routed({ subject: 'VM/A', data: { severity: 3 } }),
];
const choices: readonly JournalChoice[] = [
  EVERY_EVENT,
  { ...EVERY_EVENT, types: [{ type: 'io.drover.power.vm-powered-off.v1', family: false }] },
  { ...EVERY_EVENT, types: [{ type: 'io.drover.power.vm-powered-off.v1', family: true }] },
  { ...EVERY_EVENT, types: [...['io.drover.x', 'io.drover.power.audit'].map((type) => ({ type, family: true }))] },
  { ...EVERY_EVENT, types: [{ type: 'io.drover.power.%', family: true }] },
  { ...EVERY_EVENT, subject: ['vm/a', 'vm/b'] },
  { ...EVERY_EVENT, subject: ['vm/a'], key: ['b'] },
  { ...EVERY_EVENT, key: ['a', 'b'] },
  { ...EVERY_EVENT, operation: ['power.a.1'] },
  { ...EVERY_EVENT, severity: ['critical', '3'] },
];

/** All that a journal remembers of trimmed entries, from a place on. */
const rememberedBy = async (journal: Journal, after = 0) => {
  const slices: TrimmedSlice[] = [];
  for (let at = after; ;) {
    const slice = await journal.trimmed(at);
    if (slice === null) return slices;
    expect([slice.entries[0]?.position, slice.entries.at(-1)?.position]).toEqual([at + 1, slice.upTo]);
    slices.push(slice);
    at = slice.upTo;
  }
};
/** Four batches of two services, the second of them from a place that was read before; then all but the last is trimmed. */
const trimmedBatches = async (journal: Journal) => {
  const of = (service: Service, minutes: readonly number[]) => minutes.map((minute) => event(minute, service));
  const batches = [
    { service: 'power', events: of('power', [0, 0]), upTo: 12 },
    { service: 'inventory', events: of('inventory', [1]), upTo: 30 },
    { service: 'power', events: of('power', [2]), from: 4, upTo: 5 },
    { service: 'power', events: of('power', [3, 3]), from: 12, upTo: 20 },
    { service: 'inventory', events: of('inventory', [9]), upTo: 40 },
  ] as const;
  for (const batch of batches) await journal.append(batch);
  const entries = batches
    .flatMap(({ service, events }) => events.map((each) => ({ service, mark: markOf(each) })))
    .map((each, i) => ({ position: i + 1, ...each }));
  return { entries, old: Instant.plusSeconds(noon, 480) };
};

/** What the suite runs on: an empty journal whose writer has begun, other handles of it, and time that passes. */
export interface JournalBench {
  readonly journal: Journal;
  /** Opens the same journal once more, as another process does. */
  reopen(): Promise<Journal>;
  pass(ms: number): Promise<void>;
  close?(): Promise<void>;
}

/** The laws every journal keeps, each with its proof. */
export const journalLaws = {
  'gives what was taken a dense place and reads it back in order': async ({ journal, reopen }) => {
    const events = [0, 1, 2].map((minute) => event(minute));
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
    const { generation, head, floor } = await journal.state();
    expect(await again.state()).toMatchObject({ generation, head, floor });
  },

  'takes an event once, however often it comes, and never goes back': async ({ journal }) => {
    const events = [0, 1].map((minute) => event(minute));
    await journal.append({ service: 'power', events, upTo: 5 });
    const more = event(2);
    expect(await journal.append({ service: 'power', events: [...events, more], upTo: 3 })).toEqual([
      { position: 3, event: more },
    ]);
    expect([(await journal.state()).head, await journal.checkpoint('power')]).toEqual([3, 5]);
    await journal.append({ service: 'power', events: [], upTo: 8 });
    expect(await journal.checkpoint('power')).toBe(8);
  },

  'knows an event by its source and its id together': async ({ journal }) => {
    const id = FactId.create();
    await journal.append({ service: 'power', events: [event(0, 'power', id)], upTo: 1 });
    const namesake = { service: 'inventory', events: [event(0, 'inventory', id)], upTo: 1 } as const;
    expect([await journal.append(namesake), await journal.append(namesake)]).toMatchObject([[{ position: 2 }], []]);
  },

  'tells listeners of what is new, once, in order, until they leave': async ({ journal }) => {
    const told: number[] = [];
    const leave = journal.subscribe((entries) => told.push(...positions(entries)));
    const events = [0, 1, 2].map((minute) => event(minute));
    await Promise.all(events.map((each, i) => journal.append({ service: 'power', events: [each], upTo: i + 1 })));
    await journal.append({ service: 'power', events, upTo: 3 });
    leave();
    await journal.append({ service: 'power', events: [event(3)], upTo: 4 });
    expect(told).toEqual([1, 2, 3]);
  },

  'forgets what is old, but not the last ones, and says from where it can be resumed': async ({ journal, reopen }) => {
    await journal.append({ service: 'power', events: [0, 1, 2, 3, 4].map((minute) => event(minute)), upTo: 5 });
    await journal.trim(Instant.plusSeconds(noon, 120), 1);
    expect([positions(await journal.read(0, 10)), (await journal.state()).floor]).toEqual([[3, 4, 5], 2]);
    await journal.trim(Instant.plusSeconds(noon, 3600), 2);
    expect([positions(await journal.read(0, 10)), (await journal.state()).floor]).toEqual([[4, 5], 3]);
    expect(await (await reopen()).state()).toMatchObject({ head: 5, floor: 3 });
  },

  'gives no place twice, though everything was forgotten': async ({ journal, reopen }) => {
    await journal.append({ service: 'power', events: [event(0), event(1)], upTo: 2 });
    await journal.trim(Instant.plusSeconds(noon, 3600), 0);
    const again = await reopen();
    expect([await again.state(), await again.read(0, 10)]).toMatchObject([{ head: 2, floor: 2 }, []]);
    await again.begin();
    expect(positions(await again.append({ service: 'power', events: [event(2)], upTo: 3 }))).toEqual([3]);
  },

  'selects what a look at each entry would choose, as it is kept, within its bounds': async ({ journal, reopen }) => {
    await journal.append({ service: 'power', events: manifold, upTo: 1 });
    for (const each of [journal, await reopen()])
      for (const choice of choices) {
        const fitting = (await each.read(0, 99)).flatMap(({ position, event: one }) => {
          const routing = routingOf(one);
          return chooses(choice, routing) ? [{ position, routing, json: JSON.stringify(one) }] : [];
        });
        expect(await each.select(0, 99, choice)).toEqual(fitting);
        const some = fitting.filter(({ position }) => position > 1 && position <= 3);
        expect(await each.select(1, 3, choice)).toEqual(some);
      }
  },

  'trims nothing for a writer that another has followed': async ({ journal, reopen }) => {
    await journal.append({ service: 'power', events: [0, 1, 2].map((minute) => event(minute)), upTo: 3 });
    const other = await reopen();
    await other.begin();
    await expect(journal.trim(Instant.plusSeconds(noon, 60), 0)).rejects.toBeInstanceOf(JournalMoved);
    expect([(await other.state()).floor, positions(await other.read(0, 9))]).toEqual([0, [1, 2, 3]]);
    await other.trim(Instant.plusSeconds(noon, 60), 0);
    expect((await journal.state()).floor).toBe((await other.state()).floor);
  },

  'says that it cannot select where something was forgotten': async ({ journal }) => {
    await journal.append({ service: 'power', events: [0, 1, 2].map((minute) => event(minute)), upTo: 3 });
    await journal.trim(Instant.plusSeconds(noon, 60), 1);
    expect([
      await journal.select(0, 3, EVERY_EVENT),
      positions((await journal.select(1, 3, EVERY_EVENT)) ?? []),
    ]).toEqual([null, [2, 3]]);
    await journal.restart();
    await journal.append({ service: 'power', events: manifold, upTo: 1 });
    expect(await journal.select(0, 9, EVERY_EVENT)).toHaveLength(manifold.length);
  },

  'remembers of what it trimmed whose it was and in which order': async ({ journal, reopen }) => {
    const { entries, old } = await trimmedBatches(journal);
    await journal.trim(Instant.plusSeconds(noon, 90), 0);
    await journal.trim(old, 0);
    for (const each of [journal, await reopen()]) {
      const remembered = (await rememberedBy(each)).flatMap((slice) => slice.entries);
      expect(remembered).toEqual(entries.slice(0, 6));
      expect((await rememberedBy(each, 3)).flatMap((slice) => slice.entries)).toEqual(entries.slice(3, 6));
      expect([await each.trimmed(6), (await each.state()).unremembered]).toEqual([null, 0]);
    }
  },

  'remembers of what it trimmed where it is in the logs': async ({ journal }) => {
    const { old } = await trimmedBatches(journal);
    const range = async (after = 0) => {
      const logs = (await rememberedBy(journal, after)).flatMap((slice) => slice.logs);
      const of = (service: Service) => logs.filter((log) => log.service === service);
      return (['power', 'inventory', 'gateway'] as const).map((service) => [
        Math.min(...of(service).map(({ from }) => from)),
        Math.max(...of(service).map(({ upTo }) => upTo)),
      ]);
    };
    const none = [Infinity, -Infinity];
    await journal.trim(Instant.plusSeconds(noon, 60), 0);
    expect(await range()).toEqual([[0, 12], none, none]);
    await journal.trim(old, 0);
    expect(await range()).toEqual([[0, 20], [0, 30], none]);
    const [[from = 0, upTo] = []] = await range(3); // of these the first was read again from an earlier place
    expect([from <= 4, upTo]).toEqual([true, 20]);
  },

  'begins anew and remembers nothing of before': async ({ journal }) => {
    const { old } = await trimmedBatches(journal);
    await journal.trim(old, 0);
    await journal.restart();
    expect([await journal.trimmed(0), (await journal.state()).unremembered]).toEqual([null, 0]);
    await journal.append({ service: 'power', events: [event(0)], upTo: 1 });
    await journal.trim(old, 0);
    expect((await rememberedBy(journal)).flatMap((slice) => slice.entries)).toHaveLength(1);
  },

  'begins anew as another generation': async ({ journal, reopen }) => {
    await journal.append({ service: 'power', events: [event(0)], upTo: 5 });
    const { generation } = await journal.state();
    await journal.restart();
    expect(await journal.state()).toMatchObject({ head: 0, floor: 0 });
    expect((await journal.state()).generation).not.toBe(generation);
    expect([await journal.checkpoint('power'), await journal.read(0, 10)]).toEqual([0, []]);
    const { generation: anew, head, floor } = await journal.state();
    expect(await (await reopen()).state()).toMatchObject({ generation: anew, head, floor });
  },

  'each writer draws a run, which goes on where the one before ended': async ({ journal, reopen }) => {
    await journal.append({ service: 'power', events: [event(0), event(1)], upTo: 2 });
    const other = await reopen();
    const before = (await other.state()).runs;
    const run = await other.begin();
    expect([before.length, run.since]).toEqual([1, 2]);
    for (const each of [journal, other]) expect((await each.state()).runs).toEqual([...before, run]);
    expect(new Set((await other.state()).runs.map(({ name }) => name)).size).toBe(2);
  },

  'takes nothing from a writer that another has followed, nor from who has not begun': async ({ journal, reopen }) => {
    const other = await reopen();
    const batch = { service: 'power', events: [event(0)], upTo: 1 } as const;
    await expect(other.append(batch)).rejects.toBeInstanceOf(JournalMoved);
    await other.begin();
    await expect(journal.append(batch)).rejects.toBeInstanceOf(JournalMoved);
    expect([(await journal.state()).head, await journal.checkpoint('power')]).toEqual([0, 0]);
    expect(positions(await other.append(batch))).toEqual([1]);
  },

  'tells at every process what any of them writes, within a second': async ({ journal, reopen, pass }) => {
    const other = await reopen();
    const told: number[] = [];
    const leave = other.subscribe((entries) => told.push(...positions(entries)));
    await journal.append({ service: 'power', events: [event(0), event(1)], upTo: 2 });
    await pass(1_000);
    expect(told).toEqual([1, 2]);
    await journal.append({ service: 'power', events: [event(2)], upTo: 3 });
    await other.begin();
    await other.append({ service: 'power', events: [event(3)], upTo: 4 });
    expect(told).toEqual([1, 2, 3, 4]);
    leave();
  },
} satisfies Laws<JournalBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const journalContract = (name: string, open: () => Promise<JournalBench>) =>
  lawsApart(`${name} keeps the laws of the journal`, journalLaws, open, closing);
