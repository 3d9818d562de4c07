import { expect, it } from '@jest/globals';
import { HELP, simulatorConfig } from './config.js';

const token = 'a-token-of-the-simulator-for-this-spec';
const given = { DROVER_SIMULATOR_TOKEN: 'env:SIMULATOR_TOKEN', SIMULATOR_TOKEN: token };

it('needs nothing but a token', () =>
  expect(simulatorConfig(given)).toEqual({
    config: { port: 8020, token, dataDir: './data', vms: 200, latency: 1 },
  }));

it.each([
  ['no token', {}, /DROVER_SIMULATOR_TOKEN is invalid: give it as file:<path> or env:<NAME>/],
  ['the token itself', { DROVER_SIMULATOR_TOKEN: 'secret' }, /a credential is given as file:<path>/],
  ['the example', { ...given, SIMULATOR_TOKEN: 'change-me' }, /SIMULATOR_TOKEN is empty or the example/],
  ['an empty token', { ...given, SIMULATOR_TOKEN: '' }, /SIMULATOR_TOKEN is empty or the example/],
  ['a port that is none', { ...given, DROVER_SIMULATOR_PORT: '80000' }, /a port is a whole number/],
  ['a setting of another process', { ...given, DROVER_CONNECTIONS: 'x' }, /DROVER_CONNECTIONS is not a setting/],
])('refuses %s in a sentence', (_what, env, problem) =>
  expect(simulatorConfig(env)).toEqual({ problem: expect.stringMatching(problem) }),
);

it('says in its help what each setting is when it is left out', () => {
  expect(HELP).toMatch(/DROVER_SIMULATOR_PORT +HTTP port on loopback; 0 takes a free one \(8020\)/);
  expect(HELP).toMatch(/DROVER_SIMULATOR_TOKEN .*; required$/m);
});
