// The laws that every event bus keeps. Logs and consumers are made here, so a law sees both ends; a consumer keeps its own
// position. Never: a law that lets the bus keep another one.
import { expect } from '@jest/globals';
import { eventType, toCloudEvent, type CloudEvent, type EventType, type Service } from '@drover/contracts';
import { FactId, Instant, StreamId } from '@drover/kernel';
import { lawsApart, type Laws } from '../laws/testing.js';
import type { Batch, Consumer, EventBus, PublishedLog } from './event-bus.js';

const denial = eventType('power', 'audit-action-recorded');
const credential = eventType('power', 'audit-credential-seen');
const event = (type: typeof denial | typeof credential, n: number, service: Service = 'power'): CloudEvent =>
  toCloudEvent(
    { type, subject: `audit/${service}`, partitionkey: service, data: { command: 'x', target: null, route: '/' } },
    {
      service,
      stream: StreamId.of('audit', service),
      id: FactId.create(),
      sequence: n,
      actor: 'ana',
      at: Instant.parse('2026-11-20T10:00:00Z'),
    },
  );

/**
 * A service that tells, with an entry for each position; read in slices of two, so that a consumer takes several. `away`: so
 * many times it cannot be read.
 */
const tellingLog = (service: Service, away = 0) => {
  let fails = away;
  const answers = () => {
    if (fails-- > 0) throw new Error(`${service} is away`);
  };
  const events: CloudEvent[] = [];
  const listeners = new Set<(head: number, since: Instant) => void>();
  const log: PublishedLog = {
    service,
    after: async (position, limit) => {
      answers();
      const entries = events.slice(position, position + Math.min(limit, 2));
      return { entries, upTo: position + entries.length };
    },
    end: async () => {
      answers();
      return events.length;
    },
    subscribe: (grown) => {
      listeners.add(grown);
      return () => void listeners.delete(grown);
    },
  };
  const tell = (...more: CloudEvent[]) => {
    events.push(...more);
    const [first] = more;
    if (first) listeners.forEach((grown) => grown(events.length, first.time));
  };
  return { ...log, tell };
};

/** One who listens and remembers. */
const listener = (listensTo: Consumer['listensTo'] = 'all', take: (batch: Batch) => void = () => {}) => {
  const heard: string[] = [];
  const ends: (readonly [head: number, since: Instant | null])[] = [];
  const positions = new Map<Service, number>();
  const consumer: Consumer = {
    name: 'listener',
    listensTo,
    position: async (service) => positions.get(service) ?? 0,
    take: async (batch) => {
      take(batch);
      positions.set(batch.service, batch.upTo);
      heard.push(...batch.entries.map(({ id }) => id));
    },
    heads: (_, head, since) => void ends.push([head, since]),
  };
  return { consumer, heard, ends, positions };
};

