import { expect, it } from '@jest/globals';
import { ConnectionKind, Instant, type ConnectionState } from '@drover/kernel';
import { connectionDecider as d, type ConnectionCommand } from './connection.decider.js';
import type { ConnectionFact, ConnectionSettings } from './connection.events.js';

const settings: ConnectionSettings = {
  ...{
    name: 'Site A',
    kind: ConnectionKind.parse('vsphere'),
    url: 'https://vcenter-01.example.test/sdk',
    region: null,
  },
  credentialRef: 'env:SITE_A',
  ...{ tls: { mode: 'system', value: null }, allow: [], groupIds: [] },
};
const deadline = Instant.parse('2026-11-20T10:10:00Z');
const configure: ConnectionCommand = { type: 'Configure', settings, unusable: false };
const refuse: ConnectionCommand = { type: 'RefuseSignIn', service: 'inventory', revision: 1 };
const count = { seen: 2, added: 1, changed: 0, missing: 0, complete: true };
const finish: ConnectionCommand = { type: 'FinishDiscovery', revision: 1, op: null, ...count };
const request: ConnectionCommand = { type: 'RequestRefresh', deadline };
const down: ConnectionCommand = { type: 'ReportState', revision: 1, to: 'down', code: 'provider_unreachable' };

const added: ConnectionFact = { type: 'ConnectionAdded', ...settings, revision: 1 };
const turned = (from: ConnectionState, to: ConnectionState, code: string | null = null): ConnectionFact => ({
  ...{ type: 'ConnectionStateChanged', from, to, code },
});
const up = turned('unknown', 'up');
const failed: ConnectionFact = { type: 'ConnectionSignInFailed', service: 'inventory', revision: 1 };
const blocked = [added, failed, turned('unknown', 'down', 'sign_in_failed')];
const requested: ConnectionFact = {
  type: 'ConnectionRefreshRequested',
  op: 1,
  importIds: null,
  importAll: false,
  deadline,
};
const refreshed: ConnectionFact = { type: 'ConnectionRefreshed', op: 1, ...count };

const given = (...past: ConnectionFact[]) => ({
  when: (c: ConnectionCommand) => d.decide(c, past.reduce(d.evolve, d.initial)),
});

it('records a connection of the file, once', () => {
  expect(given().when(configure)).toEqual([added]);
  expect(given(added).when(configure)).toEqual([]);
  expect(given(added, up).when(configure)).toEqual([]);
});
it('a change grows the revision, and its state is open again', () => {
  const moved = { ...settings, url: 'https://vcenter-02.example.test/sdk' };
  expect(given(added, up).when({ ...configure, settings: moved })).toEqual([
    { type: 'ConnectionChanged', ...moved, revision: 2 },
    turned('up', 'unknown'),
  ]);
  expect(given(...blocked).when({ ...configure, settings: moved })).toEqual([
    { type: 'ConnectionChanged', ...moved, revision: 2 },
    turned('down', 'unknown'),
  ]);
});
it('a secret that cannot be read is why it is down, until it can', () => {
  expect(given().when({ ...configure, unusable: true })).toEqual([added, turned('unknown', 'down', 'secret_unusable')]);
  const unreadable = [added, turned('unknown', 'down', 'secret_unusable')];
  expect(given(...unreadable).when({ ...configure, unusable: true })).toEqual([]);
  expect(given(...unreadable).when(configure)).toEqual([turned('down', 'unknown')]);
});
it('what left the file is down, and comes back as it was, blocked or not', () => {
  const left = turned('up', 'down', 'not_configured');
  expect(given(added, up).when({ type: 'Forget' })).toEqual([left]);
  expect(given(added, up, left).when({ type: 'Forget' })).toEqual([]);
  expect(given(added, up, left).when(configure)).toEqual([turned('down', 'unknown')]);
  expect(given(...blocked, turned('down', 'down', 'not_configured')).when(configure)).toEqual([
    turned('down', 'down', 'sign_in_failed'),
  ]);
});
it('records a turn of its state, once, and none of an older revision', () => {
  const fell = turned('up', 'down', 'provider_unreachable');
  expect(given(added, up).when(down)).toEqual([fell]);
  expect(given(added, up, fell).when(down)).toEqual([]);
  expect(given(added, up).when({ ...down, revision: 7 })).toEqual([]);
  expect(given(...blocked).when(down)).toEqual([]);
});

