import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { SourcePoweredOff } from '@drover/contracts';
import { ProviderFault } from '@drover/ports';
import * as fc from 'fast-check';
import { openHouse } from './testing.js';

const bios = '4205784a-098a-40f1-1f1e-a5cd2597fd59';
const sample: unknown = JSON.parse(
  readFileSync(new URL('../../../contracts/golden/power-off.response.json', import.meta.url), 'utf8'),
);
const down = () => new ProviderFault('provider_unreachable', 'down');

it('T26: success with another state than was asked for cannot be said', () => {
  const off = SourcePoweredOff.parse(sample);
  // @ts-expect-error -- a power-off that left the machine on is not a success
  const lie: SourcePoweredOff = { ...off, new_state: 'poweredOn' };
  expect(SourcePoweredOff.safeParse(lie).success).toBe(false);
  // @ts-expect-error -- nor is a failure one
  const other: SourcePoweredOff = { ...off, success: false };
  expect(SourcePoweredOff.safeParse(other).success).toBe(false);
});

it('T26: whatever the machine and its provider do, success is what was read', async () => {
  const outcomes = fc.record({
    power: fc.constantFrom('poweredOn', 'poweredOff', 'suspended'),
    tools: fc.constantFrom('toolsOk', 'toolsOld', 'toolsNotRunning', 'toolsNotInstalled', 'unknown'),
    call: fc.constantFrom('obeys', 'hangs', 'refuses', 'loses', 'never'),
    look: fc.constantFrom('reads', 'fails', 'fails after'),
    verb: fc.constantFrom('power-off', 'power-on'),
    force: fc.boolean(),
  } as const);
  await fc.assert(
    fc.asyncProperty(outcomes, async ({ power, tools, call, look, verb, force }) => {
      const { post, room, flows, close } = await openHouse();
      const machine = room.memory.machine(room.machine('web-01', bios));
      await flows.caughtUp();
      Object.assign(machine, { power, tools });
      if (look === 'fails') room.room.fault = down;
      room.room.behave = async (_, obey) => {
        if (look === 'fails after') room.room.fault = down;
        if (call === 'refuses') throw new ProviderFault('provider_error', 'no');
        if (call === 'obeys' || call === 'loses') await obey();
        if (call === 'loses') throw new ProviderFault('no_answer', 'lost', 'maybe');
        if (call === 'never') await new Promise(() => {});
      };
      const { status, body } = await post(
        `/api/v1/vm/${bios}/${verb}`,
        verb === 'power-off' ? { timeout: 5, force } : { timeout: 5 },
      );
      const wanted = verb === 'power-off' ? 'poweredOff' : 'poweredOn';
      if (status === 200) expect([body['success'], body['new_state'], machine.power]).toEqual([true, wanted, wanted]);
      else {
        expect(status).toBeGreaterThanOrEqual(400);
        expect(body['success']).not.toBe(true);
        expect(typeof body['error']).toBe('string');
      }
      await close();
    }),
    { numRuns: 40 },
  );
}, 30_000);
