// A rebuild that is killed: while it builds, and between any two of the files that it puts in their place. The next start
// shows what was there, and the next rebuild ends as if nobody had been killed. Never: a place that a kill is hoped to hit; what
// is between two files is laid out as a kill leaves it.
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { Connection, PublicFact, Operation, Page, Vm } from '@drover/contracts';
import { until } from './api.js';
import { startedHouse, type House } from './house.js';
import { openStream } from './live.js';

const MACHINES = 12;
const services = ['inventory', 'power', 'gateway'];
/** What a rebuild puts in its place, in this order. */
const files = [
  ...services.map((name) => `${name}/views.db`),
  'gateway/journal.db',
  ...services.map((name) => `${name}/work.db`),
];

/** What the views show that does not depend on when they are read. */
const shownBy = async (house: House) => {
  const api = house.api();
  const lasting = ({ asOf: _asOf, power: { uptimeSeconds: _uptime, ...power }, ...vm }: Vm) => ({ ...vm, power });
  const vms = (await api.vms('?limit=200&sort=name')).body.items.map(lasting);
  const histories: Record<string, readonly string[]> = {};
  for (const { id } of vms) histories[id] = (await api.history(id)).body.items.map((event: PublicFact) => event.id);
  const { items } = (await api.get<Page<Operation>>('/api/v1/operations?limit=200')).body;
  const operations = items.map(({ position: _position, ...operation }) => operation); // a journal that was rebuilt has others
  const connections = (await api.connections()).body.items.map(({ id, name, kind }: Connection) => ({
    id,
    name,
    kind,
  }));
  return { vms, histories, operations, connections };
};

/** A house with a history, stopped, and its folders to be put back as they were. */
const keptHouse = async (left: AsyncDisposableStack) => {
  const house = left.use(await startedHouse({ DROVER_SIMULATOR_VMS: String(MACHINES), DROVER_SIMULATOR_LATENCY: '0' }));
  const api = house.api();
  for (const { id } of (await api.vms('?power=poweredOn&limit=3')).body.items) {
    await api.done(`/api/v1/vms/${id}/actions/power-off`, { mode: 'hard' });
    // What was switched is read once more, and that is told.
    await until(
      () => api.history(id),
      ({ body }) => body.items.some(({ data }) => data['tools'] === 'toolsNotRunning'),
    );
  }
  const stream = await openStream(house.url, api.authorization);
  const { id: cursor } = await stream.find(({ event }) => event === 'bookmark');
  stream.close();
  await house.stop();
  const at = (...path: readonly string[]) => join(house.dataDir, ...path);
  /** What belongs together: the services, and what is noted of their stores. */
  const all = [...services, 'format.json'];
  const keep = (as: string) => {
    for (const name of all) cpSync(at(name), at(`${name}.${as}`), { recursive: true });
  };
  const putBack = () => {
    for (const name of all) {
      rmSync(at(name), { recursive: true });
      cpSync(at(`${name}.kept`), at(name), { recursive: true });
    }
  };
  keep('kept');
  return { house, at, keep, putBack, cursor };
};

/** Starts it, reads everything, and kills it: what it stored since is put back anyway. */
const shownAfterStart = async (house: House) => {
  await house.start();
  const shown = await shownBy(house);
  await house.kill();
  return shown;
};
const rebuilt = async (house: House) =>
  expect(await house.task(['rebuild'])).toMatchObject({ code: 0, said: expect.stringContaining('Done.') });

it('K40: a rebuild that is killed while it builds leaves the views of before, and the next one ends with the same', async () => {
  await using left = new AsyncDisposableStack();
  const { house, at, putBack, cursor } = await keptHouse(left);
  const before = await shownAfterStart(house);
  expect([before.vms.length, before.operations.length]).toEqual([MACHINES, 3]);
  /** Rebuilds what was kept, and is killed on the way; whoever was done by then is killed sooner the next time. */
  const killed = async (wait: number) => {
    putBack();
    const rebuilding = house.begin(['rebuild']);
    let over = false;
    void rebuilding.end.then(() => (over = true));
    while (!existsSync(at('gateway/views.db.new')) && !over) await pause(2);
    await pause(wait);
    rebuilding.kill();
    const { code, complained } = await rebuilding.end;
    if (code === 0) return killed(wait / 2);
    expect([code, complained]).toEqual([null, '']);
  };
  for (const wait of [0, 50, 200]) {
    await killed(wait);
    await rebuilt(house);
    expect(await shownAfterStart(house)).toEqual(before);
    await killed(wait);
    await house.start();
    expect(await shownBy(house)).toEqual(before);
    expect(existsSync(at('gateway/views.db.new'))).toBe(false);
    const back = await openStream(house.url, house.api().authorization, '', cursor);
    expect(JSON.parse((await back.find(({ event }) => event === 'hello')).data ?? '')).toMatchObject({ gap: false });
    back.close();
    await house.kill();
  }
}, 300_000);

it('K40: a rebuild that is killed between two of the files that it swaps is gone on with, and ends with the same', async () => {
  await using left = new AsyncDisposableStack();
  const { house, at, keep, putBack } = await keptHouse(left);
  const before = await shownAfterStart(house);
  putBack();
  await rebuilt(house);
  keep('rebuilt');
  expect(files.filter((file) => !existsSync(at(file)))).toEqual([]);
  for (let swapped = 0; swapped <= files.length; swapped += 1)
    for (const goesOn of [true, false]) {
      putBack();
      for (const [n, file] of files.entries()) {
        const [folder = '', name = ''] = file.split('/');
        cpSync(at(`${folder}.rebuilt`, name), at(`${file}.new`));
        if (n >= swapped) continue;
        for (const part of ['-wal', '-shm']) rmSync(at(`${file}${part}`), { force: true });
        renameSync(at(`${file}.new`), at(file));
      }
      if (goesOn) await rebuilt(house);
      const shown = await shownAfterStart(house);
      expect({ swapped, goesOn, ...shown }).toEqual({ swapped, goesOn, ...before });
      expect(files.filter((file) => existsSync(at(`${file}.new`)))).toEqual([]);
    }
}, 300_000);
