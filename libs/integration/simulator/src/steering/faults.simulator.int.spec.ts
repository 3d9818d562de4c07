import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { OperationId, StreamId } from '@drover/kernel';
import { virtualClock, type PowerCall, type VirtualClock } from '@drover/ports';
import { simulator, type Simulator } from '../provider.simulator.js';

let dir: string;
let sim: Simulator;
let clock: VirtualClock;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-simulator-'));
  clock = virtualClock();
  sim = simulator({ clock, dir, size: 20, latency: 0, seed: 'drover' });
});
afterEach(() => {
  sim.close();
  rmSync(dir, { recursive: true });
});

const token = { operationId: OperationId.of('power', StreamId.of('power', 'web'), 1), attempt: 1, epoch: 1 };
const { signal } = new AbortController();
const ref = (name = 'pgtest1') => sim.machine(name).ref;
const read = (name?: string) => sim.control.read(ref(name), signal);
const send = (call: PowerCall, name?: string) => sim.control.send(ref(name), call, token, signal);
const set = (fault: Parameters<Simulator['faults']['set']>[0][number]) => sim.faults.set([fault]);
const told = () => sim.ledger().map(({ call, effective, answer }) => [call, effective, answer]);
const file = () => join(dir, 'faults.json');

it('reject: the site says no and nothing happens', async () => {
  set({ vm: 'pgtest1', call: '*', do: 'reject' });
  await expect(send('power-off')).rejects.toMatchObject({ code: 'provider_error', sent: 'no' });
  await expect(read()).rejects.toMatchObject({ code: 'provider_error' });
  expect(told()).toEqual([['power-off', false, 'provider_error']]);
});

it('drop-response: it happens, and the caller does not learn of it', async () => {
  set({ vm: 'pgtest1', call: 'power-off', do: 'drop-response', times: 1 });
  await expect(send('power-off')).rejects.toMatchObject({ code: 'no_answer', sent: 'maybe' });
  expect(await read()).toMatchObject({ power: 'poweredOff' });
  expect(told()).toEqual([['power-off', true, 'no_answer']]);
});

it('drop-response of a reading is no doubt about anything that was sent', async () => {
  set({ vm: '*', call: 'read', do: 'drop-response' });
  await expect(read()).rejects.toMatchObject({ code: 'no_answer', sent: 'no' });
});

it('delay: the call arrives later', async () => {
  set({ vm: 'pgtest1', call: 'power-off', do: 'delay', ms: 20_000 });
  let done = false;
  const sent = send('power-off').then(() => (done = true));
  await clock.advance(19_999);
  expect([done, told()]).toEqual([false, []]);
  await clock.advance(1);
  await sent;
  expect(told()).toEqual([['power-off', true, 'accepted']]);
});

it.each(['read', 'power-off'] as const)('hang: %s gets no answer until the caller gives up', async (call) => {
  set({ vm: 'pgtest1', call, do: 'hang' });
  const stop = new AbortController();
  let done = false;
  const { control } = sim;
  const work = call === 'read' ? control.read(ref(), stop.signal) : control.send(ref(), call, token, stop.signal);
  const fault = work.then(
    () => 'an answer',
    (error: unknown) => ((done = true), error),
  );
  await clock.advance(3_600_000);
  expect(done).toBe(false);
  stop.abort();
  expect(await fault).toMatchObject({ code: 'no_answer', sent: call === 'read' ? 'no' : 'maybe' });
  sim.faults.set([]);
  expect(await read()).toMatchObject({ power: 'poweredOn' });
  expect(told()).toEqual(call === 'read' ? [] : [['power-off', false, 'no_answer']]);
});

it('wrong-state: the site says that the state is wrong, though it is right; readings are left alone', async () => {
  set({ vm: 'pgtest1', call: '*', do: 'wrong-state' });
  expect(await read()).toMatchObject({ power: 'poweredOn' });
  await expect(send('power-off')).rejects.toMatchObject({ code: 'invalid_power_state', sent: 'no' });
  expect(told()).toEqual([['power-off', false, 'invalid_power_state']]);
});

