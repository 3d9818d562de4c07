import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Connection } from '@drover/contracts';
import { SHAPES, startHostileProvider } from '../../../tools/faultbench/hostile-provider.js';
import { until } from './api.js';
import { openHouse } from './house.js';

/** How late liveness is answered while somebody asks again and again, in ms: the 99th of a hundred. */
const lateness = async (url: string, ms: number) => {
  const took: number[] = [];
  for (const end = performance.now() + ms; performance.now() < end;) {
    const begun = performance.now();
    await (await fetch(`${url}/health/live`)).arrayBuffer();
    took.push(performance.now() - begun);
    await new Promise((done) => setTimeout(done, 10));
  }
  return took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? 0;
};
/** The most memory that a process ever held, in MiB; where the system does not say so, nothing. */
const peak = (pid: number | undefined) => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return 0;
  }
};

it('K10: providers that answer to harm end their own calls; everybody else is served, memory is bounded, and it stops in time', async () => {
  const provider = await startHostileProvider();
  await using house = await openHouse({ DROVER_SIMULATOR_VMS: '20' });
  try {
    await house.start();
    const usual = await lateness(house.url, 3_000);
    await house.stop();

    const connections = SHAPES.map((shape) => ({
      ...{ id: shape, name: shape, kind: 'vsphere', url: `${provider.url}/${shape}/sdk`, allow: ['127.0.0.1'] },
      credential: 'env:HOSTILE',
    }));
    const path = join(house.dataDir, 'connections.json');
    writeFileSync(path, JSON.stringify(connections));
    await house.start({
      DROVER_CONNECTIONS: path,
      HOSTILE: JSON.stringify({ username: 'ana', password: 'correct horse' }),
    });
    const late = await lateness(house.url, 20_000);
    expect(late).toBeLessThan(500 + 10 * usual);
    expect(peak(house.pid())).toBeLessThan(450); // fifteen of them at once
    const api = house.api();
    const shown = await until(
      async () => (await api.get<{ items: readonly Connection[] }>('/api/v1/connections?limit=200')).body.items,
      (all) => all.find(({ id }) => id === 'dense-60-mb')?.state === 'down',
    );
    const state = (id: string) => shown.find((each) => each.id === id)?.state;
    expect([state('dense-60-mb'), state('deep-100k'), state('site-a')]).toEqual(['down', 'down', 'up']);

    const asked = performance.now();
    expect((await house.stop()).code).toBe(0);
    expect(performance.now() - asked).toBeLessThan(25_000);
  } finally {
    await provider.stop();
  }
}, 180_000);
