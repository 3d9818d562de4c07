import { expect, it } from '@jest/globals';
import { ConnectionKind } from '@drover/kernel';
import { ProviderFault, type FaultCode } from '@drover/ports';
import { ana, SITE } from '../../testing.js';
import { worldOf } from './testing.js';

const no = (code: FaultCode) => new ProviderFault(code, `it says ${code}`);

it('one refused sign-in blocks the connection until it is reset: nobody tries again', async () => {
  const { room, process, off, read } = await worldOf();
  const other = room.machine('web-02');
  await process.flows.caughtUp();
  room.room.fault = () => no('sign_in_failed');
  const id = await off();
  await room.clock.advance(0);
  expect(await read(id)).toMatchObject({ state: 'failed', error: { code: 'connection_blocked' } });
  const refused = async () =>
    (await room.eventStore.readAll(0, 999))
      .flatMap(({ facts }) => facts)
      .filter(({ fact }) => fact.type === 'ConnectionSignInRefused');
  expect((await refused()).map(({ fact }) => fact)).toEqual([
    { type: 'ConnectionSignInRefused', connectionId: SITE, revision: 1, resetAt: null },
  ]);
  const reads = room.room.reads;
  const refusal = { rejected: 'connection_blocked' };
  expect(await process.power.powerOff({ vmId: other, mode: 'soft', timeoutSeconds: 300 }, ana)).toMatchObject(refusal);
  expect(await process.power.powerState({ called: 'web-02' }, ana)).toMatchObject(refusal);
  expect(room.room.reads).toBe(reads);

  room.tell('io.drover.inventory.connection-sign-in-reset.v1', SITE, { revision: 1 }, room.clock.now());
  await process.flows.caughtUp();
  const again = await off('soft', 300, ana, other);
  await room.clock.advance(0);
  expect((await read(again)).state).toBe('failed');
  expect(await refused()).toHaveLength(2); // refused once more after the reset, which is news

  room.room.fault = null;
  room.tell('io.drover.inventory.connection-changed.v1', SITE, {
    ...{
      name: 'Site A',
      kind: ConnectionKind.parse('simulator'),
      url: null,
      region: null,
      credentialRef: null,
      tls: { mode: 'system', value: null },
    },
    ...{ allow: [], groupIds: [], revision: 2 },
  });
  await process.flows.caughtUp();
  const mended = await off('soft', 300, ana, other);
  await room.clock.advance(0);
  expect((await read(mended)).state).toBe('succeeded');
});

it('after a call nobody may sign in any more: it waits, and ends unknown at its deadline', async () => {
  const { room, off, read } = await worldOf();
  room.room.behave = async () => void (room.room.fault = () => no('sign_in_failed'));
  const id = await off('soft', 60);
  await room.clock.advance(59_000);
  expect((await read(id)).state).toBe('running');
  await room.clock.advance(1_000);
  expect((await read(id)).state).toBe('unknown');
});
