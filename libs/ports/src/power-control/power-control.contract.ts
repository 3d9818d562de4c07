// The laws of power control: what a call leaves behind is read back, a refused call sent nothing, a machine out of reach is
// `unknown`. Never: a law that takes an accepted call for a changed machine; only a reading says so.
import { expect } from '@jest/globals';
import { GuestTools, OperationId, StreamId, type Instant } from '@drover/kernel';
import { lawsInTurn, type Laws } from '../laws/testing.js';
import type { ProviderFault } from '../provider-fault.js';
import {
  powerCallNames,
  powerCalls,
  type MachineRef,
  type OperationToken,
  type PowerCall,
  type PowerControl,
} from './power-control.js';

/** What the suite runs on: an adapter, a machine that is on with its tools running, one that does not exist. */
export interface PowerControlBench {
  readonly control: PowerControl;
  readonly machine: MachineRef;
  readonly absent?: MachineRef;
  /** How long the machine may take to obey, in ms; 20,000 unless stated: for what hangs. */
  readonly within?: number;
  /** Puts the machine back: on, tools running, reached by its provider, no template. */
  reset(): Promise<void>;
  /** Keeps the provider from reaching the machine, which stays as it is. */
  disconnect(): Promise<void>;
  /** Makes a template of the machine, which is off. */
  markAsTemplate(): Promise<void>;
  close?(): Promise<void>;
}

const { signal } = new AbortController();
const token: OperationToken = {
  operationId: OperationId.of('power', StreamId.of('power', 'law'), 1),
  attempt: 1,
  epoch: 1,
};
const read = ({ control, machine }: PowerControlBench) => control.read(machine, signal);
const send = ({ control, machine }: PowerControlBench, call: PowerCall, until = signal) =>
  control.send(machine, call, token, until);
const becomes = async (
  bench: PowerControlBench,
  power: string,
  booted: (at: Instant | null) => boolean = () => true,
) => {
  const end = performance.now() + (bench.within ?? 20_000);
  for (;;) {
    const reading = await read(bench);
    const so = reading.power === power && booted(reading.bootAt);
    if (so || performance.now() > end) return expect({ power: reading.power, so }).toEqual({ power, so: true });
    await new Promise((done) => setTimeout(done, 20));
  }
};
const isOff = (call: PowerCall) => async (bench: PowerControlBench) => {
  await becomes(bench, 'poweredOn'); // so whoever keeps what was read has read it
  await send(bench, call);
  await becomes(bench, 'poweredOff');
};
const refuses = async (bench: PowerControlBench, call: PowerCall) =>
  expect(send(bench, call)).rejects.toMatchObject({ name: 'ProviderFault', code: 'invalid_power_state', sent: 'no' });

/** The calls that the provider carries out itself, as a task. */
const carriedOut = powerCallNames.filter((call) => !powerCalls[call].asksGuest);

/** Sends a call, again while the one before it is still under way. */
const sendInTurn = async (bench: PowerControlBench, call: PowerCall) => {
  const end = performance.now() + (bench.within ?? 20_000);
  for (;;) {
    try {
      return await send(bench, call);
    } catch (error) {
      if ((error as ProviderFault).code !== 'busy' || performance.now() > end) throw error;
      await new Promise((done) => setTimeout(done, 20));
    }
  }
};

/** Brings the machine to where a call is taken, and sends it. */
const sendFromThere = async (bench: PowerControlBench, call: PowerCall) => {
  const { from } = powerCalls[call];
  const { power } = await read(bench);
  if (!from.some((state) => state === power)) {
    const way = from.includes('poweredOn') ? 'power-on' : 'power-off';
    await sendInTurn(bench, way);
    await becomes(bench, powerCalls[way].leaves);
  }
  return sendInTurn(bench, call);
};

