import { expect, it } from '@jest/globals';
import { ana } from '../../testing.js';
import { hangs, worldOf } from './testing.js';

const asking = (until: string) => ({
  guestAskedAt: '2026-11-20T10:00:00.000Z',
  note: `The guest was asked to ${until} at 2026-11-20T10:00:00.000Z and may still do so.`,
});

it.each(['soft', 'trySoft'] as const)(
  'K20: a hung guest can be got rid of: %s is cancelled at once, says what the guest was asked, and hard works',
  async (mode) => {
    const { clock, off, cancel, read, calls } = await worldOf(hangs);
    const id = await off(mode);
    await clock.advance(10_000);
    expect((await read(id)).nextActions).toEqual(['cancel']);
    expect(await cancel(id)).toMatchObject({ operation: { state: 'cancelled', nextActions: ['run-again'] } });
    expect(await read(id)).toMatchObject({ state: 'cancelled', evidence: asking('stop') });
    const hard = await off('hard');
    await clock.advance(0);
    expect(await read(hard)).toMatchObject({ state: 'succeeded', evidence: { method: 'forced' } });
    expect(calls()).toEqual(['shutdown-guest', 'power-off']);
  },
);

it('K20: a guest is given up also while its call is under way, and what comes of the call changes nothing', async () => {
  let answer = () => {};
  const { clock, off, cancel, read, facts } = await worldOf(() => new Promise((done) => (answer = () => done({}))));
  const id = await off('soft');
  await clock.advance(1_000);
  expect(await cancel(id)).toMatchObject({ operation: { state: 'cancelled' } });
  answer();
  await clock.advance(20_000);
  expect(await read(id)).toMatchObject({
    evidence: { ...asking('stop'), attempts: [{ step: 'graceful', outcome: 'unknown' }], firstError: null },
  });
  expect((await facts()).at(-1)).toBe('PowerOperationCancelled graceful');
});

it('K20: a forced call that may have been taken cannot be cancelled', async () => {
  const { clock, off, cancel } = await worldOf(async () => undefined);
  const id = await off('trySoft', 60);
  await clock.advance(49_000); // the guest's share is over
  expect(await cancel(id)).toMatchObject({ rejected: 'not_cancellable' });
});

it('K20: a power-on after it reads on until the guest can no longer stop the machine, and names the request', async () => {
  const { clock, off, on, cancel, read, calls } = await worldOf(hangs);
  const cancelled = await off('soft', 60);
  await clock.advance(10_000);
  await cancel(cancelled);
  const id = await on();
  await clock.advance(48_000);
  expect(await read(id)).toMatchObject({ state: 'running', evidence: { earlier: cancelled } });
  await clock.advance(3_000);
  expect(await read(id)).toMatchObject({
    ...{ state: 'succeeded', evidence: { method: 'already-on', earlier: cancelled } },
  });
  expect(calls()).toEqual(['shutdown-guest']);
});

it('K20: a guest that stops after all is started again, and then there is nothing left to wait for', async () => {
  const { clock, machine, off, on, cancel, read, calls } = await worldOf(hangs);
  const cancelled = await off('soft');
  await clock.advance(10_000);
  await cancel(cancelled);
  const id = await on();
  await clock.advance(20_000);
  machine.power = 'poweredOff';
  await clock.advance(3_000);
  expect(await read(id)).toMatchObject({ state: 'succeeded', evidence: { earlier: cancelled, newState: 'poweredOn' } });
  expect(calls()).toEqual(['shutdown-guest', 'power-on']);
  const again = await on();
  await clock.advance(0);
  expect((await read(again)).evidence).not.toHaveProperty('earlier');
});

it('K20: a machine that was off and on again past Drover is not waited for', async () => {
  const { clock, machine, off, on, cancel, read } = await worldOf(hangs);
  await cancelAfter(1_000);
  async function cancelAfter(ms: number) {
    const id = await off('soft');
    await clock.advance(ms);
    await cancel(id);
  }
  machine.bootAt = clock.now();
  const id = await on();
  await clock.advance(0);
  expect((await read(id)).state).toBe('succeeded');
});

it('K20: a power-on whose own time-out is shorter expires, and says that the machine is on and why that is no success', async () => {
  const { clock, off, on, cancel, read } = await worldOf(hangs);
  const cancelled = await off('soft', 300);
  await clock.advance(10_000);
  await cancel(cancelled);
  const id = await on(30);
  await clock.advance(31_000);
  expect(await read(id)).toMatchObject({
    ...{ state: 'expired', error: { code: 'operation_timed_out' }, evidence: { newState: 'poweredOn' } },
  });
  expect((await read(id)).error?.detail).toContain(`its guest may still stop, as ${cancelled} asked it to`);
});

it('K20: a power-on after its deadline waits for nothing', async () => {
  const { clock, off, on, cancel, read } = await worldOf(hangs);
  const cancelled = await off('soft', 60);
  await clock.advance(10_000);
  await cancel(cancelled);
  await clock.advance(60_000);
  const id = await on();
  await clock.advance(0);
  expect((await read(id)).state).toBe('succeeded');
  expect((await read(id)).evidence).not.toHaveProperty('earlier');
});

it('K20: a cancelled soft restart starts the cool-down, from when it was cancelled', async () => {
  const { clock, vmId, restart, cancel, read, power } = await worldOf(hangs);
  const id = await restart('soft', 3600);
  await clock.advance(900_000);
  await cancel(id);
  expect(await read(id)).toMatchObject({ state: 'cancelled', evidence: asking('restart') });
  await clock.advance(599_000);
  const again = () => power.restart({ vmId, mode: 'soft', timeoutSeconds: 300 }, ana);
  expect(await again()).toMatchObject({ rejected: 'cooldown', because: expect.stringContaining('may have been') });
  await clock.advance(2_000);
  expect(await again()).toMatchObject({ operation: { state: 'queued' } });
});
