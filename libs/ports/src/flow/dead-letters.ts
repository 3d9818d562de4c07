// All parked events of a process, as people see them and act on them, whichever reader set them aside. Never: a letter acted
// on by a process that does not have the reader's lease.
import type { CloudEvent, DeadLetter } from '@drover/contracts';
import type { LetterId } from '@drover/kernel';
import type { Parking, ReadAgain, Replayed } from './parking.js';

/** The parked keys of a process, whichever reader could not take them. */
export interface DeadLetters {
  list(): Promise<readonly DeadLetter[]>;
  /** Takes the letter's event and what waits behind it, in order. */
  replay(id: LetterId): Promise<Replayed>;
  /** Gives up the letter's event, then takes what waits behind it; false when there is no such letter any more. */
  discard(id: LetterId): Promise<boolean | 'elsewhere'>;
}

/** What of a reader's park people deal with. */
export type Park = Pick<
  Parking,
  'reader' | 'letters' | 'replay' | 'discard' | 'fence' | 'load' | 'follow' | 'leave' | 'stop'
>;

/** The park of a consumer, which reads again from the log of another what it could not parse. */
export interface ConsumerPark extends Park {
  readAgain(read: ReadAgain<CloudEvent>): void;
}

/** All parks of a process as one. */
export const deadLettersOf = (parks: () => readonly Park[]): DeadLetters => {
  const list = async () => (await Promise.all(parks().map((park) => park.letters()))).flat();
  const parkOf = async (id: LetterId) => {
    for (const park of parks()) if ((await park.letters()).some((letter) => letter.id === id)) return park;
    return null;
  };
  return {
    list,
    replay: async (id) => (await parkOf(id))?.replay(id) ?? { is: 'gone' },
    discard: async (id) => (await parkOf(id))?.discard(id) ?? false,
  };
};
