import { expect, it } from '@jest/globals';
import { ana } from '../../testing.js';
import { commits, mended, off, offAll, open, endedUnknown } from '../requests/testing.js';

it('stands in the audit, and in no fact of the machine', async () => {
  const { room, process, id } = await endedUnknown();
  expect(await process.power.checkOperation({ id }, ana)).toMatchObject({ operation: { id, state: 'unknown' } });
  expect((await commits(room)).at(-1)?.facts.map(({ fact }) => fact)).toEqual([
    { type: 'AuditActionRecorded', command: 'operation.check', target: id },
  ]);
});

it('finds that it was not done: expired, with what was read', async () => {
  const { room, process, id } = await endedUnknown();
  room.room.fault = null;
  await process.power.checkOperation({ id }, ana);
  await room.clock.advance(0);
  const expired = { state: 'expired', evidence: { newState: 'poweredOn' } };
  expect(await process.power.getOperation({ id }, ana)).toMatchObject(expired);
});

it('twice is one more look while it is unknown, and is refused once it is settled', async () => {
  const { room, process, id } = await endedUnknown();
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
  const { process: other, id } = await endedUnknown();
  await other.power.markOperation({ id, outcome: 'failed', reason: 'I looked' }, ana);
  expect(await other.power.checkOperation({ id }, ana)).toMatchObject({ rejected: 'wrong_state' });
});

it.each([
  ['succeeded', mended],
  ['unknown', () => {}],
])('says of one before another that a look says nothing of it (the later is %s)', async (state, between) => {
  const { room, vmId, process, id } = await endedUnknown();
  between(room);
  const later = await off(process, vmId, 'hard', 20);
  await room.clock.advance(20_000);
  expect(await process.power.getOperation({ id: later }, ana)).toMatchObject({ state });
  expect(await process.power.checkOperation({ id }, ana)).toMatchObject({
    ...{ rejected: 'wrong_state', because: expect.stringContaining('A later operation has acted') },
  });
});
