import { expect, it } from '@jest/globals';
import { HELP, settings, suiteConfig } from './config.js';

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
])('says in one sentence what is wrong with %s=%j, and does not repeat it', (name, value) => {
  expect(problem({ [name]: value })).toMatch(new RegExp(`^${name} is invalid: [^\\n]+\\.$`));
});

it('names an unknown setting and the nearest known one', () =>
  expect(problem({ DROVER_HOTS: 'x' })).toBe('DROVER_HOTS is not a setting; did you mean DROVER_HOST?'));

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
  expect(problem({}, 'dance')).toBe('dance is not something to do; see npm start -- --help.');
});

it('explains every setting', () => {
  for (const name of Object.keys(settings.shape)) expect(HELP).toContain(`  ${name} `);
  expect(HELP).not.toContain('undefined');
});
