// The time of day is set forward and back while Drover runs, by libfaketime; its monotonic clock goes on. Readings,
// deadlines and durations must not notice. Without the library the stories are skipped by name.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { hasEnded, type Operation } from '@drover/contracts';
import { faketimeLibrary, wallClock } from '../../../tools/infra/faketime.js';
import { until } from './api.js';
import { within } from './house.js';
import { openStage, type Stage } from './stage.js';

// T-CLK-1 on a started process: its time of day is set while it runs, its monotonic clock goes on.

const library = await faketimeLibrary();
const story = library ? it : it.skip;

let clock: ReturnType<typeof wallClock>;
let stage: Stage;
beforeAll(async () => {
  if (!library) return;
  clock = wallClock(library);
  stage = await openStage(clock.env);
}, 2 * within);
afterAll(async () => {
  if (!library) return;
  await stage.house[Symbol.asyncDispose]();
  clock[Symbol.dispose]();
}, within);

const jumps = [-1, 1, -24, 24]; // back first: then what was read before is later than what is read now
const hour = 3_600_000;
const took = ({ evidence }: Operation) => evidence?.durationSeconds ?? Infinity;
/** A power-off that waits for a guest which does not obey. */
const hanging = async () => {
  const vm = stage.machine();
  await stage.others({ vm: vm.id, do: 'guest', obeys: false });
  const { body } = await stage.ask(vm, 'power-off', { mode: 'soft', timeoutSeconds: 300 });
  await stage.operationWhen(body.id, ({ evidence }) => (evidence?.attempts.length ?? 0) > 0);
  return { vm, id: body.id };
};

story.each(jumps)(
  'K3: after a jump of %d hours a verified power-off is shown at once, and so is what others do',
  async (hours) => {
    clock.jump(hours);
    const vm = stage.machine();
    const operation = await stage.done(vm, 'power-off', { mode: 'hard' });
    expect(operation).toMatchObject({ state: 'succeeded' });
    expect(Math.abs(Date.parse(operation.requestedAt) - clock.now())).toBeLessThan(hour / 2); // the clock was set
    expect(took(operation)).toBeLessThan(60);
    const off = await stage.vmWhen(vm, ({ power }) => power.state === 'poweredOff', 5_000);
    expect(off.power.state).toBe('poweredOff');
    await stage.others({ vm: vm.id, do: 'power-on' });
    const on = await stage.vmWhen(vm, ({ power }) => power.state === 'poweredOn', 10_000);
    expect([on.power.state, on.stale]).toEqual(['poweredOn', false]);
  },
  within,
);

story.each(jumps)(
  'K4: a jump of %d hours ends no operation, and is no part of how long it took',
  async (hours) => {
    const { vm, id } = await hanging();
    clock.jump(hours);
    await stage.done(stage.machine(), 'power-off', { mode: 'hard' }); // the house goes on meanwhile
    expect((await stage.api.operation(id)).body.state).toBe('running');
    await stage.others({ vm: vm.id, do: 'power-off' });
    const operation = await stage.operationWhen(id, hasEnded);
    expect(operation).toMatchObject({ state: 'succeeded', evidence: { newState: 'poweredOff' } });
    expect(took(operation)).toBeLessThan(60);
  },
  within,
);

story.each(jumps)(
  'K4: after a jump of %d hours across a restart the verdict is what was read',
  async (hours) => {
    const { vm, id } = await hanging();
    await stage.others({ vm: vm.id, do: 'power-off' }, { vm: stage.machine().id, do: 'power-off' });
    const open = await hanging();
    await stage.house.kill();
    clock.jump(hours);
    await stage.house.start();
    expect(await stage.operationWhen(id, hasEnded)).toMatchObject({ state: 'succeeded' });
    expect((await stage.vmWhen(vm, ({ power }) => power.state === 'poweredOff')).power.state).toBe('poweredOff');
    // Forward, its time may be over: then it ends so, with what was read. Back, it goes on.
    if (hours > 0) {
      const ended = await stage.operationWhen(open.id, hasEnded);
      expect(ended).toMatchObject({ state: 'expired', evidence: { newState: 'poweredOn' } });
    } else expect((await stage.api.operation(open.id)).body.state).toBe('running');
  },
  within,
);

story(
  'K20: a power-on waits for a guest that was given up as long as that may stop, however the clock is set meanwhile',
  async () => {
    const vm = stage.machine();
    await stage.others({ vm: vm.id, do: 'guest', obeys: false });
    const { body: given } = await stage.ask(vm, 'power-off', { mode: 'soft', timeoutSeconds: 12 });
    await stage.operationWhen(given.id, ({ evidence }) => (evidence?.attempts.length ?? 0) > 0);
    expect(
      (await stage.api.post(`/api/v1/operations/${given.id}/cancel`, {}, { prefer: 'wait=20' })).body,
    ).toMatchObject({ state: 'cancelled' });
    clock.jump(24);
    const { body: asked } = await stage.ask(vm, 'power-on');
    const waits = await stage.operationWhen(asked.id, ({ state }) => state !== 'queued');
    expect(waits).toMatchObject({ state: 'running', evidence: { earlier: given.id } });
    clock.jump(-24);
    const operation = await stage.operationWhen(asked.id, hasEnded, 30_000);
    expect(operation).toMatchObject({ state: 'succeeded', evidence: { method: 'already-on', earlier: given.id } });
    expect(took(operation)).toBeLessThan(60);
  },
  2 * within,
);

story(
  'T-CLK-1: a jump is logged once, and keeps nobody from anything',
  async () => {
    const logged = async () => stage.house.complaints().match(/time of day was set 3600 s (back|forward)/g) ?? [];
    for (const [count, hours] of [-1, 1].entries()) {
      clock.jump(hours);
      await until(logged, (lines) => lines.length > count);
    }
    const vm = stage.machine();
    expect(await stage.done(vm, 'restart', { mode: 'hard', reason: 'the clock' })).toMatchObject({
      state: 'succeeded',
    });
    await stage.house.stop();
    expect(await logged()).toHaveLength(2);
  },
  within,
);
