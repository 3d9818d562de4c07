import { expect, it } from '@jest/globals';
import { isStoreRefusal, onceAMinute, storeComplaint } from './store-complaints.js';

it('K41: says one thing of each kind a minute', () => {
  let ms = 0;
  const said: string[] = [];
  const complain = onceAMinute(
    (sentence) => said.push(sentence),
    () => ms,
  );
  for (; ms < 60_000; ms += 80) complain('store_full', `no space at ${ms}`);
  complain('store_unavailable', 'locked');
  ms = 60_000;
  complain('store_full', 'still no space');
  expect(said).toEqual(['no space at 0', 'locked', 'still no space']);
});

it('knows the refusals of stores by their names and codes', () => {
  const named = (name: string, code: string) => Object.assign(new Error('x'), { name, code });
  expect(isStoreRefusal(named('StoreRefused', 'store_full'))).toBe(true);
  for (const other of [named('Error', 'store_full'), named('StoreRefused', 'else'), null, 'store_full'])
    expect(isStoreRefusal(other)).toBe(false);
});

it('K40: says of a stream or a view that cannot be read that everything else goes on', () => {
  const refused = (code: string) => storeComplaint(Object.assign(new Error('so'), { name: 'StoreRefused', code }));
  expect(refused('stream_unreadable')?.sentence).toBe('One stream takes nothing, all others do: so');
  expect(refused('view_unreadable')?.sentence).toBe('A view cannot be read; events are stored: so');
  expect(refused('store_unavailable')?.sentence).toBe('A store takes nothing: so');
  expect(storeComplaint(Object.assign(new Error('so'), { code: 'ENOSPC' }))?.kind).toBe('store_full');
  expect(storeComplaint(new Error('else'))).toBeNull();
});
