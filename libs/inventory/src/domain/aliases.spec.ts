import { expect, it } from '@jest/globals';
import { ConnectionId, type Alias } from '@drover/kernel';
import { aliasKey, isUnique, settled, unknownAliases, withAlias } from './aliases.js';

const site = ConnectionId.parse('site-a');
const of = (kind: Alias['kind'], value: string, source: string | null = site): Alias => ({ source, kind, value });

it('keeps one moref for each provider, and every host name', () => {
  const all = [
    of('moref', '1'),
    of('moref', '9', 'site-b'),
    of('hostname', 'a'),
    of('moref', '2'),
    of('hostname', 'b'),
  ];
  expect(all.reduce<readonly Alias[]>(withAlias, [])).toEqual([
    of('moref', '9', 'site-b'),
    of('hostname', 'a'),
    of('moref', '2'),
    of('hostname', 'b'),
  ]);
});
it('adds an alias once', () => {
  const known = [of('hostname', 'a')];
  expect(withAlias(known, of('hostname', 'a'))).toEqual(known);
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