it('a refused sign-in blocks the revision it failed under', () => {
  expect(given(added).when(refuse)).toEqual(blocked.slice(1));
  expect(given(...blocked).when(refuse)).toEqual([]);
  expect(given(...blocked).when({ ...refuse, service: 'power' })).toEqual([]);
  expect(given(added, { type: 'ConnectionSignInReset', revision: 2 }).when(refuse)).toEqual([]);
});
it('a reset allows one more, under the next revision', () => {
  const reset: ConnectionCommand = { type: 'ResetSignIn' };
  const again: ConnectionFact = { type: 'ConnectionSignInReset', revision: 2 };
  expect(given(...blocked).when(reset)).toEqual([again, turned('down', 'unknown')]);
  expect(given(...blocked, again, turned('down', 'unknown')).when(reset)).toEqual([]);
  expect(given(added, up).when(reset)).toEqual([]);
});

it('a refresh while one runs is that one, and the next has the next number', () => {
  expect(given(added, up).when(request)).toEqual([requested]);
  expect(given(added, up, requested).when(request)).toEqual([]);
  expect(given(added, up, requested, refreshed).when(request)).toEqual([{ ...requested, op: 2 }]);
});
it.each([
  ['blocked', blocked],
  ['no longer configured', [added, turned('unknown', 'down', 'not_configured')]],
  ['without its secret', [added, turned('unknown', 'down', 'secret_unusable')]],
])('refuses a refresh of a connection that is %s', (_, past) =>
  expect(given(...past).when(request)).toMatchObject({ rejected: 'connection_blocked' }),
);
it('a discovery brings it up; one that is not believed makes it degraded', () => {
  expect(given(added).when(finish)).toEqual([up, { ...refreshed, op: null }]);
  expect(given(added, up, requested).when({ ...finish, op: 1 })).toEqual([refreshed]);
  expect(given(added, up, requested).when({ ...finish, op: null })).toEqual([{ ...refreshed, op: null }]);
  expect(given(added, up).when({ ...finish, complete: false })).toEqual([
    turned('up', 'degraded', 'nothing_found'),
    { ...refreshed, op: null, complete: false },
  ]);
});
it('a discovery of an older revision is no news, but the end of the refresh that asked', () => {
  expect(given(added, up).when({ ...finish, revision: 7 })).toEqual([]);
  expect(given(added, up, requested).when({ ...finish, revision: 7, op: 1 })).toEqual([refreshed]);
  expect(given(...blocked).when(finish)).toEqual([]);
});
it('a refresh fails once', () => {
  const fail: ConnectionCommand = { type: 'FailRefresh', op: 1, code: 'provider_unreachable', detail: 'gone' };
  const lost: ConnectionFact = { type: 'ConnectionRefreshFailed', op: 1, code: 'provider_unreachable', detail: 'gone' };
  expect(given(added, up, requested).when(fail)).toEqual([lost]);
  expect(given(added, up, requested, lost).when(fail)).toEqual([]);
  expect(given(added, up, requested).when({ ...fail, op: 7 })).toEqual([]);
});

it.each<ConnectionCommand>([
  { type: 'Forget' },
  down,
  refuse,
  { type: 'ResetSignIn' },
  request,
  finish,
  { type: 'FailRefresh', op: 1, code: 'x', detail: 'x' },
  { type: 'FailDiscovery', revision: 1, code: 'x', detail: 'x' },
])('knows no connection that nobody recorded ($type)', (command) =>
  expect(given().when(command)).toMatchObject({ rejected: 'not_found' }),
);

const heard: ConnectionCommand = { ...down, to: 'up', code: null };
const degraded = turned('up', 'degraded', 'provider_unreachable');

