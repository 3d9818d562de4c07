// T-DSK-2, acceptance: whatever is done to a data directory is right, or it is named: at the start, by the slow check, or
// by `store verify`. What was named is brought to work by accept-loss or a rebuild, or by putting back what was there.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Health } from '@drover/contracts';
import { drawDamage, undo, type Damage } from '../../../tools/faultbench/damages.ts';
import { drawnBelow, figure, seedOf } from '../../../tools/faultbench/tier.ts';
import { until } from './api.js';
import { openHouse, startedHouse, type House } from './house.js';

const MANY = figure(12, 200);
const settings = { DROVER_SIMULATOR_VMS: '12', DROVER_SIMULATOR_LATENCY: '0' };
const root = mkdtempSync(join(tmpdir(), 'drover-damages-'));
const copies = { whole: join(root, 'whole'), earlier: join(root, 'earlier'), other: join(root, 'other') };

const copy = (from: string, to: string) => {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
};
const turnOff = async (house: House, n: number) => {
  for (const { id } of (await house.api().vms(`?power=poweredOn&limit=${n}`)).body.items)
    await house.api().done(`/api/v1/vms/${id}/actions/power-off`, { mode: 'hard' });
};

/** What the API shows that must not depend on how the views came to be. */
const shownBy = async (house: House) => {
  const api = house.api();
  const { items } = (await api.vms('?limit=50&sort=name')).body;
  const machines = items.map(({ id, name, power }) => [id, name, power.state]);
  const { body } = await api.get<{ items: { id: string; state: string }[] }>('/api/v1/operations?limit=200');
  return { machines, operations: body.items.map(({ id, state }) => `${id} ${state}`).sort() };
};
let expected: Awaited<ReturnType<typeof shownBy>>;

beforeAll(async () => {
  await using house = await startedHouse(settings);
  await turnOff(house, 2);
  await house.stop();
  copy(house.dataDir, copies.earlier);
  await house.start();
  await turnOff(house, 2);
  await house.kill();
  copy(house.dataDir, copies.whole);
  await house.start();
  await until(
    () => house.api().fleet(),
    ({ body }) => body.complete,
  );
  expected = await shownBy(house);
  await using other = await startedHouse({ ...settings, DROVER_SIMULATOR_VMS: '3' });
  await turnOff(other, 1);
  await other.stop();
  copy(other.dataDir, copies.other);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true }));

/** One sentence or more, none of them a stack. */
const isSaid = (text: string) => text.trim() !== '' && !/^\s+at /m.test(text);

/** Starts it and looks: what it refused, or what it says of its parts and shows. */
const found = async (house: House) => {
  const refused = await house.start().then(
    () => null,
    (error: Error) => error.message.replace(/^it ended with 1: /, ''),
  );
  if (refused !== null) return { refused, ready: 0, named: refused, shown: null };
  try {
    const { authorization } = house.api();
    const ready = await fetch(`${house.url}/health/ready`);
    const detail = async () =>
      (await (await fetch(`${house.url}/health/detail`, { headers: { authorization } })).json()) as Health;
    const isVerified = ({ checks = {} }: Health) =>
      Object.entries(checks).every(([name, { detail: says }]) => {
        const [, upTo, head] = /^verified up to (\d+) of (\d+)/.exec(says) ?? [];
        return !name.endsWith(' store check') || ready.status !== 200 || Number(upTo) >= Math.min(Number(head), 12);
      });
    const { checks = {} } = await until(detail, isVerified);
    const named = Object.values(checks).flatMap(({ ok, detail: says }) => (ok ? [] : [says]));
    await until(
      () => house.api().fleet(),
      ({ body }) => body.complete,
      5000,
    );
    return { refused, ready: ready.status, named: named.join('\n'), shown: await shownBy(house) };
  } finally {
    await house.stop();
  }
};

/** Brings it to work: by what was said, or by putting back what was there. */
const bringBack = async (house: House, damage: Damage, said: string, byName: boolean) => {
  const service =
    /accept-loss (\w+)/.exec(said)?.[1] ?? /facts at \S*\/(\w+)\/facts\.db cannot be opened/.exec(said)?.[1];
  const ways: string[][] = [];
  if (byName && service !== undefined) ways.push(['store', 'accept-loss', service]);
  else if (byName && said.includes('npm run rebuild')) ways.push(['rebuild']);
  for (const way of ways) {
    const { code, said: says, complained } = await house.task(way);
    if (code === 0) return way.join(' ');
    said += `\n${way.join(' ')}: ${says}${complained}`;
  }
  undo(house.dataDir, copies.whole, damage);
  return 'what was there is put back';
};

it(
  `T-DSK-2: ${MANY} damages of a data directory are right or named, and each is brought to work`,
  async () => {
    const seed = seedOf('damages');
    const chance = drawnBelow(seed);
    for (let n = 0; n < MANY; n++) {
      await using house = await openHouse(settings);
      copy(copies.whole, house.dataDir);
      let damage = drawDamage(chance, copies);
      while (!damage.touches.every((path) => existsSync(join(copies.whole, path)))) damage = drawDamage(chance, copies);
      damage.apply(house.dataDir);
      const about = { seed, n, damage: damage.says };
      const verified = await house.task(['store', 'verify']);
      const start = await found(house);
      const named = [start.named, ...(verified.code === 0 ? [] : [verified.said + verified.complained])].join('\n');
      const isRight = start.ready === 200 && JSON.stringify(start.shown) === JSON.stringify(expected);
      if (!isRight || named.trim() !== '')
        expect({ ...about, named, shown: start.shown, isSaid: isSaid(named) }).toMatchObject({ isSaid: true });
      if (named.trim() === '') continue;
      const way = await bringBack(house, damage, named, n % 2 === 0);
      const after = await house.task(['store', 'verify']);
      expect({ ...about, named, way, said: after.said + after.complained }).toMatchObject({
        said: 'All stored data is complete and undamaged.\n',
      });
      const again = await found(house);
      expect({ ...about, named, way, again }).toMatchObject({ again: { refused: null, ready: 200 } });
      expect(readFileSync(join(house.dataDir, 'format.json'), 'utf8')).toContain('storeIds');
    }
  },
  60_000 * MANY,
);
