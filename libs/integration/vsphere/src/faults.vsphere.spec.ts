import { expect, it } from '@jest/globals';
import { OutboundFault, ProviderFault, SecretUnusable } from '@drover/ports';
import { effectFault, isGone, isLostSession, readFault, taskFault } from './faults.vsphere.js';
import { VimFault } from './soap/soap.vsphere.js';

const vim = (type: string) => new VimFault(type, 'text');

it.each([
  ['InvalidPowerState', 'invalid_power_state'],
  ['ToolsUnavailable', 'tools_unavailable'],
  ['TaskInProgress', 'busy'],
  ['ConcurrentAccess', 'busy'],
  ['ResourceInUse', 'busy'],
  ['ManagedObjectNotFound', 'not_found'],
  ['InvalidLogin', 'sign_in_failed'],
  ['NoPermission', 'not_permitted'],
  ['RestrictedVersion', 'provider_error'],
])('%s is %s: it was refused, so it was not done', (type, code) => {
  const said = { code, sent: 'no', detail: `${type}: text` };
  expect(effectFault(vim(type))).toMatchObject(said);
  expect(readFault(vim(type))).toMatchObject(said);
  expect(taskFault(vim(type))).toMatchObject({ ...said, sent: code === 'provider_error' ? 'maybe' : 'no' });
});

it.each([
  ['unreachable', 'no', 'provider_unreachable', 'no'],
  ['unreachable', 'maybe', 'no_answer', 'maybe'],
  ['timed_out', 'no', 'provider_unreachable', 'no'],
  ['timed_out', 'maybe', 'no_answer', 'maybe'],
  ['aborted', 'maybe', 'no_answer', 'maybe'],
  ['too_large', 'maybe', 'no_answer', 'maybe'],
  ['name_unresolved', 'no', 'provider_unreachable', 'no'],
  ['address_refused', 'no', 'provider_unreachable', 'no'],
  ['certificate_refused', 'no', 'certificate_refused', 'no'],
] as const)(
  'a transport that says %s (sent: %s) is %s (sent: %s) for what changes something',
  (code, sent, ...expected) => {
    const fault = effectFault(new OutboundFault(code, 'text', sent));
    expect([fault.code, fault.sent]).toEqual(expected);
  },
);

it('what changes nothing may be asked again, however it ended', () => {
  expect(readFault(new OutboundFault('timed_out', 'text', 'maybe'))).toMatchObject({
    code: 'provider_unreachable',
    sent: 'no',
  });
  expect(readFault(new ProviderFault('no_answer', 'text', 'maybe'))).toMatchObject({ code: 'no_answer', sent: 'no' });
});

it('a secret that cannot be read blocks nothing', () =>
  expect(readFault(new SecretUnusable('env:LAB does not exist'))).toMatchObject({
    code: 'provider_error',
    detail: 'env:LAB does not exist',
  }));

it('whatever else is thrown is a fault, too', () =>
  expect([readFault(new Error('odd')).detail, readFault('odd').code]).toEqual(['odd', 'provider_error']));

it('knows a lost session and a gone object', () => {
  expect([isLostSession(vim('NotAuthenticated')), isLostSession(vim('NoPermission'))]).toEqual([true, false]);
  expect([isGone(vim('ManagedObjectNotFound')), isGone(new Error('x'))]).toEqual([true, false]);
});
