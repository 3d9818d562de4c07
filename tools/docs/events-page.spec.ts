import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { catalogue } from '@drover/contracts';

const page = readFileSync(new URL('../../docs/reference/events.md', import.meta.url), 'utf8');
const names = (text: string) => [...text.matchAll(/`([A-Za-z-]+)`/g)].map(([, name = '']) => name);

/** The tables of the page: under which title each name stands, with the members of its data. */
const told = page.split('\n## ').flatMap((section) =>
  [...section.matchAll(/^\| `([a-z-]+)` \|.*\| ([^|]*) ?\|$/gm)].map(([, name = '', data = '']) => ({
    under: section.split(/[:\n]/)[0] ?? '',
    name,
    data: names(data),
  })),
);
const under = (...titles: readonly string[]) =>
  Object.fromEntries(told.filter(({ under: at }) => titles.includes(at)).map(({ name, data }) => [name, data]));
const membersOf = (events: Readonly<Record<string, { readonly shape: object }>>) =>
  Object.fromEntries(Object.entries(events).map(([name, { shape }]) => [name, Object.keys(shape)]));

it('the page of events has every type, with the members of its data', () => {
  const { inventory, power, gateway } = catalogue;
  expect(under('Audit')).toEqual(membersOf(gateway));
  expect(under('Machines', 'Connections', 'Audit')).toEqual(membersOf(inventory));
  expect(under('Power', 'Audit')).toEqual(membersOf(power));
});