it('K14: a short silence is told once, and makes nothing better', () => {
  const silent: ConnectionCommand = { ...down, to: 'degraded' };
  expect(given(added, up).when(silent)).toEqual([degraded]);
  expect(given(added).when(silent)).toEqual([turned('unknown', 'degraded', 'provider_unreachable')]);
  expect(given(added, up, degraded).when(silent)).toEqual([]);
  expect(given(added, up, degraded).when(down)).toEqual([turned('degraded', 'down', 'provider_unreachable')]);
  expect(given(added, up, turned('up', 'down', 'provider_unreachable')).when(silent)).toEqual([]);
  expect(given(added, up, turned('up', 'degraded', 'nothing_found')).when(silent)).toEqual([]);
});
it('K14: the end of a silence mends no other reason', () => {
  for (const state of ['degraded', 'down'] as const)
    expect(given(added, up, turned('up', state, 'provider_unreachable')).when(heard)).toEqual([turned(state, 'up')]);
  expect(given(added, up, turned('up', 'degraded', 'nothing_found')).when(heard)).toEqual([]);
  expect(given(added, up, turned('up', 'down', 'certificate_refused')).when(heard)).toEqual([]);
  expect(given(added, up, turned('up', 'down', 'certificate_refused')).when(down)).toEqual([]);
  expect(given(added).when(heard)).toEqual([]);
  expect(given(...blocked).when(heard)).toEqual([]);
});
const broke: ConnectionCommand = {
  ...{ type: 'FailDiscovery', revision: 1, code: 'provider_unreachable', detail: 'the page was cut' },
};
const listingFailed: ConnectionFact = {
  ...{ type: 'ConnectionListingFailed', code: 'provider_unreachable', detail: 'the page was cut' },
};

it('K8: a listing that failed shows until one is complete, whatever else is answered', () => {
  expect(given(added, up).when(broke)).toEqual([listingFailed, degraded]);
  const past = [added, up, listingFailed, degraded];
  expect(given(...past).when(broke)).toEqual([]);
  expect(given(...past).when(heard)).toEqual([]);
  expect(given(...past).when({ ...broke, code: 'provider_error', detail: 'it says no' })).toEqual([
    { type: 'ConnectionListingFailed', code: 'provider_error', detail: 'it says no' },
    turned('degraded', 'degraded', 'provider_error'),
  ]);
  expect(given(...past).when(finish)).toEqual([turned('degraded', 'up'), { ...refreshed, op: null }]);
  const mended = [...past, turned('degraded', 'up'), { ...refreshed, op: null }];
  expect(given(...mended, degraded).when(heard)).toEqual([turned('degraded', 'up')]);
});
it('K8: what is wrong with the last listing shows again when a silence ends', () => {
  const fell = turned('degraded', 'down', 'provider_unreachable');
  expect(given(added, up, listingFailed, degraded, fell).when(heard)).toEqual([
    turned('down', 'degraded', 'provider_unreachable'),
  ]);
  expect(given(added, up, fell).when(broke)).toEqual([listingFailed]); // it is down already
  expect(given(added, up, fell, listingFailed).when(heard)).toEqual([
    turned('down', 'degraded', 'provider_unreachable'),
  ]);
  const nothing = { ...refreshed, op: null, complete: false };
  const empty = [added, turned('up', 'degraded', 'nothing_found'), nothing];
  expect(given(...empty).when(broke)).toEqual([]); // since when it shows nothing is known already
  expect(given(...empty, fell).when(heard)).toEqual([turned('down', 'degraded', 'nothing_found')]);
});
it('K8: a listing that failed under other settings, or before a reset, is over', () => {
  expect(given(added, up).when({ ...broke, revision: 7 })).toEqual([]);
  expect(given(...blocked).when(broke)).toEqual([]);
  const moved: ConnectionFact = { type: 'ConnectionChanged', ...settings, revision: 2 };
  const reset: ConnectionFact = { type: 'ConnectionSignInReset', revision: 2 };
  for (const news of [moved, reset])
    expect(given(added, up, listingFailed, degraded, news).when({ ...heard, revision: 2 })).toEqual([
      turned('degraded', 'up'),
    ]);
});
it('K29: after an accepted loss no number of a refresh is given twice', () =>
  expect(given(added).when({ type: 'RequestRefresh', deadline, spent: 2_000_000 })).toMatchObject([{ op: 2_000_001 }]));