/** The laws every event bus keeps, each with its proof, on a bus that nobody uses yet. */
export const eventBusLaws = {
  'brings what was told before and after the start to everyone, in order': async (bus) => {
    const log = tellingLog('power');
    const [one, two] = [listener(), listener()];
    const events = [1, 2, 3].map((n) => event(denial, n));
    log.tell(...events.slice(0, 2));
    bus.offer(log);
    const both = [bus.deliver(one.consumer), bus.deliver({ ...two.consumer, name: 'another' })];
    log.tell(...events.slice(2));
    for (const each of both) await each.caughtUp();
    const ids = events.map(({ id }) => id);
    expect([one.heard, two.heard]).toEqual([ids, ids]);
  },

  'begins for each consumer after its own position': async (bus) => {
    const log = tellingLog('power');
    const events = [1, 2, 3].map((n) => event(denial, n));
    log.tell(...events);
    const late = listener();
    late.positions.set('power', 2);
    bus.offer(log);
    const delivery = bus.deliver(late.consumer);
    await delivery.caughtUp();
    expect(late.heard).toEqual([events[2]?.id]);
  },

  'tells a consumer only of the types it listens to, and moves its position past the others': async (bus) => {
    const log = tellingLog('power');
    const events = [event(denial, 1), event(credential, 2), event(denial, 3)];
    log.tell(...events);
    const some = listener(new Set<EventType>([credential]));
    bus.offer(log);
    const delivery = bus.deliver(some.consumer);
    await delivery.caughtUp();
    expect([some.heard, some.positions.get('power')]).toEqual([[events[1]?.id], 3]);
  },

  'brings a batch again to a consumer that failed, before what follows it': async (bus) => {
    const log = tellingLog('power');
    let failures = 1;
    const shaky = listener('all', () => {
      if (failures-- > 0) throw new Error('not now');
    });
    bus.offer(log);
    const delivery = bus.deliver(shaky.consumer);
    const events = [1, 2, 3].map((n) => event(denial, n));
    log.tell(...events);
    await delivery.caughtUp();
    expect(shaky.heard).toEqual(events.map(({ id }) => id));
  },

  'tells at once where a log ends when that is known, and when it has grown': async (bus) => {
    const log = tellingLog('power');
    const { consumer, ends } = listener();
    const [first, second, third] = [event(denial, 1), event(denial, 2), event(credential, 3)];
    log.tell(first);
    bus.offer(log);
    const delivery = bus.deliver(consumer);
    await delivery.caughtUp();
    expect(ends.at(-1)).toEqual([1, null]);
    log.tell(second, third);
    expect(ends.at(-1)).toEqual([3, second.time]); // before anybody could have had an answer
    await delivery.caughtUp();
    expect(ends.every(([head, since]) => head === (since ? 3 : head))).toBe(true);
    expect(ends.at(-1)?.[0]).toBe(3);
  },

  'goes on where a consumer was when it is brought more again': async (bus) => {
    const log = tellingLog('power');
    const { consumer, heard } = listener();
    const events = [1, 2, 3].map((n) => event(denial, n));
    bus.offer(log);
    log.tell(...events.slice(0, 2));
    const first = bus.deliver(consumer);
    await first.caughtUp();
    await first.stop();
    log.tell(...events.slice(2));
    await bus.deliver(consumer).caughtUp();
    expect(heard).toEqual(events.map(({ id }) => id));
  },

  'tells a consumer where a log ends while another process brings it what is told': async (bus) => {
    const log = tellingLog('power');
    const { consumer, ends, heard, positions } = listener();
    positions.set('power', 1); // taken at the other process
    const [first, second] = [event(denial, 1), event(denial, 2)];
    log.tell(first);
    bus.offer(log);
    const leave = bus.observe(consumer);
    for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next));
    expect(ends).toEqual([[1, null]]);
    log.tell(second);
    expect([ends.at(-1), heard]).toEqual([[2, second.time], []]);
    leave();
    log.tell(event(denial, 3));
    expect(ends.at(-1)?.[0]).toBe(2);
  },

  'says of a consumer whether it has what was told when that was asked, whoever brings it': async (bus) => {
    const log = tellingLog('power');
    const { consumer, positions } = listener();
    bus.offer(log);
    expect(await (await bus.upToNow(consumer))()).toBe(true);
    log.tell(event(denial, 1), event(denial, 2));
    const hasBoth = await bus.upToNow(consumer);
    expect(await hasBoth()).toBe(false);
    log.tell(event(denial, 3)); // and so on: nobody who waits is kept by it
    expect(await hasBoth()).toBe(false);
    positions.set('power', 2); // taken at another process
    expect([await hasBoth(), await (await bus.upToNow(consumer))()]).toEqual([true, false]);
  },

  'waits for no log that cannot be read, where it was asked so, and for all that can be': async (bus) => {
    let failures = 1;
    const shaky = listener('all', () => {
      if (failures-- > 0) throw new Error('not now'); // that is not the log's fault
    });
    const [here, away] = [tellingLog('power'), tellingLog('inventory', 9)];
    const [there, later] = [event(denial, 1), event(denial, 1, 'inventory')];
    here.tell(there);
    away.tell(later);
    bus.offer(here);
    bus.offer(away);
    const delivery = bus.deliver(shaky.consumer);
    await delivery.caughtUpOrAway();
    expect(shaky.heard).toEqual([there.id]);
    await delivery.caughtUp();
    expect(shaky.heard).toEqual([there.id, later.id]);
  },

  'says that a consumer at another process has all of a log that cannot be read': async (bus) => {
    const { consumer, positions } = listener();
    const [here, away] = [tellingLog('power'), tellingLog('inventory', 2)];
    here.tell(event(denial, 1));
    away.tell(event(denial, 1, 'inventory'));
    bus.offer(here);
    bus.offer(away);
    const has = await bus.upToNow(consumer); // its end cannot be read
    expect(await has()).toBe(false);
    positions.set('power', 1);
    expect(await has()).toBe(true);
    expect(await (await bus.upToNow(consumer))()).toBe(true); // away once more
    expect(await (await bus.upToNow(consumer))()).toBe(false);
  },

  'stops: brings no more, though there is more': async (bus) => {
    const log = tellingLog('power');
    const { consumer, heard } = listener();
    const [first, second] = [event(denial, 1), event(denial, 2)];
    bus.offer(log);
    const delivery = bus.deliver(consumer);
    log.tell(first);
    await delivery.caughtUp();
    await delivery.stop();
    log.tell(second);
    for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next));
    expect(heard).toEqual([first.id]);
  },
} satisfies Laws<EventBus>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const eventBusContract = (name: string, open: () => Promise<EventBus>) =>
  lawsApart(`${name} keeps the laws of the event bus`, eventBusLaws, open);
