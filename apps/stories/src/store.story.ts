// Stores that lack something: older copies, foreign files, removed folders, locks of others. Each is named, refused until it
// is put right, and brought back by a restore or an accepted loss.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { Health, Vm } from '@drover/contracts';
import { watchLateness } from '../../../tools/faultbench/lateness.js';
import { until } from './api.js';
import { openHouse, startedHouse, type House } from './house.js';

const small = { DROVER_SIMULATOR_VMS: '6', DROVER_SIMULATOR_LATENCY: '0' };

const ready = async (house: House) => {
  const answer = await fetch(`${house.url}/health/ready`);
  return [answer.status, (await answer.json()) as Health] as const;
};
const detail = async (house: House) => {
  const { authorization } = house.api();
  return (await (await fetch(`${house.url}/health/detail`, { headers: { authorization } })).json()) as Health;
};
const anyOn = async (house: House): Promise<Vm> => {
  const [vm] = (await house.api().vms('?power=poweredOn&limit=1')).body.items;
  if (!vm) throw new Error('no machine is on');
  return vm;
};
const turnOff = async (house: House, vm: Vm) =>
  house.api().done(`/api/v1/vms/${vm.id}/actions/power-off`, { mode: 'hard' });
const facts = (house: House, service = 'power') => join(house.dataDir, service, 'facts.db');

/** Puts the folder of power back as it was before a machine was turned off for the second time. */
const behindItsReaders = async (house: House) => {
  await turnOff(house, await anyOn(house));
  await house.stop();
  cpSync(join(house.dataDir, 'power'), join(house.dataDir, 'yesterday'), { recursive: true });
  await house.start();
  const vm = await anyOn(house);
  const lost = await turnOff(house, vm);
  await house.stop();
  rmSync(join(house.dataDir, 'power'), { recursive: true });
  renameSync(join(house.dataDir, 'yesterday'), join(house.dataDir, 'power'));
  return { vm, lost };
};

it('K37: a lock of another process on the facts refuses what is written there, and holds up nothing else', async () => {
  await using house = await startedHouse(small);
  const path = `/api/v1/vms/${(await anyOn(house)).id}/actions/power-off`;
  const lateness = watchLateness(`${house.url}/health/live`, house.pid());
  await pause(1_000); // it is a process that has to begin first
  const other = new DatabaseSync(facts(house));
  other.exec('BEGIN IMMEDIATE');
  const refused = await house.api().problem(path, { mode: 'hard' });
  const { polls, worst } = await lateness();
  other.exec('ROLLBACK');
  other.close();
  expect(refused).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(polls).toBeGreaterThan(0);
  expect(worst).toBeLessThan(4_000); // it stood still for five seconds
  const again = await until(
    () => house.api().post(path, { mode: 'hard' }),
    ({ status }) => status === 202,
  );
  expect(again.status).toBe(202);
}, 60_000);

it('K29: a folder from yesterday is found at the start, named and refused; its loss is accepted by name', async () => {
  await using house = await startedHouse(small);
  const { vm, lost } = await behindItsReaders(house);
  await house.start();
  expect(await ready(house)).toEqual([
    503,
    {
      status: 'failing',
      checks: { 'power store': { ok: false, detail: 'It lacks what it had: see /health/detail.' } },
    },
  ]);
  const says = (await detail(house)).checks?.['power store']?.detail ?? '';
  expect(says).toMatch(
    /^The power store lacks what it had: it ends at position \d+, but positions? [^.]+ known to have been stored \(by .*the journal.*\)\. Restore a backup that reaches position \d+, or accept the loss: npm run store -- accept-loss power\.$/,
  );
  const path = `/api/v1/vms/${vm.id}/actions/power-on`;
  expect((await house.api().post(path, {})).body).toMatchObject({ status: 503, code: 'store_shorter_than_anchor' });
  expect((await house.api().vms()).body.total).toBe(6); // reads go on
  await house.stop();

  const verified = await house.task(['store', 'verify']);
  expect([verified.code, verified.said]).toEqual([1, `${says}\n`]);
  const refused = await house.task(['rebuild']);
  expect([refused.code, refused.complained]).toEqual([1, `${says}\n`]); // with one remedy

  const { code, said } = await house.task(['store', 'accept-loss', 'power']);
  expect([code, said]).toEqual([0, expect.stringMatching(/Accepted: \d+ commits are gone from the power store/)]);
  expect(said).not.toContain('Restore a backup'); // it has just been decided otherwise
  expect(said).toContain(`  vm/${vm.id}: `);
  expect(said).toContain('Done.');
  expect((await house.task(['store', 'verify'])).code).toBe(0);

  await house.start();
  expect(await ready(house)).toEqual([200, { status: 'ok' }]);
  // What was off stays off; the number of the operation that was lost is not given again.
  await until(
    () => house.api().vms(`?limit=6`),
    ({ body }) => body.items.find(({ id }) => id === vm.id)?.power.state === 'poweredOff',
  );
  const next = await house.api().done(path, {});
  expect(next.id).toBe(`power.power-${vm.id}.1000001`);
  expect(next.id).not.toBe(lost.id);
  const history = await until(
    () => house.api().history(vm.id),
    ({ body }) => body.items.some(({ type }) => type === 'io.drover.power.vm-powered-on.v1'),
  );
  expect(history.body.items.filter(({ operationid }) => operationid === lost.id)).toEqual([]);
}, 180_000);

