import { expect, it } from '@jest/globals';
import { all, at, children, escape, parse, refOf, text, textAt, typeOf } from './xml.vsphere.js';

const read = (inner: string) =>
  at(parse(`<?xml version="1.0"?><s:Envelope xmlns:s="x">${inner}</s:Envelope>`), 'Envelope');

it('keeps text as it stands: numbers, blanks and long digits are not touched', () => {
  const node = read('<a>007</a><b> x </b><c>9223372036854775807</c><d>true</d>');
  expect(['a', 'b', 'c', 'd'].map((name) => textAt(node, name))).toEqual(['007', ' x ', '9223372036854775807', 'true']);
});

it('decodes entities, named and numbered', () =>
  expect(textAt(read('<a>&lt;&amp;&gt; &#39;&#34; &#x5A;&#xfc;rich &quot;</a>'), 'a')).toBe('<&> \'" Zürich "'));

it('tells none, one and many apart', () => {
  const node = read('<n:one>1</n:one><many>1</many><many>2</many><empty/>');
  expect(all(node, 'none')).toEqual([]);
  expect(all(node, 'one')).toEqual(['1']);
  expect(all(node, 'many')).toEqual(['1', '2']);
  expect(all(node, 'empty')).toEqual(['']);
  expect(all('text', 'one')).toEqual([]);
  expect(at(node, 'one', 'deeper')).toBeUndefined();
});

it('finds the type of a value under any prefix, beside the kind of a reference', () => {
  const node = read(
    '<val type="Folder" i:type="ManagedObjectReference">group-2</val><val xsi:type="xsd:string">x</val><val>y</val>',
  );
  expect(all(node, 'val').map(typeOf)).toEqual(['ManagedObjectReference', 'string', undefined]);
  expect(all(node, 'val').map(refOf)).toEqual([{ type: 'Folder', id: 'group-2' }, undefined, undefined]);
  expect(all(node, 'val').map(text)).toEqual(['group-2', 'x', 'y']);
});

it('names the children, not the attributes', () =>
  expect(children(at(read('<a id="1"><b>x</b><c/></a>'), 'a'))).toEqual([
    ['b', 'x'],
    ['c', ''],
  ]));

it.each(['', 'hello', '<html></html>', '<Envelope><Body>'])('%p is not an answer', (raw) =>
  expect(() => parse(raw)).toThrow(),
);

it('escapes what would be read as something else, and drops what XML cannot write', () => {
  expect(escape(`a<b>&"c"'\n\u0000\u0008\ud800ü😀`)).toBe('a&lt;b&gt;&amp;&quot;c&quot;&apos;\nü😀');
  const nasty = `<x/>&amp;"'`;
  expect(textAt(read(`<a>${escape(nasty)}</a>`), 'a')).toBe(nasty);
});
