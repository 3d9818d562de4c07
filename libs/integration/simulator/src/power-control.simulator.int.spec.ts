import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectionId, Instant, OperationId, StreamId, systemNow, VmId } from '@drover/kernel';
import { sleep, virtualClock, type Clock, type PowerCall, type VirtualClock } from '@drover/ports';
import { powerControlContract } from '@drover/ports/testing';
import { simulator, type Simulator, type MachineSnapshot } from './provider.simulator.js';

const realClock: Clock = {
  now: systemNow,
  monotonic: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
const directory = () => mkdtempSync(join(tmpdir(), 'drover-simulator-'));
const token = { operationId: OperationId.of('power', StreamId.of('power', 'web'), 3), attempt: 2, epoch: 5 };
const { signal } = new AbortController();

describe.each([0, 0.01])('with %s of the real latency', (latency) => {
  powerControlContract(`simulator, latency ${latency}`, async () => {
    const dir = directory();
    const sim = simulator({ clock: realClock, dir, size: 20, latency, seed: 'laws' });
    const machine = sim.machine('pgtest1').ref;
    return {
      control: sim.control,
      machine,
      absent: { ...machine, key: VmId.create() },
      disconnect: async () => sim.faults.set([{ vm: 'pgtest1', call: 'read', do: 'disconnected' }]),
      markAsTemplate: async () => void sim.do('pgtest1', 'template', { is: true }),
      reset: async () => {
        sim.faults.set([]);
        if (sim.machine('pgtest1').reading.template) sim.do('pgtest1', 'template', { is: false });
        for (let tries = 0; tries < 400; tries++) {
          const { power, tools } = await sim.control.read(machine, signal);
          if (power === 'poweredOn' && tools === 'toolsOk' && !sim.machine('pgtest1').task) return;
          if (power !== 'poweredOn') sim.do('pgtest1', 'power-on');
          await sleep(realClock, 5);
        }
        throw new Error('the machine does not come back');
      },
      close: async () => {
        sim.close();
        rmSync(dir, { recursive: true });
      },
    };
  });
});

describe('the simulated power control', () => {
  let dir: string;
  let sim: Simulator;
  let clock: VirtualClock;
  beforeEach(() => {
    dir = directory();
    clock = virtualClock();
    sim = simulator({ clock, dir, size: 200, latency: 1, seed: 'drover' });
  });
  afterEach(() => {
    sim.close();
    rmSync(dir, { recursive: true });
  });

  /** Lets virtual time pass until the promise is settled; says how much it took. */
  const timed = async <T>(work: Promise<T>, step = 1) => {
    const begun = clock.monotonic();
    let settled = false;
    void work.then(
      () => (settled = true),
      () => (settled = true),
    );
    while (!settled && clock.monotonic() < begun + 60_000) await clock.advance(step);
    return { answer: await work, ms: clock.monotonic() - begun };
  };
  const send = (name: string, call: PowerCall) => timed(sim.control.send(sim.machine(name).ref, call, token, signal));
  const now = (name: string) => sim.machine(name).reading;
  const named = (which: (machine: MachineSnapshot) => boolean) => sim.machines().find(which)?.name ?? 'none like this';

  it('takes about as long to answer as a real site', async () => {
    const { ms } = await timed(sim.control.read(sim.machine('pgtest1').ref, signal));
    expect(ms).toBeGreaterThanOrEqual(20);
    expect(ms).toBeLessThanOrEqual(41);
  });

  it('T24: sees a guest off when it is off, after 45 s', async () => {
    sim.do('pgtest1', 'guest', { shutdownMs: 45_000 });
    const begun = clock.now();
    await send('pgtest1', 'shutdown-guest');
    const off = async () => {
      for (;;) {
        const { power, observedAt } = await sim.control.read(sim.machine('pgtest1').ref, signal);
        if (power === 'poweredOff') return observedAt;
        await sleep(clock, 250);
      }
    };
    const { answer: at } = await timed(off(), 250);
    expect(Instant.wholeSeconds(begun, at)).toBe(45);
  });

  it('T23: a guest that hangs takes the call and stays on; the plug still works', async () => {
    const name = named(({ guest }) => !guest.obeys);
    await send(name, 'shutdown-guest');
    await send(name, 'reboot-guest');
    const before = now(name);
    await clock.advance(600_000);
    expect(now(name)).toMatchObject({ power: 'poweredOn', tools: 'toolsOk', bootAt: before.bootAt });
    await send(name, 'power-off');
    await clock.advance(2_000);
    expect(now(name)).toMatchObject({ power: 'poweredOff' });
    expect(sim.ledger().map(({ call, effective }) => [call, effective])).toEqual([
      ['shutdown-guest', false],
      ['reboot-guest', false],
      ['power-off', true],
    ]);
  });

  it('T29: tools come back to what they were, 10 to 20 s after the machine is on', async () => {
    await send('pgtest2', 'power-off'); // toolsOld
    await clock.advance(2_000);
    expect(now('pgtest2')).toMatchObject({ power: 'poweredOff', tools: 'toolsNotRunning', uptimeSeconds: null });
    await send('pgtest2', 'power-on');
    await clock.advance(2_500);
    expect(now('pgtest2')).toMatchObject({ power: 'poweredOn', tools: 'toolsNotRunning' });
    await clock.advance(7_000);
    expect(now('pgtest2')).toMatchObject({ tools: 'toolsNotRunning' });
    await clock.advance(13_000);
    expect(now('pgtest2')).toMatchObject({ tools: 'toolsOld' });
  });

  it('T29: tools that are not installed stay so, and those that never start never come', async () => {
    for (const tools of ['toolsNotInstalled', 'toolsNotRunning'] as const) {
      const name = named(({ reading }) => reading.tools === tools && reading.power === 'poweredOn');
      await send(name, 'reset');
      await clock.advance(60_000);
      expect(now(name)).toMatchObject({ power: 'poweredOn', tools });
    }
  });

  it.each(['reboot-guest', 'reset'] as const)('%s is verified by a boot that is newer than the call', async (call) => {
    const asked = clock.now();
    expect(String(now('pgtest1').bootAt) < asked).toBe(true);
    await send('pgtest1', call);
    await clock.advance(30_000);
    const [line] = sim.ledger();
    expect(line).toMatchObject({ call, before: 'poweredOn', after: 'poweredOn', effective: true });
    expect(now('pgtest1')).toMatchObject({ power: 'poweredOn', tools: 'toolsOk', bootAt: line?.bootAt });
    expect(String(line?.bootAt) > asked).toBe(true);
  });

  it('takes the time that its chance decides, to the millisecond', async () => {
    sim.close();
    sim = simulator({ clock, dir, size: 4, latency: 1, seed: 'drover', random: () => 0.5 });
    const states: unknown[] = [];
    sim.do('pgtest1', 'power-off');
    await send('pgtest1', 'power-on'); // answered 15 ms after it was taken
    for (const ms of [1_984, 1, 14_999, 1]) {
      await clock.advance(ms);
      states.push([now('pgtest1').power, now('pgtest1').tools]);
    }
    expect(states).toEqual([
      ['poweredOff', 'toolsNotRunning'],
      ['poweredOn', 'toolsNotRunning'],
      ['poweredOn', 'toolsNotRunning'],
      ['poweredOn', 'toolsOk'],
    ]);
  });

  it('a restart is verified even where nothing takes time', async () => {
    sim.close();
    sim = simulator({ clock, dir, size: 4, latency: 0, seed: 'drover' });
    const boots: unknown[] = [clock.now()];
    for (const call of ['reset', 'reboot-guest'] as const) {
      await sim.control.send(sim.machine('pgtest1').ref, call, token, signal);
      boots.push(now('pgtest1').bootAt);
    }
    expect(new Set(boots).size).toBe(3);
    expect(boots.toSorted()).toEqual(boots);
  });

  it('a suspended machine can be cut off, and another resumed', async () => {
    const suspended = sim.machines().filter(({ reading }) => reading.power === 'suspended');
    const [first = '', second = ''] = suspended.map(({ name }) => name);
    expect(now(first)).toMatchObject({ tools: 'toolsNotRunning', bootAt: null });
    await send(first, 'power-off');
    await send(second, 'power-on');
    await clock.advance(3_000);
    expect(now(first)).toMatchObject({ power: 'poweredOff' });
    expect(now(second)).toMatchObject({ power: 'poweredOn' });
  });

  it('two calls for one machine: the second finds it busy, and one transition is counted', async () => {
    const ref = sim.machine('pgtest1').ref;
    const both = [1, 2].map(() => sim.control.send(ref, 'power-off', token, signal));
    const { answer } = await timed(Promise.allSettled(both));
    expect(answer.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(answer.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'busy', sent: 'no' } });
    expect(sim.ledger().filter(({ effective }) => effective)).toHaveLength(1);
  });

  it('calls that arrive together are decided one after the other', async () => {
    sim.close();
    sim = simulator({ clock, dir, size: 4, latency: 0, seed: 'drover' });
    const { ref } = sim.machine('pgtest1');
    const all = await Promise.allSettled([1, 2, 3].map(() => sim.control.send(ref, 'power-off', token, signal)));
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(sim.ledger().map(({ before, effective }) => [before, effective])).toEqual([
      ['poweredOn', true],
      ['poweredOff', false],
      ['poweredOff', false],
    ]);
  });

  it('a power-off on top of a shutdown brings it forward', async () => {
    sim.do('pgtest1', 'guest', { shutdownMs: 45_000 });
    await send('pgtest1', 'shutdown-guest');
    await send('pgtest1', 'power-off');
    await clock.advance(2_000);
    expect(now('pgtest1')).toMatchObject({ power: 'poweredOff' });
    const [, shutdown, powerOff] = sim.ledger();
    expect(shutdown).toMatchObject({ call: 'shutdown-guest', effective: true });
    expect(powerOff).toMatchObject({ call: 'power-off', effective: false, hastens: shutdown?.n });
  });

  it('says in the ledger who asked, what was before and what comes', async () => {
    const { vmId } = sim.machine('pgtest1').ref;
    await send('pgtest1', 'power-off');
    expect(sim.ledger()).toEqual([
      expect.objectContaining({
        n: 1,
        vmId,
        call: 'power-off',
        ...token,
        before: 'poweredOn',
        after: 'poweredOff',
        effective: true,
      }),
    ]);
  });

  it('calls a machine in the ledger as Drover calls it', async () => {
    const ref = { ...sim.machine('pgtest1').ref, vmId: VmId.create() };
    await timed(sim.control.send(ref, 'power-off', token, signal));
    expect(sim.ledger()).toMatchObject([{ vmId: ref.vmId, instanceUuid: ref.key }]);
    await clock.advance(2_000);
    expect(now('pgtest1')).toMatchObject({ power: 'poweredOff' });
  });

  it('does not know what became of a call that was given up on its way', async () => {
    const stop = new AbortController();
    const sent = sim.control.send(sim.machine('pgtest1').ref, 'power-off', token, stop.signal);
    stop.abort();
    await expect(sent).rejects.toMatchObject({ code: 'no_answer', sent: 'maybe' });
    const never = sim.control.send(sim.machine('pgtest1').ref, 'power-off', token, stop.signal);
    await expect(never).rejects.toMatchObject({ code: 'no_answer', sent: 'no' });
    expect(sim.ledger()).toEqual([]);
  });

  it('does not find a site that is none of its own', async () => {
    const ref = sim.machine('pgtest1').ref;
    const elsewhere = { ...ref, target: { ...ref.target, id: ConnectionId.parse('lab') } };
    await expect(sim.control.read(elsewhere, signal)).rejects.toMatchObject({ code: 'provider_unreachable' });
  });
});
