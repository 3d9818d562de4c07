import { expect, it } from '@jest/globals';
import { OperationId, StreamId, VmId } from '@drover/kernel';
import { bulkDecider as d, type BulkCommand } from './bulk.decider.js';
import type { BulkRequest, BulkFact, BulkItem } from './bulk.events.js';

const [a, b] = [VmId.create(), VmId.create()];
const request: BulkRequest = {
  action: 'power-off',
  mode: 'soft',
  targetIds: [a, b],
  timeoutSeconds: 300,
  waitForTools: false,
};
const operation = (n: number) => OperationId.of('power', StreamId.of('power', a), n + 1);
const asked: BulkFact = { type: 'BulkRequested', op: 1, ...request };
const item = (index: number, code: string | null = null): BulkItem => ({ index, operationId: operation(index), code });
const settled = (...of: Parameters<typeof item>): BulkFact => ({ type: 'BulkItemSettled', op: 1, ...item(...of) });
const finished = { type: 'BulkFinished', op: 1, outcome: 'completed', succeeded: 2, failed: 0 } as const;
const given = (...past: BulkFact[]) => ({ when: (c: BulkCommand) => d.decide(c, past.reduce(d.evolve, d.initial)) });
const settle = (...items: BulkItem[]): BulkCommand => ({ type: 'Settle', items });

it('is asked once; the same again is so already, another is refused', () => {
  expect(given().when({ type: 'Start', request, denied: [] })).toEqual([asked]);
  expect(given(asked).when({ type: 'Start', request, denied: [] })).toEqual([]);
  expect(given(asked).when({ type: 'Start', request: { ...request, mode: 'hard' }, denied: [] })).toMatchObject({
    rejected: 'idempotency_key_reused',
  });
});
it('settles at once the machines that the asker may not work on, and is finished when that is all of them', () => {
  const denied = [{ index: 0, operationId: null, code: 'not_found' }];
  const one: BulkFact = { type: 'BulkItemSettled', op: 1, ...denied[0]! };
  expect(given().when({ type: 'Start', request, denied })).toEqual([asked, one]);
  const all = [...denied, { index: 1, operationId: null, code: 'forbidden' }];
  expect(given().when({ type: 'Start', request, denied: all })).toMatchObject([
    asked,
    one,
    { type: 'BulkItemSettled', index: 1, code: 'forbidden' },
    { type: 'BulkFinished', outcome: 'completed_with_errors', succeeded: 0, failed: 2 },
  ]);
});
it('settles each item once, and is finished with the last', () => {
  expect(given().when(settle(item(0)))).toEqual([]);
  expect(given(asked).when(settle(item(0), item(0)))).toEqual([settled(0)]);
  expect(given(asked, settled(0)).when(settle(item(0)))).toEqual([]);
  expect(given(asked, settled(0)).when(settle(item(0), item(1)))).toEqual([settled(1), finished]);
  expect(given(asked, settled(0), settled(1), finished).when(settle(item(1)))).toEqual([]);
});
it('has errors as soon as one item failed', () =>
  expect(given(asked, settled(0, 'vm_gone')).when(settle(item(1)))).toMatchObject([
    settled(1),
    { type: 'BulkFinished', outcome: 'completed_with_errors', succeeded: 1, failed: 1 },
  ]));
