import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ProviderFault } from '@drover/ports';
import { maskedFault, secretWords } from './secret-words.vsphere.js';
import { escape } from '../soap/xml.vsphere.js';

const [username, password] = ['drover@vsphere.local', `correct horse <battery> & "it's" +/ü`];
const cookie = 'vmware_soap_session="a1b2c3d4e5f6"';
const words = secretWords();
words.learn({ username, password });
words.learn({ cookie });

it.each([
  ['as it is', password],
  ['in XML', escape(password)],
  ['in XML, in numbers', password.replace(/[<>&"']/g, (found) => `&#${found.charCodeAt(0)};`)],
  ['in XML that was quoted in XML', escape(escape(password))],
  ['in an address', encodeURIComponent(password)],
  ['in a form', encodeURIComponent(password).replaceAll('%20', '+')],
  ['in an address, in small letters', encodeURIComponent(password).replace(/%\w\w/g, (hex) => hex.toLowerCase())],
  ['in JSON', JSON.stringify(password)],
  ['in base64', Buffer.from(password).toString('base64')],
  ['in a header', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`],
])('K33: the password is masked %s', (_where, spelled) => {
  const said = words.masked(`400 Bad Request: <<${spelled}>> was not understood`);
  expect(said).toContain('[secret]');
  expect(said).toMatch(/^400 Bad Request: <<.*>> was not understood$/);
  for (const part of ['horse', 'battery', Buffer.from(password).toString('base64').slice(0, 12)])
    expect(said).not.toContain(part);
});

const own = 'corHorse-Battery-77ü';
const hexOf = (text: string) => Buffer.from(text).toString('hex');
const percent = (text: string) => hexOf(text).replace(/../g, '%$&');
const inJson = (text: string) => text.replace(/[^]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
const spelled: readonly (readonly [string, string])[] = [
  ['in capitals', own.toUpperCase().replace('Ü', 'ü')],
  ['in hex', hexOf(own)],
  ['in hex, in capitals', hexOf(own).toUpperCase()],
  ['in hex of UTF-16', Buffer.from(own, 'utf16le').toString('hex')],
  ['percent-encoded as a whole', percent(own)],
  ['percent-encoded twice', encodeURIComponent(percent(own))],
  ['percent-encoded here and there', `c%6Fr%48orse%2dBattery-%37%37%c3%BC`],
  ['in decimal references', own.replace(/[^]/gu, (c) => `&#${c.codePointAt(0)};`)],
  ['in hexadecimal references', own.replace(/[^]/gu, (c) => `&#x${c.codePointAt(0)?.toString(16)};`)],
  ['in references that were quoted in XML', escape(own.replace(/[^]/gu, (c) => `&#${c.codePointAt(0)};`))],
  ['in JSON, all of it', inJson(own)],
  ['in JSON within JSON', JSON.stringify(inJson(own)).slice(1, -1)],
  ['with a space between each two', [...own].join(' ')],
  ['with something between that nobody sees', [...own].join('\u200b')],
  ['in two lines', `${own.slice(0, 9)}\r\n ${own.slice(9)}`],
  ['in two lines, in JSON', `${own.slice(0, 9)}\\n${own.slice(9)}`],
  ...['', 'x', 'xy', 'xyz'].flatMap((before): (readonly [string, string])[] => [
    [`in base64, after ${before.length} bytes`, Buffer.from(`${before}${own}zzz`).toString('base64')],
    [`in base64url, after ${before.length} bytes`, Buffer.from(`${before}${own}zz`).toString('base64url')],
  ]),
];
it.each(spelled)('K33: a secret is masked %s', (_how, text) => {
  const those = secretWords();
  those.learn({ password: own });
  const said = those.masked(`bad ${text} end`);
  expect(said).toMatch(/^bad [\w+/]{0,4}\[secret\][\w+/=-]{0,6} end$/);
});

it('K33: a secret is masked whatever way each of its characters is written', () => {
  const letters = [...'abcXYZ019-_.!~üß€'];
  const ways: readonly ((character: string) => string)[] = [
    (c) => c,
    (c) => c.replace(/[a-z]/, (letter) => letter.toUpperCase()),
    percent,
    (c) => percent(percent(c)),
    inJson,
    (c) => `&#${c.charCodeAt(0)};`,
    (c) => `&amp;#x${c.charCodeAt(0).toString(16)};`,
    (c) => ` ${c}\u200b\n`,
  ];
  const one = fc.tuple(fc.constantFrom(...letters), fc.constantFrom(...ways));
  fc.assert(
    fc.property(fc.array(one, { minLength: 6, maxLength: 40 }), (characters) => {
      const those = secretWords();
      those.learn({ password: characters.map(([c]) => c).join('') });
      const text = characters.map(([c, way]) => way(c)).join('');
      expect(those.masked(`<<${text}>>`).replace(/\\n|\s|\u200b/g, '')).toBe('<<[secret]>>');
    }),
  );
});

it('K33: the words around a secret stay, and so does a text without one', () => {
  const those = secretWords();
  those.learn({ password: own });
  for (const text of ['100% of \u00fc, a+b, &lt;x&gt; \\u0041 %41', 'corHorse', ''])
    expect([those.masked(text), those.masked(`${text}|${percent(own)}|${text}`)]).toEqual([
      text,
      `${text}|[secret]|${text}`,
    ]);
});

it('K33: a text that is made to be slow is read once', () => {
  const those = secretWords();
  those.learn({ password: `a${' '.repeat(40)}b-secret` });
  for (const part of ['%25', '&amp;', '\\', ' ', 'a ', '=\r\n', '&#00', '\\u00', 'a'.repeat(7)])
    expect(those.masked(part.repeat(200_000)).length).toBeLessThanOrEqual(2_000);
});

it('K33: the cookie of the session is masked, the name of the user is not', () =>
  expect(words.masked(`${username} sent ${cookie}`)).toBe(`${username} sent vmware_soap_session="[secret]"`));

it('K33: what has fewer than six characters is no secret: it is found everywhere', () => {
  const short = secretWords();
  short.learn({ username: 'ana', password: 'hello' });
  expect(short.masked('hello ana')).toBe('hello ana');
});

it('K33: a text is cut, after what is secret was masked, and control characters are escaped', () => {
  expect(words.masked(`${'x'.repeat(1_990)}${password}`)).not.toContain('correct');
  expect(words.masked('y'.repeat(5_000))).toHaveLength(2_000);
  expect(words.masked('a\r\nb\u0000\u001b[31m\u202e')).toBe('a\\u000d\\nb\\u0000\\u001b[31m\\u202e');
});

it('K33: a fault keeps its code and whether it was sent, and leaves its cause behind', () => {
  const fault = maskedFault(
    new ProviderFault('no_answer', `said ${password}`, 'maybe', { cause: new Error(password) }),
    words,
  );
  expect(fault).toMatchObject({ code: 'no_answer', detail: 'said [secret]', sent: 'maybe' });
  expect([fault.cause, fault.stack?.includes(password)]).toEqual([undefined, false]);
  expect(maskedFault(new TypeError(password), words)).toMatchObject({ code: 'provider_error', detail: '[secret]' });
});