it('K29: the right folder, put back, brings everything to work, and nothing was lost by the wrong one', async () => {
  await using house = await startedHouse(small);
  const done = await turnOff(house, await anyOn(house));
  await house.stop();
  const folder = join(house.dataDir, 'power');
  renameSync(folder, `${folder}.away`);
  await house.start();
  expect(await ready(house)).toMatchObject([503, { checks: { 'power store': { ok: false } } }]);
  expect((await detail(house)).checks?.['power store']?.detail).toMatch(/it holds nothing, but position/);
  await house.stop();
  expect((await house.task(['store', 'verify'])).code).toBe(1);
  rmSync(folder, { recursive: true });
  renameSync(`${folder}.away`, folder);
  expect((await house.task(['store', 'verify'])).code).toBe(0);
  await house.start();
  expect(await ready(house)).toEqual([200, { status: 'ok' }]);
  expect((await house.api().operation(done.id)).body.state).toBe('succeeded');
}, 120_000);

it('K29 K41: a folder that is removed while Drover runs takes nothing, is named, and works again once it is put back', async () => {
  await using house = await startedHouse(small);
  const vm = await anyOn(house);
  const path = `/api/v1/vms/${vm.id}/actions/power-off`;
  const folder = join(house.dataDir, 'power');
  renameSync(folder, `${folder}.away`);
  const refused = await house.api().post(path, { mode: 'hard' }, { prefer: 'wait=10' });
  expect([refused.status, refused.body]).toMatchObject([503, { code: 'store_shorter_than_anchor' }]);
  const lacks = { ok: false, detail: 'It lacks what it had: see /health/detail.' };
  const checks = { 'power store': lacks, 'power working rows': lacks };
  expect(await ready(house)).toEqual([503, { status: 'failing', checks }]);
  expect((await detail(house)).checks?.['power store']).toEqual({
    ok: false,
    detail: `Nothing is written to the store at ${facts(house)}: ${facts(house)} was removed or replaced while Drover runs. Put it back, or stop Drover and restore a backup.`,
  });
  expect((await house.api().vms()).body.total).toBe(6); // reads go on
  renameSync(`${folder}.away`, folder);
  expect(await ready(house)).toEqual([200, { status: 'ok' }]);
  expect((await turnOff(house, vm)).state).toBe('succeeded');

  rmSync(folder, { recursive: true, maxRetries: 5 }); // its anchor is still written a moment after what was done
  expect((await house.api().post(path, { mode: 'hard' })).status).toBe(503);
  expect(await ready(house)).toMatchObject([503, { status: 'failing' }]);
  await house.stop();
  await house.start(); // what was acknowledged before is known to be missing
  expect(await ready(house)).toMatchObject([503, { status: 'failing', checks: { 'power store': { ok: false } } }]);
}, 120_000);

