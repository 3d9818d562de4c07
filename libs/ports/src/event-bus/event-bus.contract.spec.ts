import { Instant } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import { turnsRed } from '../laws/testing.js';
import { eventBusLaws } from './event-bus.contract.js';
import { memoryEventBus } from './event-bus.memory.js';
import type { Batch, Consumer, Delivery, EventBus, PublishedLog } from './event-bus.js';

// Waits pass at once: what is tried again later is tried again now.
const clock: Clock = {
  now: () => Instant.parse('2026-01-01T00:00:00Z'),
  monotonic: () => 0,
  after: (_, call) => {
    const soon = setImmediate(call);
    return () => clearImmediate(soon);
  },
};
const right = () => memoryEventBus(clock);

/** A bus that is right but for what it makes of its consumers. */
const busThat = (change: (consumer: Consumer) => Partial<Consumer>): EventBus => {
  const bus = right();
  const changed = (consumer: Consumer) => ({ ...consumer, ...change(consumer) });
  return {
    ...bus,
    deliver: (consumer) => bus.deliver(changed(consumer)),
    observe: (consumer) => bus.observe(changed(consumer)),
  };
};

/** A bus that is right but for how it delivers. */
const deliveringThat = (change: (delivery: Delivery) => Partial<Delivery>): EventBus => {
  const bus = right();
  return {
    ...bus,
    deliver: (consumer) => {
      const delivery = bus.deliver(consumer);
      return { ...delivery, ...change(delivery) };
    },
  };
};

/** Wrong on purpose: it hands out the newest first. */
const backwards = () =>
  busThat(({ take }) => ({
    take: (batch) => take(batch.unreadable ? batch : { ...batch, entries: batch.entries.toReversed() }),
  }));

/** Wrong on purpose: it keeps the positions itself, so those that a consumer brings along count for nothing. */
const forgetful = () =>
  busThat(({ take }) => {
    let position = 0;
    return {
      position: async () => position,
      take: async (batch) => {
        await take(batch);
        position = batch.upTo;
      },
    };
  });

/** Wrong on purpose: it tells everyone everything. */
const chatty = () => busThat(() => ({ listensTo: 'all' }));

/** Wrong on purpose: where there is nothing to hear it says nothing, so the position stays behind. */
const sparing = () =>
  busThat(({ take }) => ({ take: async (batch) => (batch.entries.length > 0 ? take(batch) : undefined) }));

/** Wrong on purpose: a consumer that fails is passed over, as a bus does that only logs the error. */
const careless = () => busThat(({ take }) => ({ take: (batch) => take(batch).catch(() => {}) }));

/** Wrong on purpose: what failed is put aside, and brought after what follows it. */
const impatient = () =>
  busThat(({ take }) => {
    const aside: Batch[] = [];
    return {
      take: async (batch) => {
        const late = aside.splice(0);
        await take(batch).catch(() => aside.push(batch));
        for (const each of late) await take(each);
      },
    };
  });

/** Wrong on purpose: it says that all is taken when it has only begun. */
const rash = () => deliveringThat(() => ({ caughtUp: async () => {} }));

/** Wrong on purpose: it says of a log that it has grown when the others have had their turn. */
const late = () => busThat(({ heads }) => ({ heads: (...told) => void setImmediate(() => heads?.(...told)) }));

/** Wrong on purpose: it tells who only watches nothing. */
const blind = (): EventBus => ({ ...right(), observe: () => () => {} });

/** Wrong on purpose: it takes every consumer for one that has everything. */
const confident = (): EventBus => ({ ...right(), upToNow: async () => async () => true });

/** Wrong on purpose: where a log ends it asks each time anew. */
const chasing = (): EventBus => {
  const bus = right();
  return { ...bus, upToNow: async (consumer) => async () => (await bus.upToNow(consumer))() };
};

/** Wrong on purpose: it waits for every log, whatever it was asked. */
const patient = () => deliveringThat(({ caughtUp }) => ({ caughtUpOrAway: caughtUp }));

/** Wrong on purpose: it says that the rest can be taken later, also of what can be read. */
const careful = () => deliveringThat(() => ({ caughtUpOrAway: async () => {} }));

/** Wrong on purpose: of a log that cannot be read it says nothing but that. */
const strict = (): EventBus => {
  const bus = right();
  const logs: PublishedLog[] = [];
  return {
    ...bus,
    offer: (log) => (logs.push(log), bus.offer(log)),
    upToNow: async (consumer) => {
      for (const log of logs) await log.end();
      return bus.upToNow(consumer);
    },
  };
};

/** Wrong on purpose: it never says where a log ends. */
const mute = () => busThat(() => ({ heads: () => {} }));

/** Wrong on purpose: it says that it stopped, and goes on. */
const tireless = () => deliveringThat(() => ({ stop: async () => {} }));

/** Wrong on purpose: whoever is brought more again begins at the first event. */
const restarting = () => {
  const begun = new Set<string>();
  return busThat((consumer) => {
    const again = begun.has(consumer.name);
    begun.add(consumer.name);
    return again ? { position: async () => 0 } : consumer;
  });
};

const everything = 'brings what was told before and after the start to everyone, in order';
const position = 'begins for each consumer after its own position';
const types = 'tells a consumer only of the types it listens to, and moves its position past the others';
const again = 'brings a batch again to a consumer that failed, before what follows it';
const ends = 'tells at once where a log ends when that is known, and when it has grown';
const watches = 'tells a consumer where a log ends while another process brings it what is told';
const knows = 'says of a consumer whether it has what was told when that was asked, whoever brings it';
const away = 'waits for no log that cannot be read, where it was asked so, and for all that can be';
const unread = 'says that a consumer at another process has all of a log that cannot be read';
const onward = 'goes on where a consumer was when it is brought more again';
const stops = 'stops: brings no more, though there is more';

turnsRed(eventBusLaws, right, [
  [backwards, everything, again, onward],
  [forgetful, position, onward, away],
  [chatty, types],
  [sparing, types],
  [careless, again],
  [impatient, again, away],
  [rash, everything, position, types, again, ends, onward, away],
  [late, ends, watches],
  [mute, ends, watches],
  [tireless, stops, onward],
  [restarting, onward],
  [confident, knows, unread],
  [chasing, knows, unread],
  [patient, away],
  [careful, away],
  [strict, unread],
  [blind, watches],
]);
