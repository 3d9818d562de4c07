import { globSync, readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { problems } from '@drover/contracts';

const root = new URL('../../', import.meta.url);
type Texts = readonly { readonly path: string; readonly text: string }[];

/** Problem codes that the sources name between quotes: whatever they can refuse with is among them. */
const named = (texts: Texts) =>
  new Set(Object.keys(problems).filter((code) => texts.some(({ text }) => text.includes(`'${code}'`))));

/** Codes that a library can refuse with and that none of its specs names. */
const untested = (texts: Texts) => {
  const isSpec = ({ path }: Texts[number]) => path.endsWith('.spec.ts');
  const isBuilt = (each: Texts[number]) => !isSpec(each) && !each.path.endsWith('testing.ts');
  const specs = texts.filter(isSpec);
  const said = specs.map(({ text }) => text.replace(/^ *(?:it|describe)\('[^']*'/gm, '')).join('\n'); // no title tests it
  return [...named(texts.filter(isBuilt))].filter((code) => !new RegExp(`'${code}'|\\b${code}: `).test(said));
};

const textsOf = (library: string): Texts =>
  globSync(`libs/${library}/src/**/*.ts`, { cwd: root }).map((path) => ({
    path,
    text: readFileSync(new URL(path, root), 'utf8'),
  }));

it.each(['power', 'operations', 'inventory', 'gateway', 'api'])(
  'every code that libs/%s can refuse with is named in a spec of it',
  (library) => {
    const texts = textsOf(library);
    expect(named(texts).size).toBeGreaterThan(0);
    expect(untested(texts)).toEqual([]);
  },
);

it('reports a code that no spec names, and not one that a spec names', () => {
  const source = { path: 'a.ts', text: "reject('vm_gone', ''); reject('cooldown', '')" };
  const spec = (text: string) => ({ path: 'a.spec.ts', text });
  expect(untested([source, spec("{ rejected: 'vm_gone' }")])).toEqual(['cooldown']);
  expect(untested([source, spec('{ vm_gone: 1, cooldown: 2 }')])).toEqual([]);
  expect(untested([source, spec("it('rests: cooldown'); // vm_gone")])).toEqual(['cooldown', 'vm_gone']);
  expect(untested([source, { path: 'testing.ts', text: "['cooldown']" }])).toEqual(['cooldown', 'vm_gone']);
  expect(untested([{ path: 'testing.ts', text: "reject('cooldown', '')" }])).toEqual([]); // what specs share refuses nobody
});
