import { afterEach, expect, it } from '@jest/globals';
import { LOOK_AGAIN } from '@drover/contracts';
import { memoryMachineCatalog, readCounter, virtualClock } from '@drover/ports';
import { idOf, machine, openHouse } from '../../testing.js';

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
