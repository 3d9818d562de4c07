import { afterEach, expect, it } from '@jest/globals';
import { OperationId, StreamId } from '@drover/kernel';
import { disks, furnished, granted, houses, turn, viewer, vmId } from '../../testing.js';

const { started, end } = houses();
afterEach(async () => expect(await end()).toEqual([]));
const operation = (n: number) => OperationId.of('power', StreamId.of('power', vmId(n)), 1);

/** A house with an operation that ended, whose views can be held back. */
const held = async () => {
  const on = disks();
  let gate = Promise.resolve();
  const append: typeof on.journal.append = async (batch) => {
    await gate;
    return on.journal.append(batch);
  };
  const here = await furnished(await started({ journal: { ...on.journal, append } }, on));
  await here.tell.off(1);
  await here.settled();
  const hold = () => {
    let open = () => {};
    gate = new Promise((done) => (open = done));
    return () => open();
  };
  return { here, hold };
};
const outcomeOf = <Answer>(answer: Promise<Answer>) => {
  const outcome: { is: Answer | 'waits' } = { is: 'waits' };
  void answer.then((is) => (outcome.is = is));
  return outcome;
};

it('K44: answers at once when the views have it, with the place of the event that ended it', async () => {
  const { here } = await held();
  await here.tell.isOff(1);
  await here.settled();
  const ended = await here.gateway.reads.after('power', operation(1));
  expect(ended).toEqual({ position: 'c1.k1-r1.13' });
  const [listed] = granted(await here.gateway.listOperations({ limit: 9 }, viewer)).items;
  expect([listed?.state, listed?.position]).toEqual(['succeeded', ended?.position]);
  expect(await here.gateway.reads.reached(ended?.position ?? '')).toBeNull();
  expect(await here.gateway.reads.after('power')).toEqual({ position: null }); // of no operation in particular
});

it('K44: waits for what the owner has recorded and the views do not have, two seconds at most', async () => {
  const { here, hold } = await held();
  const release = hold();
  await here.tell.isOff(1);
  const soon = outcomeOf(here.gateway.reads.after('power', operation(1)));
  for (let i = 0; i < 20; i++) await turn();
  expect(soon.is).toBe('waits');
  expect(await here.gateway.reads.after('inventory')).not.toBeNull(); // of another service it lacks nothing
  release();
  await here.settled();
  expect(soon.is).toEqual({ position: 'c1.k1-r1.13' });

  const again = hold();
  await here.tell.off(1, 2);
  const late = outcomeOf(here.gateway.reads.after('power', operation(1)));
  await here.clock.advance(1999);
  expect(late.is).toBe('waits');
  await here.clock.advance(1);
  expect(late.is).toBeNull();
  again();
});

it('K44: a read that must show a place waits for it, and is refused when it does not come', async () => {
  const { here, hold } = await held();
  const release = hold();
  await here.tell.isOff(1);
  const asked = outcomeOf(here.gateway.reads.reached('c1.k1-r1.13'));
  await here.clock.advance(1000);
  expect(asked.is).toBe('waits');
  release();
  await here.settled();
  expect(asked.is).toBeNull();
  const never = outcomeOf(here.gateway.reads.reached('c1.k1-r1.14'));
  await here.clock.advance(2000);
  expect(never.is).toMatchObject({ rejected: 'view_behind', retryAfterSeconds: 1 });
  expect(await here.gateway.reads.reached('c1.k9-r1.14')).toMatchObject({ rejected: 'cursor_expired' });
  expect(await here.gateway.reads.reached('13')).toMatchObject({ rejected: 'cursor_invalid' });
});

it('K44: nobody waits for a process that stops', async () => {
  const { here, hold } = await held();
  const release = hold();
  await here.tell.isOff(1);
  const asked = outcomeOf(here.gateway.reads.after('power', operation(1)));
  await turn();
  here.stop.abort();
  await turn();
  expect(asked.is).toBeNull();
  release();
});