it('K29: a file of another directory is not accepted: the right one is to be put back', async () => {
  await using house = await startedHouse(small);
  await using other = await startedHouse(small);
  await turnOff(house, await anyOn(house));
  for (const each of [house, other]) await each.stop();
  const own = `${facts(house)}.own`;
  renameSync(facts(house), own);
  cpSync(facts(other), facts(house));
  await house.start();
  const sentence = `The file at ${facts(house)} is not the store that format.json names: put back the right one.`;
  expect((await detail(house)).checks?.['power store']).toEqual({ ok: false, detail: sentence });
  await house.stop();
  expect(await house.task(['store', 'verify'])).toMatchObject({ code: 1, said: expect.stringContaining(sentence) });
  expect(await house.task(['store', 'accept-loss', 'power'])).toMatchObject({ code: 1, complained: `${sentence}\n` });
  renameSync(own, facts(house));
  expect((await house.task(['store', 'verify'])).code).toBe(0);
}, 120_000);

it('K29: views and a journal of another directory are not believed: they are rebuilt', async () => {
  await using house = await startedHouse(small);
  await using other = await startedHouse({ ...small, DROVER_SIMULATOR_VMS: '9' });
  for (const each of [house, other]) await each.stop();
  for (const file of ['gateway/views.db', 'gateway/journal.db', 'inventory/views.db'])
    cpSync(join(other.dataDir, file), join(house.dataDir, file));
  await house.start();
  expect((await house.api().vms()).body.total).toBe(6);
  expect(await ready(house)).toEqual([200, { status: 'ok' }]);
}, 120_000);

it('a data directory of release 0.1.0 opens, gets the names of its stores, and works', async () => {
  await using house = await openHouse({ ...small, DROVER_SIMULATOR_VMS: '3' });
  const fixture = new URL('../fixtures/data-0.1.0.tgz', import.meta.url).pathname;
  execFileSync('tar', ['xzf', fixture, '-C', house.dataDir, '--strip-components=1']);
  expect((await house.task(['store', 'verify'])).code).toBe(0);
  await house.start();
  expect(await ready(house)).toEqual([200, { status: 'ok' }]);
  const off = (await house.api().vms('?power=poweredOff&name=jump-01')).body.items[0];
  expect((await house.api().operation(`power.power-${off?.id}.1`)).body.state).toBe('succeeded');
  expect((await house.api().done(`/api/v1/vms/${off?.id}/actions/power-on`, {})).state).toBe('succeeded');
  await house.stop();
  const { format, storeIds } = JSON.parse(readFileSync(join(house.dataDir, 'format.json'), 'utf8'));
  expect([format, Object.keys(storeIds).sort()]).toEqual([1, ['gateway', 'inventory', 'power']]);
  expect((await house.task(['store', 'verify'])).code).toBe(0);
}, 120_000);

it('K29: a loss that comes after a rebuild is accepted by name, too', async () => {
  await using house = await startedHouse(small);
  await turnOff(house, await anyOn(house));
  await house.stop();
  expect((await house.task(['rebuild'])).code).toBe(0);
  rmSync(join(house.dataDir, 'power'), { recursive: true });
  const { code, said } = await house.task(['store', 'accept-loss', 'power']);
  expect([code, said]).toEqual([0, expect.stringMatching(/Accepted: \d+ commits are gone from the power store/)]);
  expect((await house.task(['store', 'verify'])).code).toBe(0);
}, 120_000);

it('npm run store explains itself: asked to with 0, after a mistake with 2', async () => {
  await using house = await openHouse();
  expect(await house.task(['store', '--help'])).toMatchObject({
    code: 0,
    said: expect.stringContaining('accept-loss <service>'),
  });
  for (const words of [[], ['accept-loss', 'foo'], ['dance']])
    expect(await house.task(['store', ...words])).toMatchObject({
      code: 2,
      complained: expect.stringContaining('accept-loss <service>'),
    });
});

it('store verify and accept-loss leave alone what is in use, and what needs nothing', async () => {
  await using house = await startedHouse(small);
  for (const words of [['verify'], ['accept-loss', 'power']]) {
    const { code, complained } = await house.task(['store', ...words]);
    expect([code, complained]).toEqual([1, expect.stringMatching(/^[^\n]*is used by [^\n]+\.\n$/)]);
  }
  await house.stop();
  expect(await house.task(['store', 'verify'])).toMatchObject({
    code: 0,
    said: 'All stored data is complete and undamaged.\n',
  });
  expect(await house.task(['store', 'accept-loss', 'power'])).toMatchObject({
    code: 0,
    said: 'The power store lacks nothing: nothing was done.\n',
  });
  expect((await house.task(['store', 'accept-loss', 'everything'])).code).toBe(2);
}, 120_000);
