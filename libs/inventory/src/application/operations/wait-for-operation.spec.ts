import { afterEach, expect, it } from '@jest/globals';
import { OperationId } from '@drover/kernel';
import { memoryMachineCatalog, sleep, virtualClock } from '@drover/ports';
import { ana, none, openHouse, siteA } from '../../testing.js';

let house: Awaited<ReturnType<typeof openHouse>>;
afterEach(() => house.close());
const id = OperationId.parse('inventory.connection-site-a.1');

/** A listing that takes some seconds, and a waiter for it. */
const open = async (takesMs: number) => {
  const clock = virtualClock();
  const machines = memoryMachineCatalog(() => clock.now());
  house = await openHouse({
    clock,
    catalog: {
      ...machines,
      list: async function* (_, signal) {
        await sleep(clock, takesMs, signal);
        yield none;
      },
    },
  });
  await house.start();
  await house.inventory.refreshConnection({ id: siteA.id }, ana());
};
const waiter = (seconds: number) => {
  const seen: { state: string }[] = [];
  const done = house.inventory.waitForOperation({ id, seconds }, ana());
  void done.then((answer) => seen.push({ state: 'state' in answer ? answer.state : 'refused' }));
  return { seen, done };
};

it('answers as soon as it ended', async () => {
  await open(3000);
  const { seen } = waiter(30);
  await house.clock.advance(2900);
  expect(seen).toEqual([]);
  await house.clock.advance(200);
  expect(seen).toMatchObject([{ state: 'succeeded' }]);
});
it('answers as it stands when the time is up', async () => {
  await open(60_000);
  const { seen } = waiter(5);
  await house.clock.advance(4900);
  expect(seen).toEqual([]);
  await house.clock.advance(200);
  expect(seen).toMatchObject([{ state: 'running' }]);
});
it('answers as it stands when the process stops', async () => {
  await open(60_000);
  const { done } = waiter(50);
  await house.close();
  expect(await done).toMatchObject({ state: 'running' });
});
it('waits for nobody', async () => {
  await open(0);
  const other = OperationId.parse('inventory.connection-site-a.9');
  expect(await house.inventory.waitForOperation({ id: other, seconds: 50 }, ana())).toMatchObject({
    rejected: 'not_found',
  });
});
