import { expect, it } from '@jest/globals';
import { ConnectionId, type Alias } from '@drover/kernel';
import { aliasKey, claiming, isUnique, settled, unknownAliases } from './aliases.js';

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

it('K24: a reference claims until the instance UUID of that provider is known; what is unique everywhere always does', () => {
  const alias = (kind: Alias['kind'], source: string | null = 'site-a'): Alias => ({ source, kind, value: 'x' });
  const [moref, uuid, cloud, context] = [
    ...[alias('moref'), alias('instance-uuid'), alias('cloud-instance-id', null), alias('context-id', null)],
  ] as const;
  const never = [alias('bios-uuid'), alias('hostname', null), alias('vm-name')];
  expect(claiming([moref, cloud, context, ...never])).toEqual([moref, cloud, context]);
  expect(claiming([moref, uuid, cloud, ...never])).toEqual([uuid, cloud]);
  expect(claiming([moref, alias('instance-uuid', 'site-b')])).toEqual([moref, alias('instance-uuid', 'site-b')]);
});
