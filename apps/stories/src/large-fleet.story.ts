// A fleet of 100,000 simulated machines: the port opens at once, liveness is answered in time, and a stop does not wait.
// Only a process of its own shows this; a spec in process would share its event loop.
import { expect, it } from '@jest/globals';
import type { Health } from '@drover/contracts';
import { watchLateness } from '../../../tools/faultbench/lateness.js';
import { figure, nightly } from '../../../tools/faultbench/tier.js';
import { until } from './api.js';
import { openHouse, within, type House } from './house.js';

const LISTED_WITHIN_MS = 1_200_000;
const LARGE = { DROVER_SIMULATOR_VMS: '100000' };

/** What readiness says once somebody listens. */
const readiness = async ({ url }: House) => {
  for (;;) {
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer) return { status: answer.status, body: (await answer.json()) as Health };
    await new Promise((done) => setTimeout(done, 5));
  }
};

it(
  'K45: the port is open before 100,000 simulated machines are made; readiness says that they are awaited, and a stop does not wait for them',
  async () => {
    await using house = await openHouse(LARGE);
    const starting = house.start().then(
      () => 'started',
      () => 'given up',
    );
    const { status, body } = await readiness(house);
    expect([status, body.status]).toEqual([503, 'starting']);
    expect(body.checks).toMatchObject({ 'simulated sites': { ok: false } });
    expect((await fetch(`${house.url}/health/live`)).status).toBe(200);
    expect((await house.api().fleet()).status).toBe(503);
    expect((await house.stop()).code).toBe(0);
    expect(await starting).toBe('given up');
  },
  within,
);

/** While so much of a first listing is watched; at night all of it. */
const WATCHED_MS = 15_000;

it(
  'K45: liveness is answered in time while 100,000 simulated machines are made and listed, and at the next start',
  async () => {
    await using house = await openHouse(LARGE);
    const watched = async (listed: () => Promise<unknown>) => {
      const started = house.start();
      const lateness = watchLateness(`${house.url}/health/live`, house.pid());
      await started;
      await listed();
      const late = await lateness();
      await house.stop();
      return late;
    };
    const some = () => new Promise((done) => setTimeout(done, WATCHED_MS));
    const all = async () => {
      const shown = await until(
        () => house.api().fleet(),
        ({ body }) => body.total === 100_000 && body.complete,
        LISTED_WITHIN_MS,
      );
      expect(shown.body).toMatchObject({ total: 100_000, complete: true });
    };
    for (const { polls, median, p90, worst } of [await watched(nightly ? all : some), await watched(some)]) {
      expect(polls).toBeGreaterThan(50);
      expect(median).toBeLessThan(50);
      expect(p90).toBeLessThan(300);
      expect(worst).toBeLessThan(figure(5_000, 300)); // others may hold the disk for a moment
    }
  },
  figure(120_000, LISTED_WITHIN_MS + 120_000),
);
