import { expect, it } from '@jest/globals';
import { ana } from '../../testing.js';
import { commits, eve, mended, noOperation, off, offAll, open, unread } from '../requests/testing.js';

it('is no fact of the machine and stands in the audit; a dry one does not', async () => {
  const { room, process, id } = await unread();
  const before = (await commits(room)).length;
  await process.power.checkOperation({ id }, { ...ana, dryRun: true });
  await room.clock.advance(0);
  expect((await commits(room)).length).toBe(before);
  expect(await process.power.checkOperation({ id }, ana)).toMatchObject({ operation: { id, state: 'unknown' } });
  expect((await commits(room)).at(-1)?.facts.map(({ fact }) => fact)).toEqual([
    { type: 'AuditActionRecorded', command: 'operation.check', target: id },
  ]);
});

it('finds that it was not done: expired, with what was read', async () => {
  const { room, process, id } = await unread();
  room.room.fault = null;
  await process.power.checkOperation({ id }, ana);
  await room.clock.advance(0);
  const expired = { state: 'expired', evidence: { newState: 'poweredOn' } };
  expect(await process.power.getOperation({ id }, ana)).toMatchObject(expired);
});

it('twice is one more look while it is unknown, and is refused once it is settled', async () => {
  const { room, process, id } = await unread();
  await process.power.checkOperation({ id }, ana);
  await room.clock.advance(0);
  expect(await process.power.checkOperation({ id }, ana)).toMatchObject({ operation: { state: 'unknown' } });
  room.room.fault = null;
  await process.power.checkOperation({ id }, ana);
  await room.clock.advance(0);
  expect(await process.power.checkOperation({ id }, ana)).toMatchObject({ rejected: 'wrong_state' });
  expect(room.calls()).toEqual(['power-off']);
});

it('is for outcomes that are unknown: not for what runs, was marked, or is a bulk', async () => {
  const { process, vmId } = await open();
  const running = await off(process, vmId);
  expect(await process.power.checkOperation({ id: running }, ana)).toMatchObject({ rejected: 'wrong_state' });
  const { id: bulk } = (await offAll(process, [vmId])).operation;
  expect(await process.power.checkOperation({ id: bulk }, ana)).toMatchObject({ rejected: 'wrong_state' });
  const { process: other, id } = await unread();
  await other.power.markOperation({ id, outcome: 'failed', reason: 'I looked' }, ana);
  expect(await other.power.checkOperation({ id }, ana)).toMatchObject({ rejected: 'wrong_state' });
});

it.each([
  ['succeeded', mended],
  ['unknown', () => {}],
])('says of one before another that a look says nothing of it (the later is %s)', async (state, between) => {
  const { room, vmId, process, id } = await unread();
  between(room);
  const later = await off(process, vmId, 'hard', 20);
  await room.clock.advance(20_000);
  expect(await process.power.getOperation({ id: later }, ana)).toMatchObject({ state });
  expect(await process.power.checkOperation({ id }, ana)).toMatchObject({
    ...{ rejected: 'wrong_state', because: expect.stringContaining('A later operation has acted') },
  });
});

it('takes the right of the operation’s own verb, and says so to the audit', async () => {
  const { room, process, id } = await unread();
  expect(await process.power.checkOperation({ id }, eve)).toMatchObject({ rejected: 'forbidden' });
  expect((await commits(room)).at(-1)).toMatchObject({
    metadata: { actor: 'eve' },
    facts: [{ fact: { type: 'AuditDenialRecorded', route: 'operation.check', right: 'vm:force', code: 'forbidden' } }],
  });
});

it('knows no operation that nobody asked for', async () => {
  const { process } = await open();
  expect(await process.power.checkOperation({ id: noOperation }, ana)).toMatchObject({ rejected: 'not_found' });
});
