// Hundreds of requests while the process is killed again and again and answers are lost at the sites. Every request ends,
// nothing acts twice, and a stream that comes back misses nothing. Effects are counted in the ledger of the sites.
import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { hasEnded, type Operation, type Vm } from '@drover/contracts';
import { figure } from '../../../tools/faultbench/tier.ts';
import { surely, until } from './api.js';
import { startedHouse } from './house.js';
import { keptStream } from './live.js';
import { sitesOf, type SetFault } from './sites.js';
import type { StageVerb } from './stage.js';

const OPERATIONS = figure(300, 1_000);
const MACHINES = 50;
const CLIENTS = 8;
const KILLS = figure(12, 100);

/** What is asked of a machine, one after the other, so that each request has something to do: 40 %, 40 % and 20 %. */
const TURNS: readonly StageVerb[] = ['power-off', 'power-on', 'restart', 'power-off', 'power-on'];

/** Of how many requests of a kind one is done, and its site's answer is lost. */
const LOST: Readonly<Record<StageVerb, number>> = { 'power-off': 20, 'power-on': 20, restart: 5 };
/** Of how many restarts one is neither done nor answered, so that nothing can prove what became of it. */
const HUNG = 12;

/** The share of the requests that is done, each by one call that took effect; the kills may spoil the rest. */
const FLOOR = 0.95;

const bodies: Readonly<Record<StageVerb, (i: number) => object>> = {
  'power-off': (i) => ({ mode: i % 2 === 0 ? 'trySoft' : 'hard', timeoutSeconds: 60 }),
  'power-on': () => ({}),
  // With a reason, for the cool-down ends later than the story; a short time, for what nobody can prove ends with it.
  restart: () => ({ mode: 'hard', reason: 'it hangs', timeoutSeconds: 10 }),
};

it(
  `T-EFF-1, T-SSE-1: ${OPERATIONS} requests by ${CLIENTS} clients, killed ${KILLS} times, answers lost: each ends, none acts twice, the stream misses nothing`,
  async () => {
    await using house = await startedHouse({ DROVER_SIMULATOR_LATENCY: '0.2' });
    const api = house.api();
    const sites = sitesOf(house.dataDir);
    const stream = keptStream(house.url, api.authorization);
    // Ended with the story, however it ends: whoever waits for a house that is gone would wait for ever.
    await using running = new AsyncDisposableStack();
    running.defer(() => stream.end());
    await until(async () => stream.last(), Boolean);

    const machines = (await api.vms('?power=poweredOn&limit=200&sort=name')).body.items
      .filter(({ power }) => power.tools === 'toolsOk')
      .slice(0, MACHINES);
    expect(machines).toHaveLength(MACHINES);
    const operations = new Set<string>();
    const spoilt = { 'drop-response': new Set<string>(), hang: new Set<string>() };
    /** What goes wrong just now, by the machine. */
    const faults = new Map<string, readonly SetFault[]>();
    const asked: Record<StageVerb, number> = { 'power-off': 0, 'power-on': 0, restart: 0 };
    const over = new AbortController();
    let next = 0;
    const client = async () => {
      for (let i = next++; i < OPERATIONS; i = next++) {
        const vm = machines[i % MACHINES] as Vm;
        const verb = TURNS[Math.floor(i / MACHINES) % TURNS.length] as StageVerb;
        const nth = asked[verb]++;
        const hangs = verb === 'restart' && nth % HUNG === 1;
        const calls = verb === 'power-off' ? (['shutdown-guest', verb] as const) : [verb];
        const goesWrong = hangs ? 'hang' : nth % LOST[verb] === 0 ? 'drop-response' : null;
        faults.set(vm.id, goesWrong ? calls.map((call) => ({ vm: vm.id, call, do: goesWrong })) : []);
        sites.fail(...[...faults.values()].flat());
        const key = randomUUID();
        const path = `/api/v1/vms/${vm.id}/actions/${verb}`;
        const send = () => surely(() => api.post(path, bodies[verb](i), { 'idempotency-key': key }), over.signal);
        let answer = await send();
        while (answer.status === 409) {
          await new Promise((done) => setTimeout(done, 100));
          answer = await send();
        }
        expect(answer.status).toBe(202);
        const { id } = answer.body;
        operations.add(id);
        if (goesWrong) spoilt[goesWrong].add(id);
        await until(
          () => surely(() => api.operation(id), over.signal),
          ({ body }) => hasEnded(body),
          40_000,
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
      const due = (kills * OPERATIONS) / (KILLS + 1);
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
    expect(operations.size).toBe(OPERATIONS);

    const ends: Operation[] = [];
    for (const id of operations)
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

    const lines = sites.ledger();
    const calls = ({ id }: Operation) => lines.filter(({ operationId }) => operationId === id);
    const effects = (operation: Operation) => calls(operation).filter(({ effective }) => effective).length;
    expect(ends.filter((operation) => effects(operation) > 1)).toEqual([]);
    expect(lines.filter(({ operationId }) => operationId !== null && !operations.has(operationId))).toEqual([]);
    const done = ends.filter((operation) => operation.state === 'succeeded' && effects(operation) === 1);
    expect(done.length).toBeGreaterThanOrEqual((OPERATIONS - spoilt.hang.size) * FLOOR);
    // What was so already took no effect, and nothing else that succeeded took none.
    const idle = ends.filter((operation) => operation.state === 'succeeded' && effects(operation) === 0);
    expect(idle.filter(({ evidence }) => !evidence?.method?.startsWith('already'))).toEqual([]);

    /** Which call of an operation was the first that its site may have taken; -1: none. */
    const taken = (operation: Operation) =>
      calls(operation).findIndex(({ answer }) => answer === 'accepted' || answer === 'no_answer');
    const unanswered = ends.filter((operation) => calls(operation).some(({ answer }) => answer === 'no_answer'));
    expect(unanswered.length).toBeGreaterThanOrEqual((spoilt['drop-response'].size + spoilt.hang.size) * FLOOR);
    // Behind a restart that may have been taken nothing is sent, and what nobody can verify of it is unknown.
    const restarts = ends.filter(({ kind }) => kind === 'vm.restart');
    expect(restarts).toHaveLength(asked.restart);
    expect(restarts.filter((each) => taken(each) >= 0 && taken(each) < calls(each).length - 1)).toEqual([]);
    const verdicts = (of: readonly Operation[]) => [
      ...new Set(of.filter((each) => taken(each) >= 0).map(({ state }) => state)),
    ];
    expect(verdicts(restarts).filter((state) => state !== 'succeeded' && state !== 'unknown')).toEqual([]);
    expect(verdicts(restarts.filter(({ id }) => spoilt.hang.has(id)))).toEqual(['unknown']);

    const head = (await api.fleet()).body.position;
    await until(
      async () => stream.last(),
      (last) => last === head,
      20_000,
    );
    await stream.end();
    const events = await api.events();
    expect(stream.resets).toEqual([]);
    const heard = stream.facts.map(({ event }) => `${event.source} ${event.id}`);
    expect(new Set(heard).size).toBe(heard.length);
    const journal = events.map(({ source, id }) => `${source} ${id}`);
    const begin = journal.indexOf(heard[0] ?? '');
    expect(heard).toEqual(journal.slice(begin, begin + heard.length));
    expect(heard.length).toBeGreaterThan(OPERATIONS);
  },
  figure(400_000, 2_400_000), // at night it took 9 minutes on two busy cores
);
