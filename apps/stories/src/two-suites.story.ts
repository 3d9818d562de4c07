// Two suites on one data directory, each killed ten times: whoever lives takes over, every request ends, nothing acts twice,
// and a stream that moves between them misses nothing.
import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { hasEnded, type Operation, type Vm } from '@drover/contracts';
import { figure } from '../../../tools/faultbench/tier.ts';
import { surely, until } from './api.js';
import { openHouse } from './house.js';
import { keptStream } from './live.js';
import { sharedSites } from './shared-sites.js';
import { sitesOf } from './sites.js';

const OPERATIONS = figure(300, 1_000);
const MACHINES = 50;
const CLIENTS = 8;
/** How often each suite is killed; they take turns. */
const KILLS = 10;
/** How long a suite may be silent before the other takes over what it held. */
const LEASE_SECONDS = 3;
/** Between two kills, so that the one that lives sees the other die: without it nobody lives long enough to go on. */
const PAUSE_MS = 2_000 * LEASE_SECONDS;

/** Two suites that run on one directory and one simulator, each with the whole fleet. */
const startedSuites = async (left: AsyncDisposableStack) => {
  const { dataDir, settings } = await sharedSites(left, LEASE_SECONDS);
  const houses = [left.use(await openHouse(settings)), left.use(await openHouse(settings))] as const;
  await Promise.all(houses.map((house) => house.start()));
  for (const house of houses)
    await until(
      () => house.api().fleet(),
      ({ body }) => body.total === 200 && body.complete,
      30_000,
    );
  return { dataDir, houses };
};

it(
  `T-EFF-1, T-SSE-1: ${OPERATIONS} requests of ${CLIENTS} clients at two suites, each killed ${KILLS} times: each ends, none acts twice, a stream that moves misses nothing`,
  async () => {
    await using left = new AsyncDisposableStack();
    const { dataDir, houses } = await startedSuites(left);
    const apis = [houses[0].api(), houses[1].api()] as const;
    const stream = keptStream([houses[0].url, houses[1].url], apis[0].authorization);
    left.defer(() => stream.end());
    await until(async () => stream.last(), Boolean);

    const machines = (await apis[0].vms('?power=poweredOn&limit=200&sort=name')).body.items
      .filter(({ power }) => power.tools === 'toolsOk')
      .slice(0, MACHINES);
    expect(machines).toHaveLength(MACHINES);
    // What acts reads for itself, behind what lists.
    for (const api of apis)
      await until(
        async () =>
          Promise.all(
            machines.map(async ({ id }) => (await api.post(`/api/v1/vms/${id}/actions/power-off?dryRun=true`)).status),
          ),
        (statuses) => !statuses.includes(404),
      );
    const over = new AbortController();
    const accepted: string[] = [];
    /** Each question goes to the suites in turn, so what one was told the other answers for. */
    let turn = 0;
    const either = () => apis[turn++ % 2 === 0 ? 0 : 1];
    let next = 0;
    const client = async () => {
      for (let i = next++; i < OPERATIONS; i = next++) {
        const { id: vmId } = machines[i % MACHINES] as Vm;
        const off = Math.floor(i / MACHINES) % 2 === 0;
        const path = `/api/v1/vms/${vmId}/actions/${off ? 'power-off' : 'power-on'}`;
        const key = randomUUID();
        const send = () =>
          surely(
            () => either().post(path, off ? { mode: 'trySoft', timeoutSeconds: 60 } : {}, { 'idempotency-key': key }),
            over.signal,
          );
        let answer = await send();
        while (answer.status === 409) {
          await new Promise((done) => setTimeout(done, 100));
          answer = await send();
        }
        expect(answer.status).toBe(202);
        const { id } = answer.body;
        accepted.push(id);
        await until(
          () => surely(() => either().operation(id), over.signal),
          ({ body }) => hasEnded(body),
          40_000,
        );
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, client));
    left.defer(async () => {
      over.abort(new Error('the story is over'));
      await clients.catch(() => undefined);
    });
    const meanwhile = <Value>(work: Promise<Value>) => Promise.race([work, clients.then(() => work)]);
    for (let kills = 1; kills <= 2 * KILLS; kills++) {
      const due = (kills * OPERATIONS) / (2 * KILLS + 1);
      await meanwhile(
        until(
          async () => accepted.length,
          (count) => over.signal.aborted || count >= due,
          60_000,
        ),
      );
      expect(accepted.length).toBeGreaterThanOrEqual(due);
      const victim = houses[kills % 2 === 0 ? 0 : 1];
      await victim.kill();
      stream.cut();
      await victim.start();
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
    await clients;
    expect(new Set(accepted).size).toBe(OPERATIONS);

    const ends: Operation[] = [];
    for (const id of accepted)
      ends.push(
        (
          await until(
            () => either().operation(id),
            ({ body }) => hasEnded(body),
            120_000,
          )
        ).body,
      );
    expect(ends.filter(({ state }) => state !== 'succeeded')).toEqual([]);
    const lines = sitesOf(dataDir).ledger();
    const effects = ({ id }: Operation) => lines.filter((line) => line.operationId === id && line.effective).length;
    expect(ends.filter((operation) => effects(operation) > 1)).toEqual([]);
    const idle = ends.filter((operation) => effects(operation) === 0);
    expect(idle.filter(({ evidence }) => !evidence?.method?.startsWith('already'))).toEqual([]);

    // Both tell the same, and so does the stream that moved between them.
    const journals = await until(
      async () => ({ events: [await apis[0].events(), await apis[1].events()] as const, last: stream.last() }),
      ({ events: [one, other], last }) => one.length === other.length && last === one.at(-1)?.position,
    );
    await stream.end();
    expect(stream.resets).toEqual([]);
    const [one, other] = journals.events;
    expect(other).toEqual(one);
    const heard = stream.facts.map(({ event }) => `${event.source} ${event.id}`);
    const journal = one.map(({ source, id }) => `${source} ${id}`);
    const begin = journal.indexOf(heard[0] ?? '');
    expect(heard).toEqual(journal.slice(begin));
    expect(heard.length).toBeGreaterThan(OPERATIONS);
  },
  figure(400_000, 2_400_000),
);
