import { expect, it } from '@jest/globals';
import { ProviderFault } from '@drover/ports';
import { maskedFault, secretWords } from './secret-words.vsphere.js';
import { escape } from './xml.vsphere.js';

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
