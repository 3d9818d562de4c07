import { expect, it } from '@jest/globals';
import { OperationId, type Actor } from '@drover/kernel';
import { noSuchOperation, type OperationVerbs } from './operation-verbs.js';
import { operationUseCases } from './operation.use-cases.js';
import { readsOperation } from './reading.js';

const id = OperationId.parse('power.power-420570c7-f61f-a930-77c5-1e876786cb3c.1');
const ana: Actor = { sub: 'ana', rights: ['vm:read'], requestId: 'r1' };
const never = async () => {
  throw new Error('asked of an operation that is not there');
};
const nothing: OperationVerbs<{ groupsOf: () => Promise<null> }> = {
  ...{
    mapping: { service: 'power', publish: () => null, about: () => ({ subject: '', partitionkey: '' }) },
    needs: [],
  },
  ...{ read: async () => null, commits: async () => [] },
  ...{ permitted: never, cancel: never, check: never, mark: never, runAgain: never },
};
const { commands, queries } = operationUseCases(nothing);
const ports = { groupsOf: async () => null };

it.each([
  ['is read', () => queries.getOperation.handle({ id }, ana, ports)],
  ['is cancelled', () => commands.cancelOperation.handle({ id }, ana, ports)],
  ['is checked', () => commands.checkOperation.handle({ id }, ana, ports)],
  ['is marked', () => commands.markOperation.handle({ id, outcome: 'failed', reason: 'x' }, ana, ports)],
  ['is run again', () => commands.runOperationAgain.handle({ id }, ana, ports)],
])('an operation that is not there: not_found when it %s, and its capability is not asked', async (_, ask) => {
  expect(await ask()).toEqual(noSuchOperation());
  expect(await ask()).toMatchObject({ rejected: 'not_found' });
});

it.each([
  ['bulk', 'ana', true],
  ['bulk', 'ben', false],
  ['vm', 'ben', true],
  ['vm', 'ana', false],
] as const)('whoever may read some groups reads of a %s that %s asked for: %s', async (type, requestedBy, reads) => {
  const limited: Actor = { ...ana, limits: { 'vm:read': ['g1'] } };
  const target = { type, id: '420570c7-f61f-a930-77c5-1e876786cb3c' };
  const groups = requestedBy === 'ben' ? ['g1'] : ['g2'];
  expect(await readsOperation({ target, requestedBy }, limited, async () => groups)).toBe(reads);
});
