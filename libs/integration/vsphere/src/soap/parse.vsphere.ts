// A reader of SOAP answers within bounds: bytes, elements, depth, text. It reads in slices and keeps only the elements that
// are wanted, because a provider may answer anything. Never: accept a document type, or read a large answer in one go; the
// whole process would wait. Why it is ours: docs/why/decisions/0010.
import { yieldToEventLoop } from '@drover/kernel';

/**
 * An element of an answer: attributes are named `@…` with their prefix, because a value's `xsi:type` and a reference's
 * `type` are two; text stands under `#text` when there are attributes. Numbers stay text: sizes have 64 bits.
 */
export interface Element {
  readonly [name: string]: Xml | readonly Xml[] | undefined;
}
/** What an element can hold: text, or further elements. */
export type Xml = string | Element;

/** Which elements somebody reads, by their names; `*` is any name. Below `true` it is all of them. */
export type WantedElements = true | { readonly [name: string]: WantedElements };

/** How much one answer may hold. What is larger is refused while it is read, before it costs more than that. */
export interface Bounds {
  /** Of the body, as it comes over the network. */
  readonly bytes: number;
  /** Elements and attributes together. */
  readonly nodes: number;
  /** What is kept of it; everything unless stated. The rest is counted and let go. */
  readonly wanted?: WantedElements;
}

const MIB = 1024 * 1024;
/** Any answer but a listing. */
export const ANSWER: Bounds = { bytes: 5 * MIB, nodes: 50_000 };
/** A page of machines: 100 of them with their devices have about 1 MiB and 90,000 nodes; some servers do not page. */
export const LISTING = { bytes: 8 * MIB, nodes: 250_000 } satisfies Bounds;
/** What is wanted of what an answer returns; a fault always is. */
export const ofReturned = (returnval: WantedElements): WantedElements => ({
  Envelope: { Body: { Fault: true, '*': { returnval } } },
});

/** No answer of a vCenter comes near these, whatever it lists. */
const DEPTH = 64;
const ATTRIBUTES = 32; // of one element
const TAG_CHARS = 16 * 1024;
const TEXT_CHARS = 256 * 1024; // of one element

/** What is read before other work of the process has its turn: a few milliseconds of it. */
const SLICE_TOKENS = 2_000;
const SLICE_CHARS = 128 * 1024;

/** The answer is not read any further. The sentence says which bound it passed, or what it holds. */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
}

const NAMED: Readonly<Record<string, string>> = {
  ...{ lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" },
  ...{ nbsp: '\u00a0', cent: '¢', pound: '£', yen: '¥', euro: '€', copy: '©', reg: '®' },
};
const character = (code: number, written: string) =>
  code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : written;

/** A copy: what is cut out of a text keeps all of it in memory. */
const copied = (part: string) => ` ${part}`.slice(1);

/** Decodes references, named and numbered, once. One that nobody knows stays as it is written. */
const decoded = (raw: string) =>
  raw.includes('&')
    ? raw.replace(
        /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|([a-z]+));/g,
        (written, hex, decimal, name: string | undefined) =>
          name === undefined
            ? character(hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16), written)
            : (NAMED[name] ?? written),
      )
    : copied(raw);

/** The name without its prefix: servers choose prefixes as they like. */
const localOf = (written: string) => copied(written.slice(written.lastIndexOf(':') + 1));

const wantedBelow = (above: WantedElements | null, name: string): WantedElements | null => {
  if (above === true || above === null) return above;
  return (Object.hasOwn(above, name) ? above[name] : above['*']) ?? null;
};

const refuse = (why: string): never => {
  throw new AnswerRefused(`the answer is refused: ${why}`);
};
const broken = (why: string): never => {
  throw new SyntaxError(why);
};

/** An element that is open: how it will be known to its parent, and what was read of it. */
interface OpenElement {
  readonly written: string;
  readonly name: string;
  /** Null for what nobody reads. */
  readonly wanted: WantedElements | null;
  /** Null until it has an attribute or a child: most elements are text and no more. */
  node: Record<string, Xml | Xml[]> | null;
  text: string;
}

/** Without `Object` behind it: the names are chosen by somebody else. Made by a constructor, it is a small object, too. */
const Bare = function () {} as unknown as new () => Record<string, Xml | Xml[]>;
Bare.prototype = Object.create(null) as Record<string, never>;
const nodeOf = (element: OpenElement) => (element.node ??= new Bare());

const closed = (node: OpenElement['node'], text: string): Xml => {
  if (!node) return text;
  if (text !== '' && (text.trim() !== '' || Object.keys(node).every((name) => name.startsWith('@'))))
    node['#text'] = text;
  return node;
};

const put = (parent: OpenElement, { name, wanted, node, text }: OpenElement) => {
  if (wanted === null) return;
  const child = closed(node, text);
  const above = nodeOf(parent);
  const before = above[name];
  if (before === undefined) above[name] = child;
  else if (Array.isArray(before)) before.push(child);
  else above[name] = [before, child];
};

