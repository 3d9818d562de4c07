// Whom the door does not know, and what those whom it knows may send.
import { expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { routes } from '@drover/contracts';
import type { GuardPorts } from './guard-ports.js';
import type { Requester } from './identity.js';
import { Route } from '../routes/routes.js';
import { bootDoor } from '../testing.js';

const eve: Requester = { sub: 'eve', rights: ['vm:read'], via: 'bearer' };
const ana: Requester = { sub: 'ana', rights: ['vm:read', 'vm:operate', 'vm:force'], via: 'bearer' };
const recorded: string[] = [];
const door: GuardPorts = {
  identify: async ({ authorization }) => (authorization === 'eve' ? eve : authorization === 'ana' ? ana : null),
  origin: 'http://localhost:80',
  audit: {
    record: async (fact, { sub }) =>
      void recorded.push(`${sub} ${fact.type === 'AuditDenialRecorded' ? `${fact.code} ${fact.right}` : fact.type}`),
  },
};

@Controller()
class Doors {
  @Route(routes.getFleet)
  fleet() {
    return 'fleet';
  }
  @Route(routes.getSession)
  session() {
    return 'session';
  }
  @Route(routes.live)
  live() {
    return 'alive';
  }
  @Route(routes.powerOff)
  powerOff() {
    return 'off';
  }
  @Route(routes.sourcePowerOff)
  source() {
    return 'off';
  }
}

const boot = (more: Partial<GuardPorts>) => bootDoor([Doors], { ...door, ...more });
const path = '/api/v1/vms/420570c7-f61f-a930-77c5-1e876786cb3c/actions/power-off';

it('K15: counts whom it does not know instead of recording each, and slows down who shows wrong tokens', async () => {
  recorded.length = 0;
  const counted: string[] = [];
  let guesses = 0;
  const strangers: GuardPorts['strangers'] = {
    denied: ({ route, code }, address) => void counted.push(`${route} ${code} ${address}`),
    guessed: () => (guesses++ < 1 ? 0 : 12),
  };
  const open = await boot({ strangers });
  const ask = (more: Record<string, string>, url = '/api/v1/fleet') => open.inject({ url, headers: more });
  const nobody = await ask({});
  expect([nobody.statusCode, nobody.headers['www-authenticate']]).toEqual([401, 'Bearer realm="drover"']);
  expect((await ask({ cookie: 'sid=dead' })).statusCode).toBe(401); // no guess
  expect((await ask({ authorization: 'Bearer wrong' })).statusCode).toBe(401);
  const again = await ask({ authorization: 'Bearer wrong' }, '/api/auth/session');
  expect([again.statusCode, again.json().code, again.headers['retry-after']]).toEqual([429, 'rate_limited', '12']);
  expect(again.json().detail).toMatch(/Too many wrong tokens came from your address/);
  expect((await ask({ authorization: 'Bearer wrong' }, '/health/live')).statusCode).toBe(200);
  expect((await ask({ authorization: 'eve' })).statusCode).toBe(200);
  expect((await ask({}, '/api/v1/fleet?token=s3cret')).statusCode).toBe(400);
  expect(counted).toEqual([
    '/api/v1/fleet unauthenticated 127.0.0.1',
    '/api/v1/fleet unauthenticated 127.0.0.1',
    '/api/v1/fleet unauthenticated 127.0.0.1',
    '/api/auth/session rate_limited 127.0.0.1',
    '/api/v1/fleet credentials_in_query_rejected 127.0.0.1',
  ]);
  expect(recorded).toEqual([]);
  const denied = { method: 'POST', url: path, headers: { authorization: 'eve', 'idempotency-key': 'k' } } as const;
  expect((await open.inject(denied)).statusCode).toBe(403);
  expect(recorded).toEqual(['eve forbidden vm:operate']);
  await open.close();
});

it('K15: writes down 200 characters of what somebody chose', async () => {
  const targets: (string | null)[] = [];
  const audit: GuardPorts['audit'] = { record: async (fact) => void ('target' in fact && targets.push(fact.target)) };
  const open = await boot({ audit });
  const url = `/api/v1/vm/${'%F0%9F%90%91'.repeat(250)}/power-off`;
  await open.inject({ method: 'POST', url, headers: { authorization: 'eve' } });
  await open.inject({ url: '/api/v1/fleet' });
  expect(targets).toEqual(['🐑'.repeat(200), null]);
  await open.close();
});

it('K39: takes no key that is longer than others are told apart by', async () => {
  const open = await boot({});
  const ask = async (key: string) => {
    const answer = await open.inject({
      method: 'POST',
      url: path,
      headers: { authorization: 'ana', 'idempotency-key': key },
    });
    return [answer.statusCode, answer.body.includes('invalid_request'), answer.body.includes('255 characters at most')];
  };
  expect(await ask('k'.repeat(256))).toEqual([400, true, true]);
  expect(await ask('k'.repeat(255))).toEqual([202, false, false]);
  await open.close();
});
