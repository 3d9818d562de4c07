import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HELP, settings, STORE_HELP, suiteConfig } from './config.js';

const problem = (env: Record<string, string>, ...args: string[]) => {
  const read = suiteConfig(args, env);
  return 'problem' in read ? read.problem : null;
};

it('starts without any setting', () =>
  expect(suiteConfig([], {})).toMatchObject({
    task: 'serve',
    config: {
      host: '127.0.0.1',
      port: 8000,
      dataDir: './data',
      simulator: { vms: 200, latency: 1 },
      connectionsFile: null,
      logLevel: 'info',
    },
  }));

it.each([
  ['APP_PORT', 'http'],
  ['APP_PORT', ''],
  ['APP_PORT', '65536'],
  ['DROVER_SIMULATOR_VMS', '-1'],
  ['DROVER_SIMULATOR_LATENCY', 'fast'],
  ['DROVER_PUBLIC_URL', 'drover.example.test'],
  ['DROVER_PUBLIC_URL', 'https://drover.example.test/path'],
  ['DROVER_API_DOCS', 'yes'],
  ['DROVER_TRUSTED_PROXIES', 'everyone'],
  ['DROVER_TRUSTED_PROXIES', '10.0.0.0/99'],
  ['DROVER_TRUSTED_PROXIES', '127.0.0.1, 0.0.0.0/0'],
  ['DROVER_CRASH_AT', 'grateful:before-call'],
  ['DROVER_CRASH_AT', 'graceful:before-cal'],
  ['DROVER_DATA_DIR', ''],
  ['DROVER_DATA_DIR', 'a\nb'],
  ['DROVER_HOST', ''],
  ['DROVER_HOST', 'a b'],
  ['DROVER_HOST', '127.0.0.1:8000'],
  ['DROVER_HOST', '999.1.1.1'],
  ['DROVER_HOST', 'fe80::1%eth0'],
  ['DROVER_ALLOWED_HOSTS', ','],
  ['DROVER_ALLOWED_HOSTS', 'https://drover.example.test'],
  ['DROVER_ALLOWED_HOSTS', 'drover.example.test:99999'],
  ['DROVER_TRUSTED_PROXIES', ' , '],
  ['DROVER_PUBLIC_URL', 'https://drover.example.test?x'],
  ['DROVER_PUBLIC_URL', 'https://drover.example.test:99999'],
  ['DROVER_PUBLIC_URL', 'http://a\\b'],
  ['DROVER_LIMIT_IN_FLIGHT', '0'],
  ['DROVER_LOG', 'verbose'],
  ['DROVER_LOG', 'INFO'],
])('K31: says in one sentence what is wrong with %s=%j, and what would be right', (name, value) => {
  const said = problem({ [name]: value }) ?? '';
  const shown = value.replace(/(?<=\/\/.*)[?#].+/, '…');
  expect(said.startsWith(`${name}=${JSON.stringify(shown)} is invalid: `)).toBe(true);
  expect(said).toMatch(/^[^\n]+\.$/);
});

it('K31: repeats no user name and no password of an address', () => {
  for (const name of ['DROVER_PUBLIC_URL', 'DROVER_ALLOWED_HOSTS', 'DROVER_HOST'])
    expect(problem({ [name]: 'http://ana:s3cret@drover.example.test' })).toMatch(
      new RegExp(`^${name} is invalid: it has a user name or password in it; [^\\n]+\\.$`),
    );
});

it.each([
  ['[::1]', '::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['LOCALHOST', 'localhost'],
])('K31: takes %s for this machine', (given, host) =>
  expect(suiteConfig([], { DROVER_HOST: given })).toMatchObject({ config: { host } }),
);

it.each(Object.keys(settings.shape))('K31: whatever %s is, it is a setting or one sentence', (name) => {
  const nasty = fc.constantFrom(
    '[::1]',
    ',',
    'http://u:p@h',
    '..',
    '%',
    '\0',
    '1e9',
    '-0',
    '[',
    'a:b:c',
    '０',
    'x'.repeat(5000),
  );
  const address = fc.webUrl({ withQueryParameters: true, withFragments: true });
  const values = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), nasty, fc.ipV6(), address, fc.domain());
  fc.assert(
    fc.property(values, (value) => {
      const read = suiteConfig([], { DROVER_ALLOW_PLAIN_HTTP: 'true', [name]: value });
      if ('problem' in read) {
        expect(read.problem).toMatch(/^[^\n]+\.$/);
        return expect(read.problem.startsWith(name)).toBe(true);
      }
      const { host, publicUrl } = read.config;
      expect(URL.canParse(`http://${host.includes(':') ? `[${host}]` : host}:8000`)).toBe(true);
      return expect(publicUrl === null || new URL(publicUrl).origin === publicUrl).toBe(true);
    }),
  );
});

it('names an unknown setting and the nearest known one', () =>
  expect(problem({ DROVER_HOTS: 'x' })).toBe('DROVER_HOTS is not a setting; did you mean DROVER_HOST?'));

it('says of a variable that is near no setting that a secret needs another name', () =>
  expect(problem({ DROVER_EU_CREDENTIAL: 'x' })).toBe(
    'DROVER_EU_CREDENTIAL is not a setting; names that begin with DROVER_ are kept for settings, so a secret that is read from a variable needs another name.',
  ));

it('asks for If-Match only where that is said', () => {
  expect(suiteConfig([], {})).toMatchObject({ config: { requireIfMatch: false } });
  expect(suiteConfig([], { DROVER_REQUIRE_IF_MATCH: 'true' })).toMatchObject({ config: { requireIfMatch: true } });
});

it('does not listen for others without TLS unless that is said by name', () => {
  expect(problem({ DROVER_HOST: '0.0.0.0' })).toContain('DROVER_ALLOW_PLAIN_HTTP=true');
  expect(problem({ DROVER_HOST: '0.0.0.0', DROVER_ALLOW_PLAIN_HTTP: 'true' })).toBeNull();
});

it('knows what it can be asked to do', () => {
  for (const word of ['--help', 'login-link', 'rebuild']) expect(problem({}, word)).toBeNull();
  for (const words of [['store'], ['store', 'dance'], ['store', 'accept-loss', 'foo']])
    expect(suiteConfig(words, {})).toEqual({ problem: expect.stringContaining(STORE_HELP), usage: true });
  expect(suiteConfig(['store', '--help'], {})).toMatchObject({ task: 'store help' });
  expect(problem({}, 'dance')).toBe('dance is not a task of Drover; see npm start -- --help.');
});

it('explains every setting', () => {
  for (const name of Object.keys(settings.shape)) expect(HELP).toContain(`  ${name} `);
  expect(HELP).not.toContain('undefined');
});
