// The laws that every journal keeps, whatever it is made of; those of a journal that trims are in `trim.contract.ts`. Never:
// a law that asks past the port; what the port does not say, an adapter may do as it likes.
import { expect } from '@jest/globals';
import type { CloudEvent } from '@drover/contracts';
import { FactId } from '@drover/kernel';
import { closing, lawsApart, type Laws } from '../laws/testing.js';
import { JournalMoved } from './journal.js';
import { chooses, EVERY_EVENT, routingOf, type JournalChoice } from './routing.js';
import { event, positions, type JournalBench } from './testing.js';
import { trimLaws } from './trim.contract.js';

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

/** The laws every journal keeps, each with its proof. */
export const journalLaws = {
  ...trimLaws,

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

  'begins anew for its present writer alone': async ({ journal, reopen }) => {
    await journal.append({ service: 'power', events: [event(0)], upTo: 1 });
    const { generation } = await journal.state();
    const other = await reopen();
    await expect(other.restart()).rejects.toBeInstanceOf(JournalMoved);
    await other.begin();
    await expect(journal.restart()).rejects.toBeInstanceOf(JournalMoved);
    expect(await other.state()).toMatchObject({ generation, head: 1 });
    expect([positions(await other.read(0, 9)), await journal.checkpoint('power')]).toEqual([[1], 1]);
    await other.restart();
    expect((await other.state()).head).toBe(0);
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
