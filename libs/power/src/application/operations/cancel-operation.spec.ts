import { expect, it } from '@jest/globals';
import { isRejection } from '@drover/kernel';
import { ProviderFault } from '@drover/ports';
import { ana } from '../../testing.js';
import { commits, noOperation, off, offAll, open } from '../requests/testing.js';

const unreachable = async () => {
  const world = await open();
  world.room.room.fault = () => new ProviderFault('provider_unreachable', 'down');
  const id = await off(world.process, world.vmId);
  await world.room.clock.advance(1_000);
  return { ...world, id };
};

it('stops what was not sent, at once; twice adds nothing', async () => {
  const { room, process, id } = await unreachable();
  const cancelled = { operation: { id, state: 'cancelled', nextActions: ['run-again'], links: { cancel: null } } };
  expect(await process.power.cancelOperation({ id }, ana)).toMatchObject(cancelled);
  const before = (await commits(room)).length;
  expect(await process.power.cancelOperation({ id }, ana)).toMatchObject(cancelled);
  expect((await commits(room)).length).toBe(before);
  room.room.fault = null;
  await room.clock.advance(90_000);
  expect(room.calls()).toEqual([]);
});

it.each(['"i9.p9.r0.m0"', '"nonsense"'])('stops nothing for whoever has seen another version (%s)', async (ifMatch) => {
  const { process, id } = await unreachable();
  const stale = { ...ana, ifMatch };
  expect(await process.power.cancelOperation({ id }, stale)).toMatchObject({ rejected: 'version_mismatch' });
  expect(await process.power.getOperation({ id }, ana)).toMatchObject({ state: 'running' });
});

it('says of a call that is with the provider that it cannot be taken back, and so of what has ended', async () => {
  const { room, vmId, process } = await open();
  room.room.behave = async () => {};
  const id = await off(process, vmId, 'hard');
  await room.clock.advance(1_000);
  expect(await process.power.cancelOperation({ id }, ana)).toMatchObject({
    ...{ rejected: 'not_cancellable', because: expect.stringContaining('forced is with the provider') },
  });
  await room.clock.advance(60_000);
  expect(await process.power.cancelOperation({ id }, ana)).toMatchObject({
    ...{ rejected: 'not_cancellable', because: expect.stringContaining('It has ended') },
  });
});

it('stops the wait for tools, and leaves the machine on', async () => {
  const { room, vmId, process } = await open();
  Object.assign(room.memory.machine(vmId), { power: 'poweredOff', tools: 'toolsNotRunning' });
  const asked = await process.power.powerOn({ vmId, waitForTools: true }, ana);
  if (isRejection(asked)) throw new Error(asked.because);
  const { id } = asked.operation;
  await room.clock.advance(5_000);
  await process.power.cancelOperation({ id }, ana);
  await room.clock.advance(1_000);
  const stopped = { state: 'cancelled', evidence: { newState: 'poweredOn' } };
  expect(await process.power.getOperation({ id }, ana)).toMatchObject(stopped);
});

it('of a bulk is refused as a whole; an item that was stopped settles it', async () => {
  const { room, vmId, process } = await open();
  room.room.fault = () => new ProviderFault('provider_unreachable', 'down');
  const { id } = (await offAll(process, [vmId])).operation;
  await room.clock.advance(1_000);
  expect(await process.power.cancelOperation({ id }, ana)).toMatchObject({ rejected: 'not_cancellable' });
  const bulk = await process.power.getOperation({ id }, ana);
  const item = isRejection(bulk) ? null : bulk.items?.[0]?.operation;
  await process.power.cancelOperation({ id: item ?? noOperation }, ana);
  await room.clock.advance(1_000);
  expect(await process.power.getOperation({ id }, ana)).toMatchObject({
    ...{ state: 'failed', items: [{ state: 'cancelled' }] },
  });
});
