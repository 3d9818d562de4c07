import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { vmTypeOf } from './vm-type.js';

interface Case {
  readonly name: string;
  readonly is_bastion: boolean;
  readonly icon: string;
}
const cases = JSON.parse(
  readFileSync(new URL('../../../contracts/golden/cases.vm-icons.json', import.meta.url), 'utf8'),
) as readonly Case[];
const icons: Readonly<Record<string, string>> = {
  bastion: 'mdi-shield-check',
  'load-balancer': 'mdi-lan',
  kafka: 'mdi-message-processing',
  elasticsearch: 'mdi-database-search',
  workflow: 'mdi-brain',
  server: 'mdi-server',
};

it.each(cases)('knows what $name is for', ({ name, is_bastion, icon }) =>
  expect(icons[vmTypeOf(name, is_bastion)]).toBe(icon),
);

it('takes a name for a bastion when nobody says more', () =>
  expect([vmTypeOf('BASTION_0'), vmTypeOf('web-01')]).toEqual(['bastion', 'server']));
