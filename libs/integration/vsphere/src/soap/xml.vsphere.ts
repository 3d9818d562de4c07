// Small helpers over a parsed answer: children by name, text, references, types; and `escape` for what is sent. Never: an
// error for a missing element; servers leave out what they like, and the caller decides what that means.
import type { Element, Xml } from './parse.vsphere.js';

export { parse, type Element, type Xml } from './parse.vsphere.js';

/** What the provider calls one of its objects: a kind and an id that nothing outside its vCenter knows. */
export interface Ref {
  readonly type: string;
  readonly id: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&apos;',
};

/** A value as it may stand in a request. Characters that XML has no way to write are left out. */
export const escape = (value: string) =>
  value
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[<>&"']/g, (c) => ESCAPES[c] ?? c);

/** All children of a name: none, one or many. An empty element is one child. */
export const all = (node: Xml | undefined, name: string): readonly Xml[] => {
  const found = typeof node === 'object' ? node[name] : undefined;
  if (found === undefined) return [];
  return typeof found === 'object' && isMany(found) ? found : [found];
};
const isMany = (found: Element | readonly Xml[]): found is readonly Xml[] => Array.isArray(found);

/** The first child along a path of names. */
export const at = (node: Xml | undefined, ...path: readonly string[]): Xml | undefined =>
  path.reduce<Xml | undefined>((here, name) => all(here, name)[0], node);

/** The text of an element; nothing when there is no element. */
export const text = (node: Xml | undefined): string | undefined => {
  if (node === undefined || typeof node === 'string') return node;
  const own = node['#text'];
  return typeof own === 'string' ? own : '';
};

/** The text at the end of a path. */
export const textAt = (node: Xml | undefined, ...path: readonly string[]) => text(at(node, ...path));

/** The children that are no attributes and no text, with their names. */
export const children = (node: Xml | undefined): readonly (readonly [name: string, child: Xml])[] =>
  typeof node === 'object'
    ? Object.keys(node).flatMap((name) =>
        /^[@#?]/.test(name) ? [] : all(node, name).map((child) => [name, child] as const),
      )
    : [];

/** The concrete type of a value: vCenter writes `xsi:type`, others another prefix. */
export const typeOf = (node: Xml | undefined) => {
  if (typeof node !== 'object') return undefined;
  const name = Object.keys(node).find((key) => /^@[^:]+:type$/.test(key));
  return name === undefined ? undefined : text(all(node, name)[0])?.replace(/^.*:/, '');
};

/** A reference to one of the provider's objects; nothing when it is none. */
export const refOf = (node: Xml | undefined): Ref | undefined => {
  const [type, id] = [textAt(node, '@type'), text(node)];
  return type && id ? { type, id } : undefined;
};
