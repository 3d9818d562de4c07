import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { PublicFact, Operation, pageOf } from '@drover/contracts';
import { OperationId } from '@drover/kernel';
import { ana, openHouse, siteA } from '../../testing.js';

let house: Awaited<ReturnType<typeof openHouse>>;
const id = OperationId.parse('inventory.connection-site-a.1');
beforeEach(async () => {
  house = await openHouse();
  await house.start();
  await house.inventory.refreshConnection({ id: siteA.id }, { ...ana(), reason: 'why not' });
});
afterEach(() => house.close());
const facts = (limit = 100, cursor?: string) =>
  house.inventory.getOperationFacts({ id, limit, ...(cursor !== undefined && { cursor }) }, ana());

it('shows an operation in the shape of the contract, while it runs and when it ended', async () => {
  const running = await house.inventory.getOperation({ id }, ana());
  expect(Operation.parse(running)).toEqual(running);
  expect(running).toMatchObject({ state: 'running', reason: 'why not', endedAt: null });
  await house.clock.advance(1000);
  const ended = await house.inventory.getOperation({ id }, ana());
  expect(Operation.parse(ended)).toEqual(ended);
});
it('shows every fact of it, and only of it', async () => {
  await house.clock.advance(1000);
  await house.inventory.refreshConnection({ id: siteA.id }, ana());
  await house.clock.advance(1000);
  const page = await facts();
  expect(pageOf(PublicFact).parse(page)).toEqual(page);
  expect(page).toMatchObject({
    items: [
      {
        type: 'io.drover.inventory.connection-refresh-requested.v1',
        ...{ position: null, operationid: id, actor: 'ana' },
      },
      { type: 'io.drover.inventory.connection-refreshed.v1', position: null, operationid: id },
    ],
    ...{ total: 2, next: null },
  });
});
it('page by page', async () => {
  await house.clock.advance(1000);
  const first = await facts(1);
  const next = 'next' in first ? (first.next ?? '') : '';
  expect(first).toMatchObject({ items: [{ type: expect.stringContaining('requested') }], next: expect.any(String) });
  expect(await facts(1, next)).toMatchObject({ items: [{ type: expect.stringContaining('refreshed') }], next: null });
});
it('refuses a cursor of another list, and an operation that there is not', async () => {
  expect(await facts(1, 'c1.k.1')).toMatchObject({ rejected: 'cursor_invalid' });
  const other = OperationId.parse('inventory.connection-site-a.9');
  expect(await house.inventory.getOperationFacts({ id: other, limit: 1 }, ana())).toMatchObject({
    rejected: 'not_found',
  });
});
