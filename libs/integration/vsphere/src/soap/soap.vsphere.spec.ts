import { expect, it } from '@jest/globals';
import { memoryOutboundHttp, type OutboundAnswer, type OutboundRequest } from '@drover/ports';
import { ANSWER } from './parse.vsphere.js';
import { envelope, localizedFault, post, resultOf, returned, VimFault } from './soap.vsphere.js';
import { parse, textAt } from './xml.vsphere.js';
import { lab } from '../testing.js';

const soap = (body: string) => `<s:Envelope xmlns:s="x"><s:Body>${body}</s:Body></s:Envelope>`;
const answer = (body: string, status = 200): OutboundAnswer => ({ status, headers: {}, body });
const fault = (detail: string) =>
  answer(
    soap(`<s:Fault><faultcode>x</faultcode><faultstring>no &amp; no</faultstring><detail>${detail}</detail></s:Fault>`),
    500,
  );
const { signal } = new AbortController();
const masked = (text: string) => text;
const read = (given: OutboundAnswer) => resultOf(given, { bounds: ANSWER, signal, masked });
const thrown = (work: Promise<unknown>) => work.catch((error: unknown) => error);

it('writes a call with its values escaped', () => {
  const text = envelope({ method: 'DestroyView', self: { type: 'ContainerView', id: `session[1]<&"` } });
  const called =
    '<DestroyView xmlns="urn:vim25"><_this type="ContainerView">session[1]&lt;&amp;&quot;</_this></DestroyView>';
  expect(text).toContain(`<soapenv:Body>${called}</soapenv:Body>`);
});

it('finds what came back', async () => {
  const result = await read(
    answer(soap('<R xmlns="urn:vim25"><returnval><a>1</a></returnval><returnval><a>2</a></returnval></R>')),
  );
  expect(returned(result).map((each) => textAt(each, 'a'))).toEqual(['1', '2']);
  expect(returned(await read(answer(soap('<ShutdownGuestResponse xmlns="urn:vim25"/>'))))).toEqual([]);
});

it.each([
  [
    '<InvalidPowerStateFault xsi:type="InvalidPowerState"><existingState>x</existingState></InvalidPowerStateFault>',
    'InvalidPowerState',
  ],
  ['<NotAuthenticatedFault XMLSchema-instance:type="NotAuthenticated"/>', 'NotAuthenticated'],
  ['<ManagedObjectNotFoundFault/>', 'ManagedObjectNotFound'],
  ['', 'UnknownFault'],
])('names a fault by its type: %#', async (detail, type) => {
  expect(await thrown(read(fault(detail)))).toMatchObject({ name: 'VimFault', type, message: 'no & no' });
});

it('reads the fault of a task, text and all', () => {
  const node = parse(
    '<Envelope><error><fault xsi:type="TaskInProgress"><task>t</task></fault>' +
      '<localizedMessage>later</localizedMessage></error></Envelope>',
  );
  const { error } = node['Envelope'] as { error: string };
  expect(localizedFault(error)).toMatchObject({ type: 'TaskInProgress', message: 'later' });
  expect(localizedFault(undefined)).toBeInstanceOf(VimFault);
});

it.each([
  ['<html>wait</html>', 503, 'provider_unreachable'],
  ['', 502, 'provider_unreachable'],
  ['<html>nothing here</html>', 404, 'provider_error'],
  ['{"a": 1}', 200, 'provider_error'],
  [soap(''), 200, 'provider_error'],
  ['<Envelope><Body><R><returnval>half', 200, 'provider_error'],
])('what is not SOAP is a fault with its text: %p', async (body, status, code) =>
  expect(await thrown(read(answer(body, status)))).toMatchObject({
    name: 'ProviderFault',
    code,
    sent: 'maybe',
    detail: `the answer is not SOAP: HTTP ${status}: ${body}`,
  }),
);

it('posts to the connection, with the session it was given, and hands out a new one', async () => {
  const requests: OutboundRequest[] = [];
  const http = memoryOutboundHttp((request) => {
    requests.push(request);
    const cookies = ['a=1; Path=/', 'vmware_soap_session="new"; Path=/; HttpOnly'];
    return { status: 200, headers: { 'set-cookie': cookies }, body: soap('<R/>') };
  });
  const call = { method: 'Login', self: { type: 'SessionManager', id: 'SessionManager' } };
  expect(await post({ http, target: lab, masked }, call, null, signal)).toEqual({
    result: '',
    cookie: 'vmware_soap_session="new"',
  });
  await post({ http, target: lab, masked }, call, 'vmware_soap_session="old"', signal);
  expect(requests).toMatchObject([
    { method: 'POST', url: lab.url },
    { headers: { cookie: 'vmware_soap_session="old"' } },
  ]);
  expect(requests[0]?.headers).not.toHaveProperty('cookie');
  await expect(post({ http, target: { ...lab, url: null }, masked }, call, null, signal)).rejects.toMatchObject({
    sent: 'no',
  });
});
