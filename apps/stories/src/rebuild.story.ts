// Views and journal are rebuilt from the events: the same rows and histories, a new generation, one `reset` for old cursors.
// Also an older copy put back, and damaged files.
import { closeSync, cpSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Vm } from '@drover/contracts';
import { until } from './api.js';
import { startedHouse, type House } from './house.js';
import { openStream } from './live.js';

/** What of a machine does not depend on when it is read. */
const lasting = ({ asOf: _asOf, power: { uptimeSeconds: _uptime, ...power }, ...vm }: Vm) => ({ ...vm, power });
const fleetOf = async (house: House) => (await house.api().vms('?limit=200')).body.items.map(lasting);

it('rebuilds the same views from the events, and tells old cursors that they are foreign', async () => {
  await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0' });
  const api = house.api();
  const vm = (await api.vms('?power=poweredOn&limit=1')).body.items[0];
  await api.done(`/api/v1/vms/${vm?.id}/actions/power-off`, { mode: 'hard' });
  // What was switched is read once more, and that is told: by the next process, if this one ends before.
  await until(
    () => api.history(vm?.id ?? ''),
    ({ body }) => body.items.some(({ data }) => data['tools'] === 'toolsNotRunning'),
  );
  const stream = await openStream(house.url, api.authorization);
  const { id: cursor } = await stream.find(({ event }) => event === 'bookmark');
  stream.close();
  await house.stop();
  await house.start();
  const before = await fleetOf(house);
  const history = (await house.api().history(vm?.id ?? '')).body.items.map(({ id }) => id);
  await house.stop();

  const { code, said } = await house.task(['rebuild']);
  expect([code, said]).toEqual([0, expect.stringContaining('Done.')]);

  await house.start();
  expect(await fleetOf(house)).toEqual(before);
  expect((await house.api().history(vm?.id ?? '')).body.items.map(({ id }) => id)).toEqual(history);
  const back = await openStream(house.url, api.authorization, '', cursor);
  expect(await back.find(({ event }) => event === 'reset')).not.toHaveProperty('id');
  back.close();
}, 120_000);

it('an older copy that is put back tells a stream of what was lost that it starts over, and goes on for others', async () => {
  await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0' });
  const switched = async (verb: string) => {
    const api = house.api();
    const vm = (await api.vms('?power=poweredOn&limit=1')).body.items[0];
    await api.done(`/api/v1/vms/${vm?.id}/actions/${verb}`, { mode: 'hard' });
  };
  const end = async () => {
    const stream = await openStream(house.url, house.api().authorization);
    const { id } = await stream.find(({ event }) => event === 'bookmark');
    stream.close();
    return id;
  };
  await switched('power-off');
  const kept = await end();
  await house.stop();
  const copy = `${house.dataDir}.copy`;
  cpSync(house.dataDir, copy, { recursive: true });
  await house.start();
  await switched('power-off');
  const lost = await end();
  await house.stop();
  rmSync(house.dataDir, { recursive: true });
  cpSync(copy, house.dataDir, { recursive: true });
  rmSync(copy, { recursive: true });
  await house.start();
  for (let times = 0; times < 3; times++) await switched('power-off'); // the places that were lost are given again

  const foreign = await openStream(house.url, house.api().authorization, '', lost);
  expect(await foreign.find(({ event }) => event === 'reset')).not.toHaveProperty('id');
  foreign.close();
  const own = await openStream(house.url, house.api().authorization, '', kept);
  const hello = await own.find(({ event }) => event === 'hello');
  expect(JSON.parse(hello.data ?? '')).toMatchObject({ gap: false });
  await own.find(({ event }) => event === 'io.drover.power.vm-powered-off.v1');
  own.close();
}, 120_000);

/** Spoils a file everywhere but in its head. */
const damage = (path: string) => {
  const file = openSync(path, 'r+');
  for (let from = 4096; from < statSync(path).size; from += 4096) writeSync(file, Buffer.alloc(256, 7), 0, 256, from);
  closeSync(file);
};

it('says which file is damaged, and rebuilds it as well', async () => {
  await using house = await startedHouse({ DROVER_SIMULATOR_VMS: '20' });
  await house.stop();
  await house.start();
  const before = await fleetOf(house);
  await house.stop();
  for (const file of ['gateway/journal.db', 'power/views.db', 'gateway/views.db']) {
    damage(join(house.dataDir, file));
    const refused = await house.task([]);
    expect(refused.code).toBe(1);
    expect(refused.complained).toMatch(new RegExp(`^[^\\n]+${file}[^\\n]+npm run rebuild[^\\n]*\\.\\n$`));
    expect(await house.task(['rebuild'])).toMatchObject({ code: 0, said: expect.stringContaining('Done.') });
  }
  await house.start();
  expect(await fleetOf(house)).toEqual(before);
}, 120_000);

it('does not rebuild what is in use', async () => {
  await using house = await startedHouse();
  const { code, complained } = await house.task(['rebuild']);
  expect([code, complained]).toEqual([1, expect.stringContaining('is used by')]);
}, 60_000);
