// What the specs of dead letters stand on: a reader that really parks, and a record of who did what.
import type { Actor } from '@drover/kernel';
import { inTurn, memoryWorkStore, parkingOf, virtualClock } from '@drover/ports';

/** Events of one key that a reader cannot take, in order: the first is a dead letter. `sound`: it could take them now. */
export const parkedEvents = async (...events: readonly string[]) => {
  const clock = virtualClock();
  const done: string[] = [];
  const faulty = new Set(events);
  const parking = parkingOf<string>({
    ...{ service: 'power', reader: 'power.directory', work: memoryWorkStore(), clock, turn: inTurn() },
    report: () => {},
    keyOf: () => 'k',
    idOf: (event) => event,
    fold: async (_, entries) => {
      for (const event of entries) if (faulty.has(event)) throw new TypeError(`no name in ${event}`);
      done.push(...entries);
    },
  });
  await parking.take({ source: 'inventory', entries: events, from: 0, upTo: events.length });
  /** Long enough for the tries that an event has. */
  const tried = () => clock.advance(60_000);
  await tried();
  return {
    ports: {
      deadLetters: { list: parking.letters, replay: parking.replay, discard: parking.discard },
      audit: { record: async (_: object, { sub }: Actor) => void done.push(`audit ${sub}`) },
    },
    ...{ done, tried },
    sound: (...now: readonly string[]) => now.forEach((event) => faulty.delete(event)),
    letter: async () => (await parking.letters())[0]?.id ?? 'none',
    waiting: () => parking.head('k')?.id ?? null,
  };
};
