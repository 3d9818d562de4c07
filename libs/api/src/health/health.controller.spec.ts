import { expect, it } from '@jest/globals';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** Health of a process that has one part, and what was set on the answer. */
const health = (readiness: Readiness) => {
  const codes: number[] = [];
  const reply = { code: (code: number) => (codes.push(code), reply), header: () => reply };
  const detail = async () => ({ store: { ok: true, detail: 'takes events' } });
  const controller = new HealthController(readiness, { refusing: () => [], detail, metrics: async () => '' });
  return { ready: () => controller.ready(reply as never), detail: () => controller.detail(), codes };
};

it('a start says how far it has got, as it is when somebody asks', async () => {
  const readiness = new Readiness();
  const { ready } = health(readiness);
  let done = 0;
  const views = readiness.waitFor('views', () => `${++done} of 3`, Promise.resolve());
  expect([ready().checks, ready().checks]).toMatchObject([
    { views: { detail: '1 of 3' } },
    { views: { detail: '2 of 3' } },
  ]);
  await views;
});

it('K45: a start says what it waits for, and no longer than it does', async () => {
  const readiness = new Readiness();
  const { ready, detail, codes } = health(readiness);
  let made = () => {};
  const sites = readiness.waitFor(
    'simulated sites',
    'Their machines are set up.',
    new Promise((done) => (made = done)),
  );
  const broken = readiness.waitFor('views', 'They are brought up to date.', Promise.reject(new Error('broken')));
  const awaited = { ok: false, detail: 'Their machines are set up.' };
  expect(ready().checks).toMatchObject({ 'simulated sites': awaited });
  await expect(broken).rejects.toThrow('broken');
  expect(ready()).toEqual({ status: 'starting', checks: { 'simulated sites': awaited } });
  expect(await detail()).toEqual({
    status: 'starting',
    checks: { store: { ok: true, detail: 'takes events' }, 'simulated sites': awaited },
  });
  made();
  await sites;
  expect(ready()).toEqual({ status: 'starting' });
  expect(codes).toEqual([503, 503, 503]);
  readiness.started();
  expect(ready()).toEqual({ status: 'ok' });
  expect(codes).toHaveLength(3);
});