/** The laws every power control keeps, each with its test. */
export const powerControlLaws = {
  'says of a machine that is on that it is, and since when it knows': async (bench) =>
    expect(await read(bench)).toMatchObject({
      power: 'poweredOn',
      tools: GuestTools.running,
      observedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    }),

  'numbers readings by when they were asked for, not by when they were answered': async (bench) => {
    const [first, second] = await Promise.all([read(bench), read(bench)]);
    const third = await read(bench);
    expect([second.run, third.run]).toEqual([first.run, first.run]);
    expect([first.n < second.n, second.n < third.n]).toEqual([true, true]);
  },

  'K19: of a machine that its provider cannot reach it says what was known last, not that it is so now': async (
    bench,
  ) => {
    const { power } = await read(bench);
    await bench.disconnect();
    expect(await read(bench)).toMatchObject({
      power: 'unknown',
      lastKnown: { power },
      tools: GuestTools.unknown,
      bootAt: null,
    });
  },

  'says of a template that it is one, and of a machine that it is none': async (bench) => {
    expect(await read(bench)).toMatchObject({ template: false });
    await isOff('power-off')(bench);
    await bench.markAsTemplate();
    expect(await read(bench)).toMatchObject({ template: true });
  },

  'K21: names a task only of a call that was carried out before the answer': async (bench) => {
    for (const call of carriedOut) {
      const { task } = await sendFromThere(bench, call);
      if (task === undefined) await becomes(bench, powerCalls[call].leaves);
      else expect([call, (await read(bench)).power]).toEqual([call, powerCalls[call].leaves]);
    }
  },

  'a call that the machine is in no state for is a fault that says so': async (bench) => {
    for (const call of carriedOut) {
      await sendFromThere(bench, call);
      const { leaves, from } = powerCalls[call];
      await becomes(bench, leaves);
      if (!from.includes(leaves)) await refuses(bench, call);
    }
  },

  'K21: names no task of what a guest was asked': async (bench) =>
    expect(await send(bench, 'shutdown-guest')).not.toHaveProperty('task'),

  'a machine that was switched off by shutdown-guest is read as off': isOff('shutdown-guest'),

  'a machine that was switched off by power-off is read as off': isOff('power-off'),

  'a machine that was switched on is read as on': async (bench) => {
    await isOff('power-off')(bench);
    await send(bench, 'power-on');
    await becomes(bench, 'poweredOn');
  },

  'a machine that was restarted by reboot-guest is on': async (bench) => {
    await send(bench, 'reboot-guest');
    await becomes(bench, 'poweredOn');
  },

  'a machine that was restarted by reset is on, and its boot is a later one': async (bench) => {
    const { bootAt } = await read(bench);
    await send(bench, 'reset');
    await becomes(bench, 'poweredOn', (at) => bootAt === null || (at !== null && at > bootAt));
  },

  'power-off of a machine that is off is a fault that says so, and nothing was sent': async (bench) => {
    await isOff('power-off')(bench);
    await refuses(bench, 'power-off');
  },

  'power-on of a machine that is on is a fault that says so, and nothing was sent': async (bench) =>
    refuses(bench, 'power-on'),

  'sends nothing for a signal that is aborted already': async (bench) => {
    const fault = { name: 'ProviderFault', sent: 'no' };
    await expect(send(bench, 'power-off', AbortSignal.abort())).rejects.toMatchObject(fault);
    await refuses(bench, 'power-on'); // for it is on
  },

  'sends nothing for a sender that may not act any more when it comes to sending': async (bench) => {
    let held = true;
    const sent = bench.control.send(bench.machine, 'power-off', { ...token, isHeld: () => held }, signal);
    held = false; // what it waited for took longer than its lease
    await expect(sent).rejects.toMatchObject({ name: 'ProviderFault', sent: 'no' });
    await refuses(bench, 'power-on'); // for it is on
  },

  'a machine that nobody knows is not found': async ({ absent, control }) => {
    if (!absent) return;
    const fault = { name: 'ProviderFault', code: 'not_found', sent: 'no' };
    await expect(control.read(absent, signal)).rejects.toMatchObject(fault);
    await expect(control.send(absent, 'power-off', token, signal)).rejects.toMatchObject(fault);
  },
} satisfies Laws<PowerControlBench>;

/** Runs the laws. An adapter's own spec is one call to this function. */
export const powerControlContract = (name: string, open: () => Promise<PowerControlBench>) =>
  lawsInTurn(`${name} keeps the laws of power control`, powerControlLaws, open, (bench) => bench.reset());
