import { expect, it } from '@jest/globals';
import { startedHouse, within } from './house.js';
import { openStream } from './live.js';

it.each([
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
] as const)(
  'T-SHU-1: says bye to open streams at %s and ends with 0; %s after it changes nothing',
  async (first, second) => {
    await using house = await startedHouse({ DROVER_LOG: 'error' });
    const { authorization } = house.api();
    const streams = await Promise.all([1, 2, 3].map(() => openStream(house.url, authorization)));
    await Promise.all(streams.map((stream) => stream.find(({ event }) => event === 'hello')));
    const begun = performance.now();
    house.signal(first);
    house.signal(second);
    const { code, complained } = await house.ended();
    expect([code, complained]).toEqual([0, '']);
    expect(performance.now() - begun).toBeLessThan(25_000);
    await Promise.all(streams.map((stream) => stream.closed));
    for (const { frames } of streams) {
      const bye = frames.at(-1);
      expect(bye).toMatchObject({ event: 'bye', data: expect.stringContaining('"reason":"shutdown"') });
      expect(bye?.id).toBeUndefined();
    }
  },
  within,
);

it(
  'T-SHU-1: answers every request that it took while it stops, and loses no request',
  async () => {
    await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0.1' });
    const api = house.api();
    const { items } = (await api.vms('?power=poweredOn&limit=40')).body;
    const requests = items.map((vm) =>
      api.post(`/api/v1/vms/${vm.id}/actions/power-off`, { mode: 'hard' }, { prefer: 'wait=20' }).catch(() => null),
    );
    await Promise.race(requests);
    house.signal('SIGTERM');
    const answers = (await Promise.all(requests)).flatMap((answer) => answer ?? []);
    expect((await house.ended()).code).toBe(0);
    expect(answers.filter(({ status }) => status >= 500 && status !== 503)).toEqual([]);
    await house.start();
    const again = house.api();
    for (const { body } of answers.filter(({ status }) => status < 300))
      expect((await again.operation(body.id)).body.id).toBe(body.id);
  },
  within,
);