it('T22: tools-off: they read as not running, the guest cannot be asked, the plug works', async () => {
  set({ vm: 'pgtest1', call: '*', do: 'tools-off' });
  expect(await read()).toMatchObject({ power: 'poweredOn', tools: 'toolsNotRunning' });
  await expect(send('shutdown-guest')).rejects.toMatchObject({ code: 'tools_unavailable', sent: 'no' });
  await send('power-off');
  expect(told()).toEqual([
    ['shutdown-guest', false, 'tools_unavailable'],
    ['power-off', true, 'accepted'],
  ]);
});

it('unavailable: nothing reaches the site', async () => {
  set({ vm: '*', call: '*', do: 'unavailable' });
  await expect(read()).rejects.toMatchObject({ code: 'provider_unreachable' });
  await expect(send('power-off')).rejects.toMatchObject({ code: 'provider_unreachable', sent: 'no' });
  expect(told()).toEqual([]);
});

it('restart means both ways to restart, and no other call', async () => {
  set({ vm: '*', call: 'restart', do: 'reject' });
  for (const call of ['reboot-guest', 'reset'] as const)
    await expect(send(call)).rejects.toMatchObject({ code: 'provider_error' });
  await send('power-off');
});

it('happens to the machine it names, by its name, its id or its site', async () => {
  const { vmId } = ref();
  for (const vm of ['pgtest1', vmId, 'site-a']) {
    set({ vm, call: 'read', do: 'reject' });
    await expect(read()).rejects.toMatchObject({ code: 'provider_error' });
    await read('web-02'); // on site-b
  }
});

it('happens as often as it says, then the next that fits', async () => {
  sim.faults.set([
    { vm: '*', call: 'read', do: 'reject', times: 2 },
    { vm: '*', call: 'read', do: 'unavailable', times: 1 },
  ]);
  const codes: unknown[] = [];
  for (let i = 0; i < 4; i++)
    codes.push(
      await read().then(
        ({ power }) => power,
        (error: unknown) => error instanceof Error && error.message.split(':')[0],
      ),
    );
  expect(codes).toEqual(['provider_error', 'provider_error', 'provider_unreachable', 'poweredOn']);
});

it('a file of faults is in force from the next call on, counts anew when it changes, ends with the file', async () => {
  const write = (fault: unknown) => {
    writeFileSync(`${file()}.new`, JSON.stringify(fault));
    renameSync(`${file()}.new`, file());
  };
  const once = [{ vm: 'pgtest1', call: 'read', do: 'reject', ms: 0, times: 1 }];
  for (let i = 0; i < 2; i++) {
    write(once);
    await expect(read()).rejects.toMatchObject({ code: 'provider_error' });
    await read();
  }
  write([{ vm: '*', call: 'read', do: 'reject' }]);
  await expect(read()).rejects.toMatchObject({ code: 'provider_error' });
  rmSync(file());
  await read();
});

it('a file that is being written changes nothing yet; one that is no list of faults fails every call', async () => {
  writeFileSync(file(), '[{"vm": "pgtest1", "call": "re');
  await read();
  writeFileSync(file(), '[{"vm": "pgtest1", "call": "read", "do": "explode"}]');
  const detail = expect.stringContaining('faults.json');
  await expect(read()).rejects.toMatchObject({ code: 'provider_error', detail });
});

it('a file that cannot be read fails every call, and nothing once it is gone', async () => {
  symlinkSync(file(), file());
  const detail = expect.stringContaining('faults.json cannot be read');
  await expect(read()).rejects.toMatchObject({ code: 'provider_error', detail });
  await expect(send('power-off')).rejects.toMatchObject({ code: 'provider_error', detail, sent: 'no' });
  rmSync(file());
  await read();
  expect(told()).toEqual([]);
});
