import { expect, it } from '@jest/globals';
import { ConnectionId, type Alias } from '@drover/kernel';
import { aliasKey, isUnique, settled, unknownAliases } from './aliases.js';

const site = ConnectionId.parse('site-a');
const of = (kind: Alias['kind'], value: string, source: string | null = site): Alias => ({ source, kind, value });

it('says which aliases are news', () => {
  const known = [of('hostname', 'a')];
  expect(unknownAliases(known, [of('hostname', 'a'), of('hostname', 'b')])).toEqual([of('hostname', 'b')]);
});
it('says whose a local name is, and spells a uuid in one way', () => {
  expect(settled(of('instance-uuid', 'ABC', null), site)).toEqual(of('instance-uuid', 'abc'));
  expect(settled(of('hostname', 'Web', null), site)).toEqual(of('hostname', 'Web', null));
  expect(settled(of('moref', 'vm-1', 'site-b'), site)).toEqual(of('moref', 'vm-1', 'site-b'));
});
it.each([
  ['instance-uuid', true],
  ['cloud-instance-id', true],
  ['moref', true],
  ['context-id', true],
  ['bios-uuid', false],
  ['vm-name', false],
  ['hostname', false],
] as const)('%s names one machine: %s', (kind, unique) => expect(isUnique(of(kind, 'x'))).toBe(unique));
it('tells the same name of two providers apart', () =>
  expect(aliasKey(of('moref', 'vm-1'))).not.toBe(aliasKey(of('moref', 'vm-1', 'site-b'))));
