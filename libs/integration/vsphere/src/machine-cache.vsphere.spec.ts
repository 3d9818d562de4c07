import { expect, it } from '@jest/globals';
import { machineCache } from './machine-cache.vsphere.js';

it('knows the reference of a machine by its uuid, in any letters, and the one it was met under last', () => {
  const cache = machineCache();
  cache.learn('u1', 'vm-1');
  expect([cache.idOf('U1'), cache.idOf('u2')]).toEqual(['vm-1', undefined]);
  cache.learn('U1', 'vm-2');
  expect(cache.idOf('u1')).toBe('vm-2');
  cache.forget('U1');
  expect(cache.idOf('u1')).toBeUndefined();
});

it('forgets whoever left while nobody watched', () => {
  const cache = machineCache();
  cache.learn('u1', 'vm-1');
  cache.learn('u2', 'vm-2');
  cache.keepOnly(new Set(['vm-2']));
  expect([cache.idOf('u1'), cache.idOf('u2')]).toEqual([undefined, 'vm-2']);
});
