// The built process, as operators run it.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { OperationId, StreamId } from '@drover/kernel';
import { localClock } from '@drover/local';
import { readCounter, type CatalogNews, type Machine, type MachineRef } from '@drover/ports';
import { remoteSimulator, type RemoteSimulator } from '@drover/simulator';
import { undiciOutboundHttp } from '@drover/undici';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const secret = 'a-token-of-the-simulator-for-this-spec';
const clock = localClock();
const { signal } = new AbortController();
const token = { operationId: OperationId.of('power', StreamId.of('power', 'web'), 1), attempt: 1, epoch: 1 };

let dir: string;
let children: ChildProcess[] = [];
let clients: RemoteSimulator[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drover-simulator-'));
  writeFileSync(join(dir, 'token'), `${secret}\n`);
});
afterEach(async () => {
  await Promise.all(clients.map((each) => each.close()));
  for (const child of children) child.kill('SIGKILL');
  [children, clients] = [[], []];
  rmSync(dir, { recursive: true });
});

const spawned = (more: Record<string, string> = {}) => {
  const usual = { DROVER_SIMULATOR_PORT: '0', DROVER_SIMULATOR_VMS: '20', DROVER_SIMULATOR_LATENCY: '0' };
  const env = { ...usual, DROVER_DATA_DIR: join(dir, 'data'), DROVER_SIMULATOR_TOKEN: `file:${join(dir, 'token')}` };
  const child = spawn(process.execPath, [main], { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let [said, complained] = ['', ''];
  child.stderr.on('data', (text) => (complained += String(text)));
  const ended = new Promise<number | null>((done) => child.on('close', done));
  const url = new Promise<string>((done, fail) => {
    child.stdout.on('data', (text) => {
      said += String(text);
      const [address] = /http:\S+/.exec(said) ?? [];
      if (address) done(address);
    });
    void ended.then(() => fail(new Error(complained)));
  });
  url.catch(() => {});
  return { child, ended, url, complained: () => complained };
};
const clientOf = (url: string, run: string) => {
  const http = undiciOutboundHttp({ clock });
  const client = remoteSimulator({ http, url, token: secret, clock, reads: readCounter(run) });
  clients.push(client);
  return client;
};
const machinesOf = async ({ catalog, connections }: RemoteSimulator) => {
  const [site] = connections;
  if (!site) throw new Error('there are two sites');
  const { name: _, ...connection } = site;
  const target = { ...connection, revision: 1 };
  const machines: Machine[] = [];
  for await (const batch of catalog.list(target, signal)) machines.push(...batch.machines);
  const alone = ({ key, name, power, aliases }: Machine) => ({ key, name, power, aliases });
  return { target, machines: machines.map(alone) };
};
const refOf = ({ target, machines }: Awaited<ReturnType<typeof machinesOf>>): MachineRef => {
  const key = machines.find(({ name }) => name === 'pgtest1')?.key ?? '';
  return { vmId: '018f0000-0000-7000-8000-000000000001' as MachineRef['vmId'], target, key };
};
const ledger = () =>
  readFileSync(join(dir, 'data/simulator/ledger.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

it('keeps fleet and ledger over a kill; each of two clients sees what the other did, before and after', async () => {
  const first = spawned();
  const [one, two] = [clientOf(await first.url, 'one'), clientOf(await first.url, 'two')];
  const before = await machinesOf(one);
  const ref = refOf(before);
  const news = two.catalog.watch(ref.target, signal)[Symbol.asyncIterator]();
  const next = async () => ((await news.next()) as IteratorResult<CatalogNews, undefined>).value;
  while ((await next())?.is !== 'complete');
  await one.control.send(ref, 'power-off', token, signal);
  first.child.kill('SIGKILL'); // the moment it was answered
  await first.ended;
  const lost = (async () => {
    while (await next());
  })();
  await expect(lost).rejects.toMatchObject({ code: 'provider_unreachable' });
  await expect(one.control.send(ref, 'power-on', token, signal)).rejects.toMatchObject({ sent: 'no' });

  const second = spawned();
  const three = clientOf(await second.url, 'three');
  await three.standing;
  expect(await three.control.read(ref, signal)).toMatchObject({ power: 'poweredOff' });
  const off = ({ name }: { name: string }) => (name === 'pgtest1' ? { power: 'poweredOff' } : {});
  expect((await machinesOf(three)).machines).toEqual(before.machines.map((each) => ({ ...each, ...off(each) })));
  expect(ledger()).toMatchObject([{ n: 1, call: 'power-off', effective: true, answer: 'accepted', ...token }]);
  await three.control.send(ref, 'power-on', token, signal);
  expect(ledger()).toMatchObject([{ n: 1 }, { n: 2, call: 'power-on' }]);
}, 30_000);

it.each(['SIGTERM', 'SIGINT'] as const)(
  'ends at once with 0 by %s, whoever waits for it',
  async (name) => {
    const { child, ended, url } = spawned();
    const client = clientOf(await url, 'one');
    const { target } = await machinesOf(client);
    const news = client.catalog.watch(target, signal)[Symbol.asyncIterator]();
    while (((await news.next()) as IteratorResult<CatalogNews, undefined>).value?.is !== 'complete');
    const waiting = news.next().catch(() => {});
    const begun = performance.now();
    child.kill(name);
    expect(await ended).toBe(0);
    expect(performance.now() - begun).toBeLessThan(2_000);
    await waiting;
  },
  30_000,
);

it.each([
  ['the example of a token', { DROVER_SIMULATOR_TOKEN: 'env:T', T: 'change-me' }, /is empty or the example/],
  ['an empty token', { DROVER_SIMULATOR_TOKEN: 'env:T', T: '' }, /is empty or the example/],
  ['a directory that is none', { DROVER_DATA_DIR: '/proc/nothing' }, /DROVER_DATA_DIR cannot be used/],
])('does not start with %s', async (_what, more, sentence) => {
  const { ended, complained } = spawned(more);
  expect(await ended).toBe(1);
  expect(complained()).toMatch(sentence);
});

it('does not start on a directory that another process uses', async () => {
  await spawned().url;
  const { ended, complained } = spawned();
  expect(await ended).toBe(1);
  expect(complained()).toMatch(/is used by the process \d+/);
}, 30_000);

it('does not start on a port that is taken', async () => {
  const { port } = new URL(await spawned().url);
  const { ended, complained } = spawned({ DROVER_SIMULATOR_PORT: port, DROVER_DATA_DIR: join(dir, 'other') });
  expect(await ended).toBe(1);
  expect(complained()).toMatch(/DROVER_SIMULATOR_PORT is taken/);
}, 30_000);
