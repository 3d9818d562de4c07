import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { hasEnded, type Fact, type Operation, type Page, type Vm } from '@drover/contracts';
import { until, type Api, type Answer } from './api.js';
import { startedHouse, type House } from './house.js';
import { keptStream } from './live.js';

const WISHES = 300;
const MACHINES = 50;
const CLIENTS = 8;
const KILLS = 12;

/** The share of the requests that is done, each by one call that took effect; the kills may spoil the rest. */
const FLOOR = 0.95;

interface Line {
  readonly call: string;
  /** null: not by Drover. */
  readonly operationId: string | null;
  readonly effective: boolean;
}

/** What the simulated provider was sent, from its own file: it outlives the house. */
const ledger = ({ dataDir }: House) =>
  readFileSync(join(dataDir, 'simulator', 'ledger.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** Sends until somebody answers: the same key each time, as a client should. It gives up when the story is over. */
const surely = async (send: () => Promise<Answer<Operation>>, over: AbortSignal) => {
  for (;;) {
    const answer = await send().catch(() => null);
    over.throwIfAborted();
    if (answer && answer.status !== 503) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
};

const allEvents = async (api: Api) => {
  const events: Fact[] = [];
  for (let after = ''; ;) {
    const { items, next } = (await api.get<Page<Fact>>(`/api/v1/events?limit=200${after}`)).body;
    events.push(...items);
    if (items.length === 0) return events;
    after = `&after=${next ?? items.at(-1)?.position ?? ''}`;
  }
};

it('T-EFF-1, T-SSE-1: 300 wishes by 8 clients, killed 10 times: each ends, none acts twice, the stream misses nothing', async () => {
  await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0.2' });
  const api = house.api();
  const stream = keptStream(house.url, api.authorization);
  // Ended with the story, however it ends: whoever waits for a house that is gone would wait for ever.
  await using running = new AsyncDisposableStack();
  running.defer(() => stream.end());
  await until(async () => stream.last(), Boolean);

  const machines = (await api.vms('?power=poweredOn&limit=200&sort=name')).body.items
    .filter(({ power }) => power.tools === 'toolsOk')
    .slice(0, MACHINES);
  expect(machines).toHaveLength(MACHINES);
  const operations = new Map<string, Vm>();
  const over = new AbortController();
  let next = 0;
  const client = async () => {
    for (let i = next++; i < WISHES; i = next++) {
      // Off and on in turns, so that each request has something to do.
      const [vm, turn] = [machines[i % MACHINES] as Vm, Math.floor(i / MACHINES)];
      const verb = turn % 2 === 0 ? 'power-off' : 'power-on';
      const body = verb === 'power-on' ? {} : { mode: i % 2 === 0 ? 'trySoft' : 'hard', timeoutSeconds: 60 };
      const key = randomUUID();
      const path = `/api/v1/vms/${vm.id}/actions/${verb}`;
      let answer = await surely(() => api.post(path, body, { 'idempotency-key': key }), over.signal);
      while (answer.status === 409) {
        await new Promise((done) => setTimeout(done, 100));
        answer = await surely(() => api.post(path, body, { 'idempotency-key': key }), over.signal);
      }
      expect(answer.status).toBe(202);
      const { id } = answer.body;
      operations.set(id, vm);
      await until(
        () => surely(() => api.operation(id), over.signal),
        ({ body: { state } }) => state !== 'running' && state !== 'queued',
      );
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  running.defer(async () => {
    over.abort(new Error('the story is over'));
    await clients.catch(() => undefined);
  });
  // One client that fails fails the story at once: the kills are paced by what is accepted, and would wait for it.
  const meanwhile = <Value>(work: Promise<Value>) => Promise.race([work, clients.then(() => work)]);

  // Paced by what was accepted, so that every kill falls into work, on a fast machine as on a slow one.
  for (let kills = 1; kills <= KILLS; kills++) {
    const due = (kills * WISHES) / (KILLS + 1);
    await meanwhile(
      until(
        async () => operations.size,
        (accepted) => over.signal.aborted || accepted >= due, // else a story that failed would not exit for a minute
        60_000,
      ),
    );
    expect(operations.size).toBeGreaterThanOrEqual(due);
    await house.kill();
    await house.start();
  }
  await clients;
  expect(operations.size).toBe(WISHES);

  const ends: Operation[] = [];
  for (const id of operations.keys())
    ends.push(
      (
        await until(
          () => api.operation(id),
          ({ body }) => hasEnded(body),
          120_000,
        )
      ).body,
    );
  expect(ends.filter((operation) => !hasEnded(operation))).toEqual([]);

  const lines = ledger(house);
  const effects = ({ id }: Operation) =>
    lines.filter(({ operationId, effective }) => operationId === id && effective).length;
  expect(ends.filter((operation) => effects(operation) > 1)).toEqual([]);
  expect(lines.filter(({ operationId }) => operationId !== null && !operations.has(operationId))).toEqual([]);
  const done = ends.filter((operation) => operation.state === 'succeeded' && effects(operation) === 1);
  expect(done.length).toBeGreaterThanOrEqual(WISHES * FLOOR);
  // What was so already took no effect, and nothing else that succeeded took none.
  const idle = ends.filter((operation) => operation.state === 'succeeded' && effects(operation) === 0);
  expect(idle.filter(({ evidence }) => !evidence?.method?.startsWith('already'))).toEqual([]);

  const head = (await api.fleet()).body.position;
  await until(
    async () => stream.last(),
    (last) => last === head,
    20_000,
  );
  await stream.end();
  const events = await allEvents(api);
  expect(stream.resets).toEqual([]);
  const heard = stream.facts.map(({ event }) => `${event.source} ${event.id}`);
  expect(new Set(heard).size).toBe(heard.length);
  const journal = events.map(({ source, id }) => `${source} ${id}`);
  const begin = journal.indexOf(heard[0] ?? '');
  expect(heard).toEqual(journal.slice(begin, begin + heard.length));
  expect(heard.length).toBeGreaterThan(WISHES);
}, 400_000);
