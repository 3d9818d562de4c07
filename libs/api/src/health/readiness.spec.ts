import { expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { routes } from '@drover/contracts';
import type { GuardPorts } from '../guard/guard-ports.js';
import { Readiness } from './readiness.js';
import { Route } from '../routes/routes.js';
import { bootDoor } from '../testing.js';

@Controller()
class Doors {
  @Route(routes.powerOff)
  powerOff() {
    return {};
  }
  @Route(routes.live)
  live() {
    return {};
  }
}

const door: GuardPorts = {
  identify: async () => ({ sub: 'ana', rights: ['vm:operate'], via: 'bearer' }),
  origin: 'http://localhost:80',
  audit: { record: async () => {} },
};
const path = '/api/v1/vms/420570c7-f61f-a930-77c5-1e876786cb3c/actions/power-off';
const headers = { 'idempotency-key': 'k' };

it('says as a problem that it stops, and only health is answered still', async () => {
  const ending = await bootDoor([Doors], door);
  ending.get(Readiness, { strict: false }).stop();
  const answer = await ending.inject({ method: 'POST', url: path, headers, payload: {} });
  expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([503, 'not_ready', '1']);
  expect(answer.json().detail).toMatch(/Drover stops\. Nothing was done/);
  expect((await ending.inject('/health/live')).statusCode).toBe(200);
  await ending.close();
});

it('K45: says as a problem that it starts, while the port is open already', async () => {
  const early = await bootDoor([Doors], door);
  const readiness = early.get(Readiness, { strict: false });
  readiness.hold();
  const ask = () => early.inject({ method: 'POST', url: path, headers, payload: {} });
  const held = await ask();
  expect([held.statusCode, held.json().code, held.headers['retry-after']]).toEqual([503, 'not_ready', '1']);
  expect(held.json()).toMatchObject({ detail: expect.stringMatching(/Drover starts: .*Nothing was done/) });
  expect(held.json().retryAfterMs).toBe(1000);
  expect((await early.inject('/health/live')).statusCode).toBe(200);
  readiness.started();
  expect((await ask()).statusCode).toBe(202);
  await early.close();
});
