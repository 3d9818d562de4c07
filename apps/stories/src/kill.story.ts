import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { hasEnded, type Fact, type Operation, type Page, type Vm } from '@drover/contracts';
import { until, type Api, type Answer } from './api.js';
import { startedHouse, type House } from './house.js';
import { keptStream } from './live.js';

const WISHES = 300;
const CLIENTS = 8;
const KILLS = 12;

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

/** Sends until somebody answers: the same key each time, as a client should. */
const surely = async (send: () => Promise<Answer<Operation>>) => {
  for (;;) {
    const answer = await send().catch(() => null);
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
  await until(async () => stream.last(), Boolean);

  const usable = (await api.vms('?power=poweredOn,poweredOff&limit=200&sort=name')).body.items.filter(
    ({ power }) => power.tools === 'toolsOk',
  );
  const operations = new Map<string, Vm>();
  let next = 0;
  const client = async () => {
    for (let i = next++; i < WISHES; i = next++) {
      const vm = usable[i % usable.length] as Vm;
      const body = [{ mode: 'trySoft', timeoutSeconds: 30 }, {}, { mode: 'hard' }][i % 3];
      const verb = i % 3 === 1 ? 'power-on' : 'power-off';
      const key = randomUUID();
      const path = `/api/v1/vms/${vm.id}/actions/${verb}`;
      let answer = await surely(() => api.post(path, body, { 'idempotency-key': key }));
      while (answer.status === 409) {
        await new Promise((done) => setTimeout(done, 100));
        answer = await surely(() => api.post(path, body, { 'idempotency-key': key }));
      }
      expect(answer.status).toBe(202);
      const { id } = answer.body;
      operations.set(id, vm);
      await until(
        () => surely(() => api.operation(id)),
        ({ body: { state } }) => state !== 'running' && state !== 'queued',
      );
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));

  // Paced by what was accepted, so that every kill falls into work, on a fast machine as on a slow one.
  for (let kills = 1; kills <= KILLS; kills++) {
    const due = (kills * WISHES) / (KILLS + 1);
    await until(
      async () => operations.size,
      (accepted) => accepted >= due,
      60_000,
    );
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
  for (const { id } of ends) {
    const effective = lines.filter(({ operationId, effective: did }) => operationId === id && did);
    expect(effective.length).toBeLessThanOrEqual(1);
  }
  expect(lines.filter(({ operationId }) => operationId !== null && !operations.has(operationId))).toEqual([]);
  for (const { id, state, evidence } of ends)
    if (state === 'succeeded' && !evidence?.method?.startsWith('already'))
      expect(lines.some(({ operationId }) => operationId === id)).toBe(true);

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
