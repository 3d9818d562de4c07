import { expect, it } from '@jest/globals';
import { withAlias, type Alias } from './alias.js';

const of = (kind: Alias['kind'], value: string, source: string | null = 'site-a'): Alias => ({ source, kind, value });

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
});
