// What the specs of dead letters stand on: one letter, and who settles it.
import type { DeadLetter } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { NOON } from '../../testing.js';

const letter: DeadLetter = {
  ...{ id: 'l1', service: 'power', consumer: 'power.directory', key: 'k', followers: 0, event: {}, headers: {} },
  ...{ error: { class: 'TypeError', detail: 'no name' }, attempts: 5, firstAt: NOON, lastAt: NOON },
};

/** One dead letter; `failed`: why it cannot be taken. `done`: what was done with it. */
export const oneLetter = (failed: string | null = null) => {
  const done: string[] = [];
  let letters = [letter];
  const settle = (what: string) => {
    done.push(what);
    if (failed === null) letters = [];
  };
  const deadLetters = {
    list: async () => letters,
    replay: async () => (settle('replay'), failed),
    discard: async () => settle('discard'),
  };
  const audit = { record: async (_: object, { sub }: Actor) => void done.push(`audit ${sub}`) };
  return { ports: { deadLetters, audit }, done };
};
