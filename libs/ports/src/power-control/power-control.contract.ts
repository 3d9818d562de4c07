import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OperationId, StreamId } from '@drover/kernel';
import { ProviderFault } from '../provider-fault.js';
import type { MachineRef, OperationToken, PowerCall, PowerControl } from './power-control.js';

/** What the suite runs on: an adapter, a machine that is on with its tools running, one that does not exist. */
export interface PowerControlBench {
  readonly control: PowerControl;
  readonly machine: MachineRef;
  readonly absent?: MachineRef;
  /** Puts the machine back: on, tools running. */
  reset(): Promise<void>;
  close?(): Promise<void>;
}

/** The laws every power control keeps. `within` is how long a machine of this adapter may take to obey, in ms. */
export const powerControlContract = (name: string, open: () => Promise<PowerControlBench>, within = 2_000) =>
  describe(`${name} keeps the laws of power control`, () => {
    let bench: PowerControlBench;
    const { signal } = new AbortController();
    beforeEach(async () => {
      bench ??= await open();
      await bench.reset();
    });
    afterAll(() => bench?.close?.());

    const token: OperationToken = {
      operationId: OperationId.of('power', StreamId.of('power', 'law'), 1),
      attempt: 1,
      epoch: 1,
    };
    const read = () => bench.control.read(bench.machine, signal);
    const send = (call: PowerCall) => bench.control.send(bench.machine, call, token, signal);
    const becomes = async (power: string) => {
      const end = Date.now() + within;
      for (;;) {
        const reading = await read();
        if (reading.power === power || Date.now() > end) return expect(reading.power).toBe(power);
        await new Promise((done) => setTimeout(done, 20));
      }
    };

    it('says of a machine that is on that it is, and since when it knows', async () =>
      expect(await read()).toMatchObject({
        power: 'poweredOn',
        tools: 'toolsOk',
        observedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      }));

    it.each(['shutdown-guest', 'power-off'] as const)(
      'a machine that was switched off by %s is read as off',
      async (call) => {
        await send(call);
        await becomes('poweredOff');
      },
    );

    it('a machine that was switched on is read as on', async () => {
      await send('power-off');
      await becomes('poweredOff');
      await send('power-on');
      await becomes('poweredOn');
    });

    it.each(['reboot-guest', 'reset'] as const)('a machine that was restarted by %s is on', async (call) => {
      await send(call);
      await becomes('poweredOn');
    });

    it.each([
      ['power-off', 'poweredOff', 'power-off'],
      ['power-on', 'poweredOn', 'power-on'],
    ] as const)(
      '%s of a machine that is %s is a fault that says so, and nothing was sent',
      async (call, power, first) => {
        if (first === 'power-off') await send(first);
        await becomes(power);
        await expect(send(call)).rejects.toMatchObject({
          name: 'ProviderFault',
          code: 'invalid_power_state',
          sent: 'no',
        });
      },
    );

    it('a machine that nobody knows is not found', async () => {
      const { absent } = bench;
      if (!absent) return;
      await expect(bench.control.read(absent, signal)).rejects.toBeInstanceOf(ProviderFault);
      await expect(bench.control.read(absent, signal)).rejects.toMatchObject({ code: 'not_found' });
      await expect(bench.control.send(absent, 'power-off', token, signal)).rejects.toMatchObject({
        code: 'not_found',
        sent: 'no',
      });
    });
  });
