import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { ANSWER, LISTING, ofReturned, parse, parseInSlices } from './parse.vsphere.js';

const envelope = (inner: string) => `<?xml version="1.0"?>\n<s:Envelope xmlns:s="x">${inner}</s:Envelope>\n`;
const thrown = (text: string) => {
  try {
    return parse(text);
  } catch (error) {
    return error;
  }
};
const refused = (because: string) => ({ name: 'AnswerRefused', message: `the answer is refused: ${because}` });
const { signal } = new AbortController();

// The judge: a library that many use, told to read as this house does.
const judge = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: true,
  htmlEntities: true,
  ignoreDeclaration: true,
  transformTagName: (name) => name.replace(/^.*:/, ''),
});
const text = fc
  .array(fc.constantFrom('a', '007', ' b ', '&lt;', '&amp;', '&#39;', '&#xfc;', 'ü', '😀', "'", '"', '&amp;lt;'), {
    minLength: 1,
  })
  .map((parts) => `.${parts.join('')}.`);
const attribute = fc.tuple(
  fc.constantFrom('type', 'xsi:type', 'xmlns', 'n:id'),
  fc.constantFrom('', 'x:y', '&lt;&#34;>', "it's"),
);
const attributes = fc
  .uniqueArray(attribute, { selector: ([name]) => name, maxLength: 3 })
  .map((all) => all.map(([name, value]) => ` ${name}="${value}"`).join(''));
const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  content: fc.oneof(
    { maxDepth: 4 },
    fc.constant(''),
    text,
    fc.array(tie('element'), { maxLength: 4 }).map((all) => all.join('')),
  ),
  element: fc
    .tuple(fc.constantFrom('a', 'b', 'n:a', 'val'), attributes, tie('content'))
    .map(([name, given, inner]) => (inner === '' ? `<${name}${given}/>` : `<${name}${given}>${inner}</${name}>`)),
}));

it('K10: reads what a well-known parser reads', () => {
  fc.assert(
    fc.property(element, (inner) => expect(parse(envelope(inner))).toEqual(judge.parse(envelope(inner).trim()))),
    { numRuns: 300 },
  );
});

it.each([
  [
    'more elements than an answer may hold',
    '<a><b>1</b></a>'.repeat(30_000),
    'it has more than 50000 elements and attributes',
  ],
  ['a hundred thousand levels', '<a>'.repeat(100_000), 'it is nested deeper than 64 elements'],
  ['one long text', `<a>${'x'.repeat(1_000_000)}</a>`, 'a text has more than 262144 characters'],
  [
    'one long text in pieces',
    `<a>${'<![CDATA[xxxxxxxx]]>'.repeat(100_000)}</a>`,
    'a text has more than 262144 characters',
  ],
  ['a million attributes', `<a${' b="1"'.repeat(1_000_000)}/>`, 'a tag has no end within 16384 characters'],
  [
    'many attributes',
    `<a ${Array.from({ length: 40 }, (_, i) => `b${i}="1"`).join(' ')}/>`,
    'an element has more than 32 attributes',
  ],
  ['a tag without an end', `<a b="${'>'.repeat(100_000)}`, 'a tag has no end within 16384 characters'],
])('K10: refuses %s', (_what, inner, because) => expect(thrown(envelope(inner))).toMatchObject(refused(because)));

it.each([
  ['a document type', `<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${envelope('<a>&b;</a>')}`],
  ['an entity that is declared inside', envelope('<!ENTITY a "b"><a>&a;</a>')],
  ['elements that are closed by others', envelope('<a><b></a></b>')],
  ['an end that comes too early', envelope('</s:Envelope><a>')],
  ['an end that does not come', '<Envelope><a>'],
  ['a tag without a name', envelope('< a/>')],
  ['half an attribute', envelope('<a b="1" c/>')],
  ['a comment without an end', envelope('<!-- ')],
  ['text around it', `hello ${envelope('')}`],
  ['another document', '<html><body/></html>'],
])('K10: %s is no SOAP', (_what, given) => expect(thrown(given)).toMatchObject({ name: 'SyntaxError' }));

it('K10: a reference that nobody declared stays as it is written, and is not decoded twice', () =>
  expect(parse(envelope('<a>&nobody; &amp;lt; &#xD800; &#x110000;</a>'))).toMatchObject({
    Envelope: { a: '&nobody; &lt; &#xD800; &#x110000;' },
  }));

it('K10: names chosen by a provider are names and nothing else', () => {
  const { Envelope: found } = parse(envelope('<__proto__><a/></__proto__><constructor>x</constructor>')) as never as {
    Envelope: Record<string, unknown>;
  };
  expect(Object.keys(found).sort()).toEqual(['@xmlns:s', '__proto__', 'constructor']);
  expect(({} as Record<string, unknown>)['a']).toBeUndefined();
});

it('K10: a large answer is read in slices, and what waits has its turn in between', async () => {
  const large = envelope('<a><b>1</b></a>'.repeat(100_000));
  let turns = 0;
  let reading = true;
  const count = () => {
    turns += 1;
    if (reading) setImmediate(count);
  };
  setImmediate(count);
  const read = await parseInSlices(large, LISTING, signal);
  reading = false;
  expect(turns).toBeGreaterThan(100);
  expect(read).toEqual(parse(large, LISTING));
});

it('K10: reading ends with its signal', async () => {
  const stop = new AbortController();
  const read = parseInSlices(envelope('<a/>'.repeat(40_000)), ANSWER, stop.signal);
  stop.abort(new Error('enough'));
  await expect(read).rejects.toThrow('enough');
});

it('K10: what nobody reads is not kept, is counted all the same, and must be well-formed', () => {
  const wanted = ofReturned({ token: true, objects: { obj: true } });
  const answer = (inner: string) => envelope(`<s:Body><R x="y"><returnval>${inner}</returnval></R></s:Body>`);
  const object = '<objects><obj type="VirtualMachine">vm-1</obj><junk a="b">x<c/></junk></objects>';
  const given = answer(`${object}<constructor>x</constructor><__proto__>x</__proto__><token>7</token>`);
  const obj = { '@type': 'VirtualMachine', '#text': 'vm-1' };
  expect(parse(given, { ...ANSWER, wanted })).toEqual({
    Envelope: { '@xmlns:s': 'x', Body: { R: { '@x': 'y', returnval: { objects: { obj }, token: '7' } } } },
  });
  const fault = envelope('<Body><Fault><faultstring>no</faultstring></Fault></Body>');
  expect(parse(fault, { ...ANSWER, wanted })).toMatchObject({ Envelope: { Body: { Fault: { faultstring: 'no' } } } });
  const most = { bytes: 1_000, nodes: 50, wanted };
  expect(() => parse(answer('<a b="c"/>'.repeat(22)), most)).not.toThrow();
  expect(() => parse(answer('<a b="c"/>'.repeat(30)), most)).toThrow('more than 50 elements and attributes');
  expect(() => parse(answer('<junk><a></b></junk>'), { ...ANSWER, wanted })).toThrow(SyntaxError);
});
