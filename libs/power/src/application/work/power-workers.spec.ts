import { describe, expect, it } from '@jest/globals';
import { isRejection, ProcessRunId, type VmId } from '@drover/kernel';
import {
  leasesOn,
  memoryLeaseStore,
  sleep,
  type Clock,
  type JobQueue,
  type Leases,
  type ProcessLease,
} from '@drover/ports';
import { ana, keyed, machineRoom, type MachineRoom, type Process } from '../../testing.js';

const OPERATIONS = 500;

/** Workers under test: how many operations they are given, and what their processes know of each other. */
interface Workers {
  readonly operations: number;
  readonly living?: (right: ProcessLease) => ProcessLease;
}

/** A room whose machines take their time to answer; it counts what took effect. */
const slowRoom = (answersAfterMs: number, operations: number) => {
  const place = machineRoom();
  const effects = new Map<VmId, number>();
  place.room.behave = async (_call, obey, { vmId }) => {
    await sleep(place.clock, answersAfterMs);
    const sent = await obey();
    effects.set(vmId, (effects.get(vmId) ?? 0) + 1);
    return sent;
  };
  const machines = Array.from({ length: operations }, (_, n) => place.machine(`vm-${n}`));
  return { ...place, machines, effects };
};

const ask = async ({ power }: Process, vmId: VmId, key: string) => {
  const asked = await power.powerOff({ vmId, mode: 'hard', timeoutSeconds: 600 }, keyed(key));
  if (isRejection(asked)) throw new Error(asked.because);
  return asked.operation.id;
};

/** It hands each key to two workers, at once and once more while the first may still wait for an answer. */
const twice =
  (clock: Clock) =>
  (queue: JobQueue): JobQueue => ({
    ...queue,
    work: (job, handler, concurrency) =>
      queue.work(
        job,
        async (...of) => {
          const later = sleep(clock, 1_000).then(() => handler(...of));
          await Promise.all([handler(...of), handler(...of), later]);
        },
        concurrency,
      ),
  });

/** It hands each nudge to all processes. */
const toAll = () => {
  const all: JobQueue[] = [];
  return (queue: JobQueue): JobQueue => {
    all.push(queue);
    return { ...queue, nudge: (...nudge) => all.forEach((each) => each.nudge(...nudge)) };
  };
};

