import { afterEach, expect, it } from '@jest/globals';
import { ProviderFault } from '@drover/ports';
import { ana, machine, openHouse, siteA } from '../../testing.js';

let house: Awaited<ReturnType<typeof openHouse>>;
const open = async () => {
  house = await openHouse();
  house.machines.put(machine(1, house.clock.now()));
  await house.start();
  return house;
};
afterEach(() => house.close());

const connection = async () => {
  const answer = await house.inventory.getConnection({ id: siteA.id }, ana());
  if ('rejected' in answer) throw new Error(answer.because);
  return answer;
};
const turns = async () =>
  (await house.facts()).flatMap((fact) => (fact.type === 'ConnectionStateChanged' && 'to' in fact ? [fact.to] : []));

it('K14: a provider that hangs is degraded after five seconds and down after twenty, though its session stands', async () => {
  const { clock, contact } = await open();
  expect(await connection()).toMatchObject({ state: 'up' });
  const question = contact.asked(siteA.id);
  await clock.advance(4_900);
  expect(await connection()).toMatchObject({ state: 'up', reason: null });
  await clock.advance(200);
  expect(await connection()).toMatchObject({ state: 'degraded', reason: { code: 'provider_unreachable' } });
  question.unanswered('no answer within 5 s');
  await clock.advance(14_700);
  expect(await connection()).toMatchObject({ state: 'degraded' });
  await clock.advance(300);
  expect(await connection()).toMatchObject({ state: 'down', reason: { detail: 'no answer within 5 s' } });
  contact.asked(siteA.id).answered();
  await clock.advance(1);
  expect(await connection()).toMatchObject({ state: 'up', reason: null });
  expect(await turns()).toEqual(['up', 'degraded', 'down', 'up']);
});

it('K14: an answer without a session ends no silence: what is shown was not read again yet', async () => {
  const { clock, contact, machines } = await open();
  contact.asked(siteA.id).unanswered('cut');
  machines.fail(new ProviderFault('provider_unreachable', 'cut'));
  await clock.advance(21_000);
  expect(await connection()).toMatchObject({ state: 'down' });
  contact.asked(siteA.id).answered();
  await clock.advance(1);
  expect(await connection()).toMatchObject({ state: 'down' });
  machines.fail(null);
  await clock.advance(60_000);
  expect(await connection()).toMatchObject({ state: 'up' });
});

it('K14: a provider that answers and breaks every session is down after a minute', async () => {
  const { clock, machines } = await open();
  machines.fail(new ProviderFault('provider_unreachable', 'the session was lost'));
  await clock.advance(50_000);
  expect(await connection()).toMatchObject({ state: 'degraded' });
  await clock.advance(70_000);
  expect(await connection()).toMatchObject({ state: 'down' });
});

it('K14: a silence that could not be recorded is recorded by the next look', async () => {
  const { clock, contact } = await open();
  const { append } = house.eventStore;
  let full = true;
  Object.assign(house.eventStore, {
    append: async (draft: Parameters<typeof append>[0]) => {
      if (full) throw new Error('no space left');
      return append(draft);
    },
  });
  contact.asked(siteA.id);
  await clock.advance(6_000);
  expect(await turns()).toEqual(['up']);
  full = false;
  await clock.advance(11_000);
  expect(await turns()).toEqual(['up', 'degraded']);
});
