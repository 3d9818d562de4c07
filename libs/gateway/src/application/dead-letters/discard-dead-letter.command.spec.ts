import { expect, it } from '@jest/globals';
import { admin, viewer } from '../../testing.js';
import { discardDeadLetter } from './discard-dead-letter.command.js';
import { parkedEvents } from '../sessions/testing.js';

const open = async (...events: readonly string[]) => {
  const { ports, letter, ...rest } = await parkedEvents(...events);
  const id = await letter();
  const ask = (asked = id, actor = admin) =>
    discardDeadLetter.handle({ id: asked, reason: 'it was a test' }, actor, ports);
  return { ask, id, letter, ...rest };
};

it('is recorded, then done, and what waited behind it is taken', async () => {
  const { ask, done, sound, waiting } = await open('a', 'b');
  sound('b');
  expect([await ask(), done, waiting()]).toEqual([null, ['audit admin', 'b'], null]);
});

it('twice: a repeat does not give up the next event of the key, not even once that is a dead letter', async () => {
  const { ask, id, done, letter, tried, waiting } = await open('a', 'b');
  await ask();
  expect([await ask(), waiting()]).toMatchObject([{ rejected: 'not_found' }, 'b']);
  await tried();
  expect(['none', id]).not.toContain(await letter());
  expect(await ask('other')).toMatchObject({ rejected: 'not_found' });
  expect([await ask(), waiting()]).toMatchObject([{ rejected: 'not_found' }, 'b']);
  expect(done).toEqual(['audit admin']);
});

it('twice at once: one of them gives up the event, the other is told that it is gone', async () => {
  const { ask, waiting } = await open('a', 'b');
  const answers = await Promise.all([ask(), ask()]);
  expect(answers).toEqual([null, expect.objectContaining({ rejected: 'not_found' })]);
  expect(waiting()).toBe('b');
});

it('a dry run touches nothing, and it takes the right of who keeps the settings', async () => {
  const { ask, id, done, waiting } = await open('a');
  expect([await ask(id, { ...viewer, dryRun: true }), done, waiting()]).toEqual([null, [], 'a']);
  expect(discardDeadLetter.needs({ id, reason: 'x' })).toEqual(['settings:admin']);
});
