import { expect, it } from '@jest/globals';
import { ana } from '../../testing.js';
import { commits, eve, mended, noOperation, off, offAll, open, unread } from '../requests/testing.js';

const mark = { outcome: 'succeeded', reason: 'I looked' } as const;

it('says what came of an outcome that is unknown, and who says so; twice adds nothing', async () => {
  const { room, process, id } = await unread();
  const { power } = process;
  const marked = { operation: { state: 'succeeded', evidence: { verifiedAt: null }, result: { markedBy: 'ana' } } };
  expect(await power.markOperation({ id, ...mark, confirmName: 'web-01' }, ana)).toMatchObject(marked);
  const before = (await commits(room)).length;
  expect(await power.markOperation({ id, ...mark }, ana)).toMatchObject(marked);
  expect((await commits(room)).length).toBe(before);
});

it('is not taken back by another word', async () => {
  const { process, id } = await unread();
  await process.power.markOperation({ id, ...mark }, ana);
  const other = { id, ...mark, outcome: 'failed' } as const;
  expect(await process.power.markOperation(other, ana)).toMatchObject({ rejected: 'wrong_state' });
});

it('tried as a dry run says how it would stand, and marks nothing', async () => {
  const { process, id } = await unread();
  expect(await process.power.markOperation({ id, ...mark }, { ...ana, dryRun: true })).toMatchObject({
    operation: { state: 'succeeded' },
  });
  expect(await process.power.getOperation({ id }, ana)).toMatchObject({ state: 'unknown' });
});

it('a typed name must be the machine’s', async () => {
  const { process, id } = await unread();
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
  const { room, vmId, process, id } = await unread();
  mended(room);
  await off(process, vmId, 'hard', 20);
  await room.clock.advance(1_000);
  expect(await process.power.markOperation({ id, ...mark, outcome: 'failed' }, ana)).toMatchObject({
    operation: { state: 'failed', error: { code: 'outcome_unknown' } },
  });
});

it('takes the right of the operation’s own verb, and says so to the audit', async () => {
  const { room, process, id } = await unread();
  expect(await process.power.markOperation({ id, ...mark }, eve)).toMatchObject({ rejected: 'forbidden' });
  expect((await commits(room)).at(-1)).toMatchObject({
    metadata: { actor: 'eve' },
    facts: [{ fact: { type: 'AuditDenialRecorded', route: 'operation.mark', right: 'vm:force', code: 'forbidden' } }],
  });
});

it('knows no operation that nobody asked for', async () => {
  const { process } = await open();
  const nothing = { id: noOperation, ...mark };
  expect(await process.power.markOperation(nothing, ana)).toMatchObject({ rejected: 'not_found' });
});
