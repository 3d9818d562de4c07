import { expect, it } from '@jest/globals';
import { ConnectionId } from '@drover/kernel';
import { connectionSetDecider as decider, type ConnectionSet } from './connection-set.decider.js';

const [a, b] = ['site-a', 'site-b'].map((id) => ConnectionId.parse(id)) as [ConnectionId, ConnectionId];
const configure = (set: ConnectionSet, ...connectionIds: readonly ConnectionId[]) =>
  decider.decide({ type: 'ConfigureAll', connectionIds }, set);
const after = (...connectionIds: readonly ConnectionId[]) =>
  decider.evolve(decider.initial, { type: 'ConnectionsConfigured', connectionIds });

it('the first start says which connections there are, also that there is none', () => {
  expect(configure(decider.initial)).toEqual([{ type: 'ConnectionsConfigured', connectionIds: [] }]);
  expect(configure(decider.initial, b, a)).toEqual([{ type: 'ConnectionsConfigured', connectionIds: [a, b] }]);
});

it('said twice, in whatever order, it is no event; said otherwise, it is one', () => {
  expect(configure(after())).toEqual([]);
  expect(configure(after(a, b), b, a, b)).toEqual([]);
  expect(configure(after(a, b), a)).toEqual([{ type: 'ConnectionsConfigured', connectionIds: [a] }]);
  expect(configure(after(a), b)).toEqual([{ type: 'ConnectionsConfigured', connectionIds: [b] }]);
});
