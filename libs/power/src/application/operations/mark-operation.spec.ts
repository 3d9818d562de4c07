import { expect, it } from '@jest/globals';
import { ana } from '../../testing.js';
import { commits, mended, off, offAll, open, endedUnknown } from '../requests/testing.js';

const mark = { outcome: 'succeeded', reason: 'I looked' } as const;

it('says what came of an outcome that is unknown, and who says so; twice adds nothing', async () => {
  const { room, process, id } = await endedUnknown();
  const { power } = process;
  const marked = { operation: { state: 'succeeded', evidence: { verifiedAt: null }, result: { markedBy: 'ana' } } };
  expect(await power.markOperation({ id, ...mark, confirmName: 'web-01' }, ana)).toMatchObject(marked);
  const before = (await commits(room)).length;
  expect(await power.markOperation({ id, ...mark }, ana)).toMatchObject(marked);
  expect((await commits(room)).length).toBe(before);
});

it('is not taken back by another word', async () => {
  const { process, id } = await endedUnknown();
  await process.power.markOperation({ id, ...mark }, ana);
  const other = { id, ...mark, outcome: 'failed' } as const;
  expect(await process.power.markOperation(other, ana)).toMatchObject({ rejected: 'wrong_state' });
});

it('a typed name must be the machine’s', async () => {
  const { process, id } = await endedUnknown();
  expect(await process.power.markOperation({ id, ...mark, confirmName: 'web-02' }, ana)).toMatchObject({
    rejected: 'confirmation_required',
  });
});

it('is for outcomes that are unknown, and not for a bulk', async () => {
  const { process, vmId } = await open();
  const id = await off(process, vmId);
  expect(await process.power.markOperation({ id, ...mark }, ana)).toMatchObject({ rejected: 'wrong_state' });
  const { operation } = await offAll(process, [vmId]);
  expect(await process.power.markOperation({ id: operation.id, ...mark }, ana)).toMatchObject({
    ...{ rejected: 'wrong_state', because: expect.stringContaining('A bulk is what its items are') },
  });
});

it('an older one is marked though another has acted since', async () => {
  const { room, vmId, process, id } = await endedUnknown();
  mended(room);
  await off(process, vmId, 'hard', 20);
  await room.clock.advance(1_000);
  expect(await process.power.markOperation({ id, ...mark, outcome: 'failed' }, ana)).toMatchObject({
    operation: { state: 'failed', error: { code: 'outcome_unknown' } },
  });
});
