import { expect, it } from '@jest/globals';
import { Instant, VmId, type Actor } from '@drover/kernel';
import { START, type Process } from '../../testing.js';
import { bare, still } from './testing.js';

const ask = ({ power }: Process, vmId: VmId, actor: Actor) => power.powerOn({ vmId, waitForTools: false }, actor);

it.each([{ power: 'suspended' }, { power: 'poweredOn' }, { power: 'unknown', tools: 'unknown' }] as const)(
  'is granted whatever was seen last (%j)',
  async (change) => {
    const { room, vmId, process } = await still();
    await room.clock.advance(1_000);
    room.observed(vmId, change);
    await process.flows.caughtUp();
    expect(await ask(process, vmId, bare)).toMatchObject({ replayed: false });
  },
);

it.each([
  [true, undefined, 600],
  [false, undefined, 180],
  [true, 30, 30],
])('A3: without a time-out it has as long as its tools may take (%s, %s)', async (waitForTools, timeout, seconds) => {
  const { vmId, process } = await still();
  const input = { vmId, waitForTools, ...(timeout !== undefined && { timeoutSeconds: timeout }) };
  const deadline = Instant.plusSeconds(START, seconds);
  expect(await process.power.powerOn(input, bare)).toMatchObject({ operation: { deadline } });
});
