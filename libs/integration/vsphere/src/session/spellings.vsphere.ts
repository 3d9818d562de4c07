// How a secret may be spelled in a text, and the text brought to one spelling, so that a secret is found however each of its
// characters was written. Everything is in bytes of UTF-8, one to a character of the string: an address encodes those. One
// pass a round, without backtracking. Never: a pattern that backtracks; what it reads comes from a provider.

/** A text in which no character is encoded any more, and where each of its characters stands in the text that it was. */
interface Plain {
  readonly text: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** How often something may have been encoded again. */
const ROUNDS = 6;

const bytes = (text: string | Buffer) => Buffer.from(text).toString('latin1');
const ofCode = (code: number) => (code > 0x10ffff ? '' : bytes(String.fromCodePoint(code)));
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '' };

/** What is left out: white space and what nobody sees, also as JSON writes it; a plus may be a space, `=` may fold a line. */
const BETWEEN = String.raw`=\r?\n|\\{1,16}[nrtbf]|[\x00-\x20\x7f+]|\xc2[\xa0\xad]|\xe2\x80[\x80-\x8f\xa8-\xaf]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf`;
const ENCODED = new RegExp(
  [
    String.raw`%(?<percent>[0-9a-f]{2})|\\{1,16}x(?<x>[0-9a-f]{2})`,
    String.raw`&#x0{0,16}(?<hex>[0-9a-f]{1,6});|&#0{0,16}(?<decimal>\d{1,7});|&(?<name>amp|lt|gt|quot|apos|nbsp);`,
    String.raw`\\{1,16}u(?<high>d[89ab][0-9a-f]{2})\\{1,16}u(?<low>d[c-f][0-9a-f]{2})|\\{1,16}u(?<unit>[0-9a-f]{4})`,
    String.raw`\\{1,16}(?<itself>["'/])|\\(?<backslash>\\)|(?<between>${BETWEEN})`,
  ].join('|'),
  'gi',
);

const decoded = (token: Readonly<Record<string, string | undefined>>): string => {
  const { percent, x, hex, decimal, name, high, low, unit, itself, backslash } = token;
  const byte = percent ?? x;
  if (byte !== undefined) return String.fromCharCode(parseInt(byte, 16));
  if (high !== undefined && low !== undefined) return bytes(JSON.parse(`"\\u${high}\\u${low}"`) as string);
  const point = hex ?? unit;
  if (point !== undefined) return ofCode(parseInt(point, 16));
  if (decimal !== undefined) return ofCode(Number(decimal));
  return name === undefined ? (itself ?? backslash ?? '') : (NAMED[name.toLowerCase()] ?? '');
};

/** One round; the same when nothing was encoded. */
const onceMore = (plain: Plain): Plain => {
  const parts: string[] = [];
  const [from, to]: [number[], number[]] = [[], []];
  let done = 0;
  const keep = (until: number) => {
    parts.push(plain.text.slice(done, until));
    for (; done < until; done++) {
      from.push(plain.from[done] ?? 0);
      to.push(plain.to[done] ?? 0);
    }
  };
  for (const { 0: token, index, groups = {} } of plain.text.matchAll(ENCODED)) {
    keep(index);
    const text = decoded(groups);
    done = index + token.length;
    parts.push(text);
    for (let each = 0; each < text.length; each++) {
      from.push(plain.from[index] ?? 0);
      to.push(plain.to[done - 1] ?? 0);
    }
  }
  if (done === 0) return plain;
  keep(plain.text.length);
  return { text: parts.join(''), from, to };
};

/** A text of bytes without encodings, white space and capitals. */
const plainOf = (text: string): Plain => {
  let plain: Plain = { text, from: Array.from(text, (_, i) => i), to: Array.from(text, (_, i) => i + 1) };
  for (let round = 0; round < ROUNDS; round++) {
    const next = onceMore(plain);
    if (next === plain) break;
    plain = next;
  }
  return { ...plain, text: plain.text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) };
};

/** What of a longer text's base64 is the same wherever these bytes stand in it, for each of the three places. */
const inBase64 = (secret: Buffer) =>
  [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), secret]);
    const end = Math.floor((whole.length * 8) / 6);
    const text = whole.toString('base64').slice(before === 0 ? 0 : before + 1, end);
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });

/** What a secret is looked for as in a plain text. Shorter than `shortest` nothing is. */
export const soughtFor = (secret: string, shortest: number): readonly Sought[] => {
  const own = Buffer.from(secret);
  const wide = Buffer.from(secret, 'utf16le');
  const hex = [own, wide, Buffer.from(wide).swap16()].map((each) => each.toString('hex'));
  return [
    ...[bytes(secret), ...hex].map((text) => ({ text: plainOf(text).text, base64: false })),
    ...inBase64(own).map((text) => ({ text: plainOf(text).text, base64: true })),
  ].filter(({ text }) => text.length >= shortest);
};

/** One of them. In base64 the characters at both ends hold bits of the neighbours as well. */
export interface Sought {
  readonly text: string;
  readonly base64: boolean;
}

const isOfBase64 = (char: string | undefined) => char !== undefined && /[\w+/=-]/.test(char);

/** Replaces each of them in a text, however it is spelled. */
export const withoutSought = (given: string, sought: readonly Sought[], mask: string) => {
  const text = bytes(given);
  const plain = plainOf(text);
  const spans: (readonly [number, number])[] = [];
  for (const { text: each, base64 } of sought)
    for (let at = plain.text.indexOf(each); at >= 0; at = plain.text.indexOf(each, at + each.length)) {
      let [from, to] = [plain.from[at] ?? 0, plain.to[at + each.length - 1] ?? 0];
      for (let more = 0; base64 && more < 2 && isOfBase64(text[from - 1]); more++) from--;
      for (let more = 0; base64 && more < 3 && isOfBase64(text[to]); more++) to++;
      spans.push([from, to]);
    }
  if (spans.length === 0) return given;
  const parts: string[] = [];
  let done = 0;
  for (const [from, to] of spans.sort(([a], [b]) => a - b)) {
    if (from >= done) parts.push(text.slice(done, from), mask);
    done = Math.max(done, to);
  }
  return Buffer.from([...parts, text.slice(done)].join(''), 'latin1').toString();
};
