import { expect, it } from '@jest/globals';
import { machineCache } from './machine-cache.vsphere.js';

it('K19: knows every reference that was met with a uuid, in any letters, and of a reference the last uuid', () => {
  const cache = machineCache();
  cache.learn('u1', 'vm-1');
  expect([cache.idsOf('U1'), cache.idsOf('u2')]).toEqual([['vm-1'], []]);
  cache.learn('U1', 'vm-2');
  expect(cache.idsOf('u1')).toEqual(['vm-1', 'vm-2']);
  cache.learn('u2', 'vm-1');
  expect([cache.idsOf('u1'), cache.idsOf('u2')]).toEqual([['vm-2'], ['vm-1']]);
  cache.forget('U1');
  cache.drop('vm-1');
  expect([cache.idsOf('u1'), cache.idsOf('u2')]).toEqual([[], []]);
});

it('forgets whoever left while nobody watched', () => {
  const cache = machineCache();
  cache.learn('u1', 'vm-1');
  cache.learn('u2', 'vm-2');
  cache.keepOnly(new Set(['vm-2']));
  expect([cache.idsOf('u1'), cache.idsOf('u2')]).toEqual([[], ['vm-2']]);
});
