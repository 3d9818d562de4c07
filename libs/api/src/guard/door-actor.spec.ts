// Who asks, as handlers see it: made at the door and nowhere else.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes } from '@drover/contracts';
import { SessionId, type Actor } from '@drover/kernel';
import type { Requester } from './identity.js';
import { Asker } from '../routes/request.js';
import { Route } from '../routes/routes.js';
import { bootDoor } from '../testing.js';

@Controller()
class Doors {
  @Route(routes.powerOff)
  powerOff(@Asker() actor: Actor) {
    return actor;
  }
  @Route(routes.sourcePowerOff)
  source(@Asker() actor: Actor) {
    return actor;
  }
  @Route(routes.resetConnection)
  edit(@Asker() actor: Actor) {
    return actor;
  }
  @Route(routes.getSession)
  session(@Asker() actor: Actor) {
    return actor;
  }
}

const all = ['vm:read', 'vm:operate', 'vm:force', 'vm:edit', 'connection:admin'] as const;
const people: Readonly<Record<string, Requester>> = {
  ana: { sub: 'ana', rights: all, via: 'bearer' },
  ben: { sub: 'ben', rights: all, via: 'bearer' },
  browser: { sub: 'ana', rights: all, via: 'cookie', session: SessionId.parse('s') },
};
let app: NestFastifyApplication;
beforeAll(async () => {
  app = await bootDoor([Doors], {
    identify: async ({ authorization }) => people[authorization ?? ''] ?? null,
    origin: 'http://localhost:80',
    audit: { record: async () => {} },
  });
});
afterAll(() => app.close());

const [one, other] = ['420570c7-f61f-a930-77c5-1e876786cb3c', '4205a8c1-3f61-1b30-88d6-0c9f5b2de001'];
const off = (id: string) => `/api/v1/vms/${id}/actions/power-off`;
const trace = `00-${'4b'.repeat(16)}-${'7a'.repeat(8)}-01`;

const actorOf = async (url: string, more: Record<string, string> = {}, payload: object = {}) => {
  const headers = { authorization: 'ana', 'idempotency-key': 'k', ...more };
  const answer = await app.inject({ method: 'POST', url, headers, payload });
  expect(answer.statusCode).toBeLessThan(300);
  return answer.json<Actor>();
};

it('holds what the request and its sender say, and nothing that they do not', async () => {
  const all = await actorOf(
    `${off(one)}?dryRun=true`,
    { traceparent: trace, 'if-match': '"i1"', 'x-request-id': 'r-1' },
    { reason: 'drill' },
  );
  expect(all).toEqual({
    ...{ sub: 'ana', rights: people['ana']?.rights, requestId: 'r-1', ip: '127.0.0.1' },
    ...{ traceparent: trace, ifMatch: '"i1"', dryRun: true, reason: 'drill' },
    ...{ commandId: expect.any(String), fingerprint: expect.any(String) },
  });
  expect(Object.keys(await actorOf(off(one))).sort()).toEqual(
    ['commandId', 'fingerprint', 'ip', 'requestId', 'rights', 'sub'], // no trace, no version, no reason, no session
  );
});

it('K39: an If-Match that is empty is one, and not the same as none', async () => {
  expect(await actorOf(off(one), { 'if-match': '' })).toMatchObject({ ifMatch: '' });
  expect(await actorOf(off(one))).not.toHaveProperty('ifMatch');
});

it('names the session of a browser', async () => {
  const pages = { authorization: 'browser', 'sec-fetch-site': 'same-origin', 'x-drover-csrf': '1' };
  expect(await actorOf(off(one), pages)).toMatchObject({ sub: 'ana', session: 's' });
});

it('is anonymous and may do nothing where nobody is known', async () => {
  const { requestId: _, ...actor } = (await app.inject({ url: '/api/auth/session' })).json<Actor>();
  expect(actor).toEqual({ sub: 'anonymous', rights: [], ip: '127.0.0.1' });
});

it.each([
  `x${trace}`,
  `${trace}0`,
  trace.slice(1),
  trace.toUpperCase(),
  trace.replace('-', '_'),
  `00-${'4b'.repeat(15)}-${'7a'.repeat(8)}-01`,
  `00-${'4b'.repeat(16)}-${'7a'.repeat(7)}-01`,
  `00-${'4b'.repeat(16)}-${'7a'.repeat(8)}-1`,
])('ignores a trace context that W3C does not write: %s', async (traceparent) =>
  expect(await actorOf(off(one), { traceparent })).not.toHaveProperty('traceparent'),
);

it('tells a repeat by who asks what of which machine under which key, whatever the address asks beside it', async () => {
  const { commandId, fingerprint } = await actorOf(off(one));
  expect(await actorOf(`${off(one)}?dryRun=true`)).toMatchObject({ commandId, fingerprint });
  expect((await actorOf(off(one), {}, { mode: 'hard' })).commandId).toBe(commandId);
  expect((await actorOf(off(one), {}, { mode: 'hard' })).fingerprint).not.toBe(fingerprint);
  const others = [
    await actorOf(off(one), { 'idempotency-key': 'another' }),
    await actorOf(off(one), { authorization: 'ben' }),
    await actorOf(off(other)),
    await actorOf(`/api/v1/vm/${one}/power-off`),
  ];
  expect(new Set([commandId, ...others.map((each) => each.commandId)]).size).toBe(5);
});

it('has no command id without a key, or where none is taken', async () => {
  const keyless = await app.inject({
    method: 'POST',
    url: `/api/v1/vm/${one}/power-off`,
    headers: { authorization: 'ana' },
    payload: {},
  });
  const edit = await app.inject({
    method: 'POST',
    url: '/api/v1/connections/site-a/reset',
    headers: { authorization: 'ana', 'idempotency-key': 'k'.repeat(256), 'if-match': '"i1"' },
    payload: {},
  });
  for (const answer of [keyless, edit]) {
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).not.toHaveProperty('commandId');
    expect(answer.json()).not.toHaveProperty('fingerprint');
  }
});
