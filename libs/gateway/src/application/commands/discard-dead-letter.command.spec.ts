import { expect, it } from '@jest/globals';
import { admin, viewer } from '../../testing.js';
import { discardDeadLetter } from './discard-dead-letter.command.js';
import { oneLetter } from './testing.js';

const open = (failed: string | null = null) => {
  const { ports, done } = oneLetter(failed);
  const ask = (id = 'l1', actor = admin) => discardDeadLetter.handle({ id, reason: 'it was a test' }, actor, ports);
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