/** Reads what stands in a tag behind its name, from left to right in one go. Answers how many attributes there are. */
const attributesOf = (element: OpenElement, inside: string) => {
  if (inside === '' || inside === '/') return 0;
  const attribute = /\s+([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;
  let [read, count] = [0, 0];
  for (let found; (found = attribute.exec(inside)); read = attribute.lastIndex) {
    if (++count > ATTRIBUTES) refuse(`an element has more than ${ATTRIBUTES} attributes`);
    if (element.wanted !== null) nodeOf(element)[`@${found[1] ?? ''}`] = decoded(found[2] ?? found[3] ?? '');
  }
  if (!/^\s*\/?$/.test(inside.slice(read))) broken('a tag holds what is no attribute');
  return count;
};

const [QUOTE, APOSTROPHE, CLOSING] = [0x22, 0x27, 0x3e];
/** Where a tag ends. A `>` inside quotes does not end it. */
const endOfTag = (text: string, from: number) => {
  const last = Math.min(text.length, from + TAG_CHARS);
  for (let [at, quote] = [from, 0]; at < last; at++) {
    const code = text.charCodeAt(at);
    if (quote !== 0) quote = code === quote ? 0 : quote;
    else if (code === QUOTE || code === APOSTROPHE) quote = code;
    else if (code === CLOSING) return at;
  }
  return refuse(`a tag has no end within ${TAG_CHARS} characters`);
};

const addText = (element: OpenElement, raw: string) => {
  if (element.wanted === null) return;
  if (raw.length + element.text.length > TEXT_CHARS) refuse(`a text has more than ${TEXT_CHARS} characters`);
  element.text += raw;
};

/** Reads a document; it stops after each slice. */
function* slices(text: string, { nodes: most, wanted = true }: Bounds): Generator<void, Element> {
  const root: OpenElement = { written: '', name: '', wanted, node: null, text: '' };
  const open = [root];
  const names = new Map<string, string>(); // one text for each, however often it comes
  let [at, nodes, tokens, sliced] = [0, 0, 0, 0];
  const here = () => open.at(-1) ?? root;
  const upTo = (end: string) => {
    const found = text.indexOf(end, at);
    if (found < 0) broken(`${end} is missing`);
    const inside = text.slice(at, found);
    at = found + end.length;
    return inside;
  };
  const named = (written: string) => {
    const known = names.get(written);
    if (known !== undefined) return known;
    const name = localOf(written);
    names.set(copied(written), name);
    return name;
  };
  const begin = (tag: string) => {
    const end = tag.search(/[\s/]/);
    const written = end < 0 ? tag : tag.slice(0, end);
    if (written === '') broken('a tag has no name');
    const name = named(written);
    if (open.length === 1 && name !== 'Envelope') broken('it is not an envelope');
    const element: OpenElement = { written, name, wanted: wantedBelow(here().wanted, name), node: null, text: '' };
    nodes += 1 + attributesOf(element, tag.slice(written.length));
    if (nodes > most) refuse(`it has more than ${most} elements and attributes`);
    if (tag.endsWith('/')) put(here(), element);
    else if (open.push(element) > DEPTH + 1) refuse(`it is nested deeper than ${DEPTH} elements`);
  };
  const end = (written: string) => {
    const element = open.length > 1 ? open.pop() : undefined;
    if (element?.written !== written) return broken('its elements are not closed in order');
    put(here(), element);
  };

  while (at < text.length) {
    if (++tokens % SLICE_TOKENS === 0 || at - sliced > SLICE_CHARS) {
      yield;
      sliced = at;
    }
    const tag = text.indexOf('<', at);
    if (tag !== at) {
      const until = tag < 0 ? text.length : tag;
      if (until - at > TEXT_CHARS) refuse(`a text has more than ${TEXT_CHARS} characters`);
      const raw = text.slice(at, until);
      if (open.length > 1) addText(here(), decoded(raw));
      else if (raw.trim() !== '') broken('text stands outside of its elements');
      at = until;
    } else if (text.startsWith('<?', at)) upTo('?>');
    else if (text.startsWith('<!--', at)) upTo('-->');
    else if (text.startsWith('<![CDATA[', at)) addText(here(), copied(upTo(']]>').slice('<![CDATA['.length)));
    else if (text.startsWith('<!', at))
      broken('it declares a document type'); // which could declare entities
    else {
      const inside = text.slice(at + 1, endOfTag(text, at + 1));
      at += inside.length + 2;
      if (inside.startsWith('/')) end(inside.slice(1).trimEnd());
      else begin(inside);
    }
  }
  if (open.length > 1 || !root.node) broken('it does not end');
  return root.node ?? {};
}

/**
 * Reads an answer. Throws AnswerRefused as soon as a bound is passed, and SyntaxError for what is no SOAP: not
 * well-formed, not an envelope, or with a document type.
 */
export const parse = (text: string, bounds: Bounds = ANSWER): Element => {
  const reading = slices(text, bounds);
  for (;;) {
    const { done, value } = reading.next();
    if (done) return value;
  }
};

/** From here on an answer is large: its tree may take some ten times as much. */
const LARGE_CHARS = MIB;
/** The end of the large answer that is read last. One at a time, so that many of them take no more memory than one. */
let lastLarge: Promise<unknown> = Promise.resolve();

const inSlices = async (text: string, bounds: Bounds, signal: AbortSignal): Promise<Element> => {
  const reading = slices(text, bounds);
  for (;;) {
    signal.throwIfAborted();
    const { done, value } = reading.next();
    if (done) return value;
    await yieldToEventLoop();
  }
};

/** Reads an answer of any size in slices: between them everything else in the process goes on. Ends with the signal. */
export const parseInSlices = (text: string, bounds: Bounds, signal: AbortSignal): Promise<Element> => {
  if (text.length < LARGE_CHARS) return inSlices(text, bounds, signal);
  const read = lastLarge.then(() => inSlices(text, bounds, signal));
  lastLarge = read.catch(() => undefined);
  return read;
};
