// Providers that answer to harm: endless, huge, deeply nested or slow. Only their own calls end; memory, other connections
// and the stop stay within bounds. A new kind of harm is a new shape in tools/faultbench/hostile-provider.ts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Connection } from '@drover/contracts';
import { SHAPES, startHostileProvider } from '../../../tools/faultbench/hostile-provider.js';
import { watchLateness } from '../../../tools/faultbench/lateness.js';
import { figure } from '../../../tools/faultbench/tier.js';
import { until } from './api.js';
import { openHouse, peakMemory, within, type House } from './house.js';

type Shape = (typeof SHAPES)[number];

let provider: Awaited<ReturnType<typeof startHostileProvider>>;
let house: House;
beforeAll(async () => {
  provider = await startHostileProvider();
  house = await openHouse({ DROVER_SIMULATOR_VMS: '20' });
}, within);
afterEach(() => house.stop(), within);
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  await provider?.stop();
}, within);

/** Starts with a connection to a provider of each of these shapes. */
const startWith = async (shapes: readonly Shape[]) => {
  const connections = shapes.map((shape) => ({
    ...{ id: shape, name: shape, kind: 'vsphere', url: `${provider.url}/${shape}/sdk`, allow: ['127.0.0.1'] },
    credential: 'env:HOSTILE',
  }));
  const path = join(house.dataDir, 'connections.json');
  writeFileSync(path, JSON.stringify(connections));
  const HOSTILE = JSON.stringify({ username: 'ana', password: 'correct horse' });
  await house.start({ DROVER_CONNECTIONS: path, HOSTILE });
};
const connections = async () =>
  (await house.api().get<{ items: readonly Connection[] }>('/api/v1/connections?limit=200')).body.items;

it('K10: providers that answer to harm, all of them at once, end their own calls; everybody else is served, and it stops in time', async () => {
  await startWith(SHAPES);
  const lateness = watchLateness(`${house.url}/health/live`, house.pid());
  await new Promise((done) => setTimeout(done, 20_000));
  const { p90, p99 } = await lateness();
  expect(p90).toBeLessThan(figure(500, 100));
  expect(p99).toBeLessThan(figure(4_000, 100)); // others may hold the disk for a moment
  const states = async () => {
    const all = await connections();
    return ['dense-60-mb', 'deep-100k', 'site-a'].map((id) => all.find((each) => each.id === id)?.state).join(', ');
  };
  const wanted = 'down, down, up';
  expect(await until(states, (shown) => shown === wanted)).toBe(wanted);

  const asked = performance.now();
  expect((await house.stop()).code).toBe(0);
  expect(performance.now() - asked).toBeLessThan(25_000);
}, 180_000);

const MOST_BYTES = 400e6;
it.each(SHAPES)(
  'K10: what is held in memory of the answers of %s is bounded',
  async (shape) => {
    await startWith([shape]);
    const tried = () => connections().then((all) => all.find(({ id }) => id === shape)?.state);
    await until(tried, (state) => state !== undefined && state !== 'unknown');
    await new Promise((done) => setTimeout(done, 2_000)); // it is tried again and again meanwhile
    expect(peakMemory(house.pid())).toBeLessThan(MOST_BYTES);
  },
  within,
);
