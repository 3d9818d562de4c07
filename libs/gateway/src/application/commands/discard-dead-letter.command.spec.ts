import { expect, it } from '@jest/globals';
import type { DeadLetter } from '@drover/contracts';
import type { Actor } from '@drover/kernel';
import { admin, NOON, viewer } from '../../testing.js';
import { discardDeadLetter } from './discard-dead-letter.command.js';

const letter: DeadLetter = {
  ...{ id: 'l1', service: 'power', consumer: 'power.directory', key: 'k', followers: 0, event: {}, headers: {} },
  ...{ error: { class: 'TypeError', detail: 'no name' }, attempts: 5, firstAt: NOON, lastAt: NOON },
};

const open = (failed: string | null = null) => {
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
  const ask = (id = 'l1', actor: Actor = admin) =>
    discardDeadLetter.handle({ id, reason: 'it was a test' }, actor, { deadLetters, audit });
  return { ask, done };
};

it('is recorded, then done', async () => {
  const { ask, done } = open();
  expect([await ask(), done]).toEqual([null, ['audit admin', 'discard']]);
});

it('twice: what was settled is not there any more, and nothing is done', async () => {
  const { ask, done } = open();
  await ask();
  expect(await ask()).toMatchObject({ rejected: 'not_found' });
  expect(await ask('other')).toMatchObject({ rejected: 'not_found' });
  expect(done).toHaveLength(2);
});

it('a dry run touches nothing, and it takes the right of who keeps the settings', async () => {
  const { ask, done } = open();
  expect([await ask('l1', { ...viewer, dryRun: true }), done]).toEqual([null, []]);
  expect(discardDeadLetter.needs({ id: 'l1', reason: 'x' })).toEqual(['settings:admin']);
});