const statesOf = async ({ power }: Process, ids: Parameters<Process['power']['getOperation']>[0]['id'][]) => {
  const states = new Map<string, number>();
  for (const id of ids) {
    const operation = await power.getOperation({ id }, ana);
    const state = isRejection(operation) ? operation.rejected : operation.state;
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  return Object.fromEntries(states);
};

const sharedLeases = (place: Pick<MachineRoom, 'clock'>) => {
  const store = memoryLeaseStore();
  return (holder: string, clock: Clock = place.clock): Leases => leasesOn({ clock, store, holder, report: () => {} });
};

/** The clock of a process that can be put to sleep: time passes, and no timer of it runs until it wakes. */
const sleepingClock = ({ clock }: Pick<MachineRoom, 'clock'>) => {
  let asleep = false;
  const due: (() => void)[] = [];
  const own: Clock = {
    ...clock,
    after: (ms, call) => clock.after(ms, () => (asleep ? void due.push(call) : call())),
  };
  return {
    own,
    sleep: () => void (asleep = true),
    wake: () => {
      asleep = false;
      due.splice(0).forEach((call) => call());
    },
  };
};

/** No more than one connection is worked on at once: every worker is to be asleep in its call. */
const AT_ONCE = 250;

/** All workers of one process sleep past their leases, each in the last line before its call; another process takes over. */
const sleepThrough = async ({ operations, ...of }: Workers) => {
  const place = slowRoom(0, operations);
  const { clock, machines, effects, room, memory, boot } = place;
  const leases = sharedLeases(place);
  const sleeper = sleepingClock(place);
  const obey = room.behave;
  const asleep: (() => void)[] = [];
  room.behave = async (...of) => {
    if (asleep.length < operations && !effects.has(of[2].vmId)) await new Promise<void>((done) => asleep.push(done));
    return obey(...of);
  };
  const first = await boot({ ...of, run: 'one', clock: sleeper.own, leases: leases('one', sleeper.own) });
  const ids = await Promise.all(machines.map((vmId, n) => ask(first, vmId, `k${n}`)));
  for (let n = 0; n < 200 && asleep.length < operations; n++) await clock.advance(100);
  sleeper.sleep(); // each of its calls is about to be sent
  expect(asleep).toHaveLength(operations);
  room.behave = obey;

  const second = await boot({ ...of, run: 'two', leases: leases('two') });
  for (let n = 0; n < 200 && effects.size < operations; n++) await clock.advance(1_000);
  await clock.advance(10_000);
  expect([effects.size, Math.max(...effects.values())]).toEqual([operations, 1]);
  expect(await statesOf(second, ids)).toEqual({ succeeded: operations });
  for (const vmId of machines) memory.machine(vmId).power = 'poweredOn'; // by somebody else
  asleep.forEach((wake) => wake());
  await clock.advance(0);
  sleeper.wake();
  await clock.advance(60_000);
  expect(machines.filter((vmId) => memory.machine(vmId).power !== 'poweredOn')).toEqual([]);
  expect(Math.max(...effects.values())).toBe(1);
  await first.kill();
  await second.kill();
};

/** What keeps of several workers one at each machine, each law with its test. */
const laws = {
  'a queue that delivers twice into a process whose calls hang: no call is made twice': async ({
    operations,
    ...of
  }: Workers) => {
    const { clock, machines, effects, made, boot } = slowRoom(14_000, operations);
    const process = await boot({ ...of, queued: twice(clock) });
    const ids = await Promise.all(machines.map((vmId, n) => ask(process, vmId, `k${n}`)));
    for (let n = 0; n < 600 && effects.size < operations; n++) await clock.advance(5_000);
    await clock.advance(30_000);
    expect(await statesOf(process, ids)).toEqual({ succeeded: operations });
    expect([made.length, effects.size, Math.max(...effects.values())]).toEqual([operations, operations, 1]);
    expect(process.failures).toEqual([]);
    await process.kill();
  },

  'a queue that delivers twice into two processes: each operation has one worker': async ({
    operations,
    ...of
  }: Workers) => {
    const place = slowRoom(2_000, operations);
    const { clock, machines, effects, made, boot } = place;
    const leases = sharedLeases(place);
    const everywhere = toAll();
    const queued = (queue: JobQueue) => everywhere(twice(clock)(queue));
    const processes = [
      await boot({ ...of, run: 'one', leases: leases('one'), queued }),
      await boot({ ...of, run: 'two', leases: leases('two'), queued }),
    ] as const;
    const ids = await Promise.all(machines.map((vmId, n) => ask(processes[n % 2 === 0 ? 0 : 1], vmId, `k${n}`)));
    for (let n = 0; n < 600 && effects.size < operations; n++) await clock.advance(5_000);
    await clock.advance(30_000);
    for (const each of processes) expect(await statesOf(each, ids)).toEqual({ succeeded: operations });
    expect([made.length, effects.size, Math.max(...effects.values())]).toEqual([operations, operations, 1]);
    expect(processes.flatMap(({ failures }) => failures)).toEqual([]);
    for (const each of processes) await each.kill();
  },

  'a worker that sleeps past its lease sends nothing when it wakes, whoever has used the machine since': async ({
    operations,
    ...of
  }: Workers) => {
    for (let left = operations; left > 0; left -= AT_ONCE)
      await sleepThrough({ ...of, operations: Math.min(left, AT_ONCE) });
  },
};
type Law = keyof typeof laws;

describe('the workers of power', () => {
  it.each(Object.entries(laws))('%s', (_law, holds) => holds({ operations: OPERATIONS }));
});

/** Wrong on purpose: it takes the workers of its own process for gone. */
const forgetful = (right: ProcessLease): ProcessLease => {
  let names = 0;
  const isOwn = (run: ProcessRunId) => run.startsWith(`${right.run}-`);
  const nameOf = (run: ProcessRunId) => ProcessRunId.parse(run.replace(/-\d+$/, ''));
  return {
    ...right,
    get run() {
      return ProcessRunId.parse(`${right.run}-${++names}`);
    },
    isAlive: async (run) => !isOwn(run) && right.isAlive(nameOf(run)),
  };
};

/** Wrong on purpose: it takes every other process for gone. */
const alone = (right: ProcessLease): ProcessLease => ({ ...right, isAlive: async () => false });

/** Wrong on purpose: it never asks whether its own lease is over. */
const sleepless = (right: ProcessLease): ProcessLease => ({ ...right, isHeld: () => true });

const hanging: Law = 'a queue that delivers twice into a process whose calls hang: no call is made twice';
const two: Law = 'a queue that delivers twice into two processes: each operation has one worker';
const slept: Law =
  'a worker that sleeps past its lease sends nothing when it wakes, whoever has used the machine since';

it.each<[name: string, living: NonNullable<Workers['living']>, ...broken: Law[]]>([
  ['forgetful', forgetful, hanging, two],
  ['alone', alone, two],
  ['sleepless', sleepless, slept],
])('the laws turn red for the workers that are %s', async (_name, living, ...broken) => {
  const red: string[] = [];
  for (const [law, holds] of Object.entries(laws)) await holds({ operations: 10, living }).catch(() => red.push(law));
  expect(red).toEqual(broken);
});

it('the laws are green for so few operations, too', async () => {
  for (const holds of Object.values(laws)) await expect(holds({ operations: 10 })).resolves.toBeUndefined();
});
