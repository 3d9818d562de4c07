import { expect, it } from '@jest/globals';
import { admin, viewer } from '../../testing.js';
import { replayDeadLetter } from './replay-dead-letter.command.js';
import { parkedEvents } from '../sessions/testing.js';

const open = async (...events: readonly string[]) => {
  const { ports, letter, ...rest } = await parkedEvents(...events);
  const id = await letter();
  const ask = (asked = id, actor = admin) => replayDeadLetter.handle({ id: asked }, actor, ports);
  return { ask, id, ...rest };
};

it('is recorded, then done, and what waited behind it is taken', async () => {
  const { ask, done, sound } = await open('a', 'b');
  sound('a', 'b');
  expect([await ask(), done]).toEqual([null, ['audit admin', 'a', 'b']]);
});

it('twice: what was taken is not there any more, and nothing is done', async () => {
  const { ask, done, sound } = await open('a');
  sound('a');
  await ask();
  expect(await ask()).toMatchObject({ rejected: 'not_found' });
  expect(await ask('other')).toMatchObject({ rejected: 'not_found' });
  expect(done).toEqual(['audit admin', 'a']);
});

it('twice at once: one of them takes the event, the other is told that it is gone', async () => {
  const { ask, done, sound } = await open('a');
  sound('a');
  expect(await Promise.all([ask(), ask()])).toEqual([null, expect.objectContaining({ rejected: 'not_found' })]);
  expect(done).toEqual(['audit admin', 'audit admin', 'a']);
});

it('a dry run touches nothing, and it takes the right of who keeps the settings', async () => {
  const { ask, id, done } = await open('a');
  expect([await ask(id, { ...viewer, dryRun: true }), done]).toEqual([null, []]);
  expect(replayDeadLetter.needs({ id })).toEqual(['settings:admin']);
});

it('what still cannot be taken stays parked, and the answer says why', async () => {
  const { ask, done, waiting } = await open('a');
  expect(await ask()).toMatchObject({ rejected: 'wrong_state', because: expect.stringContaining('no name in a') });
  expect([done, waiting()]).toEqual([['audit admin'], 'a']);
});

it('says that the event was taken when it is one behind it that cannot be', async () => {
  const { ask, done, sound, waiting } = await open('a', 'b');
  sound('a');
  const because = expect.stringMatching(/^The event was taken\..*no name in b$/);
  expect(await ask()).toMatchObject({ rejected: 'wrong_state', because });
  expect([done, waiting()]).toEqual([['audit admin', 'a'], 'b']);
});
