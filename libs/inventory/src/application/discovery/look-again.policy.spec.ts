import { afterEach, expect, it } from '@jest/globals';
import { LOOK_AGAIN } from '@drover/contracts';
import { memoryMachineCatalog, readCounter, virtualClock, type Commit } from '@drover/ports';
import { vmStream } from '../../domain/vm.js';
import { idOf, machine, openHouse, siteA } from '../../testing.js';
import { connectionLease } from './connection-lease.js';
import { heedMerges } from './heed-merges.js';
import { lookAgain } from './look-again.policy.js';

let house: Awaited<ReturnType<typeof openHouse>>;
afterEach(() => house.close());

/** A house with one machine that went off without a word of its provider, and how often machines were read by name. */
const misled = async () => {
  const clock = virtualClock();
  const reads = readCounter('memory');
  const machines = memoryMachineCatalog(() => clock.now(), [machine(1, clock.now())], reads);
  const asked: (readonly string[])[] = [];
  const catalog = {
    ...machines,
    read: (...args: Parameters<typeof machines.read>) => (asked.push(args[1]), machines.read(...args)),
  };
  house = await openHouse({ clock, reads, catalog });
  await house.start();
  machines.putSilently(machine(1, clock.now(), { power: 'poweredOff' }));
  const power = async () =>
    (await house.facts())
      .flatMap((fact) => (fact.type === 'VmPowerObserved' ? [(fact as { readonly power?: unknown }).power] : []))
      .at(-1);
  return { machines, asked, power };
};

it('K2: a reading that contradicts what is shown has the machine read once more, and what is shown follows', async () => {
  const { asked, power } = await misled();
  expect(await power()).toBe('poweredOn');
  for (let i = 0; i < 50; i++) house.jobs.nudge(LOOK_AGAIN, idOf(1));
  await house.clock.advance(1_000);
  expect([await power(), asked.length]).toEqual(['poweredOff', 1]); // however many asked
});

it('K9: that somebody who asked did not find a machine is a removal, and a listing confirms it at once', async () => {
  const { machines } = await misled();
  machines.put(machine(2, house.clock.now()));
  machines.remove(machine(1, house.clock.now()).key, true);
  house.jobs.nudge(LOOK_AGAIN, idOf(9)); // nobody knows it
  await house.clock.advance(2_000);
  expect((await house.facts()).filter(({ type }) => type === 'VmRetired')).toEqual([]);
  house.jobs.nudge(LOOK_AGAIN, idOf(1));
  await house.clock.advance(2_000);
  expect((await house.facts()).filter(({ type }) => type === 'VmRetired')).toMatchObject([
    { stream: `vm-${idOf(1)}`, cause: 'gone' },
  ]);
});

it('that somebody asks to look again at a machine that nobody knows costs nothing', async () => {
  const { asked } = await misled();
  house.jobs.nudge(LOOK_AGAIN, idOf(9));
  await house.clock.advance(1_000);
  expect(asked).toEqual([]);
});

/** A process that holds the leases of some connections: which machines it has read once more. */
const processWith = (held: readonly string[]) => {
  const doubted: string[] = [];
  const reported: string[] = [];
  const heard = new Set<(commits: readonly Commit[]) => void>();
  const aliases = [{ source: siteA.id, kind: 'instance-uuid', value: 'u1' }];
  const load = async (stream: string) => {
    if (stream === vmStream(idOf(2))) throw new Error('the store is gone');
    return { state: { is: 'seen', connectionId: siteA.id, aliases } };
  };
  const ports = {
    vms: { load },
    recorder: { doubt: (_id: string, key: string) => void doubted.push(key) },
    leases: { holds: (name: string) => held.includes(name) },
    eventStore: {
      subscribe: (call: (commits: readonly Commit[]) => void) => (heard.add(call), () => heard.delete(call)),
    },
    report: (where: string, error: unknown) => void reported.push(`${where}: ${String(error)}`),
  } as never;
  const leave = heedMerges(ports);
  const merge = async (...numbers: readonly number[]) => {
    const commits = numbers.map((n) => ({ stream: vmStream(idOf(n)), facts: [{ fact: { type: 'VmMerged' } }] }));
    for (const call of heard) call(commits as never);
    await new Promise((done) => setImmediate(done));
  };
  return { doubted, reported, leave, merge, look: () => lookAgain(ports).advance(idOf(1), AbortSignal.abort()) };
};

it('what is asked of a connection whose session another process has is left to that one', async () => {
  house = await openHouse();
  const [mine, other] = [processWith([connectionLease(siteA.id)]), processWith([])];
  for (const { look, merge } of [mine, other]) {
    await look();
    await merge(1);
  }
  expect([mine.doubted, other.doubted]).toEqual([['u1', 'u1'], []]);
});

it('a merge that cannot be looked into is reported and keeps no other from it; after the stop none is heard', async () => {
  house = await openHouse();
  const { doubted, reported, merge, leave } = processWith([connectionLease(siteA.id)]);
  await merge(2, 1);
  expect([doubted, reported]).toEqual([['u1'], ['merged machines: Error: the store is gone']]);
  leave();
  await merge(1);
  expect(doubted).toEqual(['u1']);
});
