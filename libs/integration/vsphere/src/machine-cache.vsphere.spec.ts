import { expect, it } from '@jest/globals';
import type { Machine } from '@drover/ports';
import { machineCache } from './machine-cache.vsphere.js';

const machine = (instanceUuid: string) => ({ instanceUuid }) as Machine;

it('knows a machine by its uuid, in any letters, and by its reference', () => {
  const cache = machineCache();
  cache.remember('vm-1', machine('u1'));
  expect([cache.idOf('U1'), cache.last('vm-1'), cache.idOf('u2')]).toEqual(['vm-1', machine('u1'), undefined]);
  cache.forget('U1');
  expect([cache.idOf('u1'), cache.last('vm-1')]).toEqual([undefined, undefined]);
});

it.each([
  ['was read', (cache: ReturnType<typeof machineCache>) => cache.remember('vm-2', machine('u1'))],
  ['was named', (cache: ReturnType<typeof machineCache>) => cache.learn('U1', 'vm-2')],
])('keeps nothing under a reference that a machine had before, once it %s under another', (_how, move) => {
  const cache = machineCache();
  cache.remember('vm-1', machine('u1'));
  move(cache);
  expect([cache.idOf('u1'), cache.last('vm-1')]).toEqual(['vm-2', undefined]);
});

it('forgets a machine, and not the one that has its reference now', () => {
  const cache = machineCache();
  cache.remember('vm-1', machine('u1'));
  cache.remember('vm-1', machine('u2'));
  cache.forget('u1');
  expect([cache.idOf('u1'), cache.last('vm-1')]).toEqual([undefined, machine('u2')]);
});

it('forgets whoever left while nobody watched', () => {
  const cache = machineCache();
  cache.remember('vm-1', machine('u1'));
  cache.remember('vm-2', machine('u2'));
  cache.keepOnly(new Set(['vm-2']));
  expect([cache.idOf('u1'), cache.last('vm-1')]).toEqual([undefined, undefined]);
  expect([cache.idOf('u2'), cache.last('vm-2')]).toEqual(['vm-2', machine('u2')]);
});
