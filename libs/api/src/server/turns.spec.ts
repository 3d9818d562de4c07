import { expect, it } from '@jest/globals';
import { turnsOf } from './turns.js';

/** Turns of a loop that turns by hand, on a clock that stands still unless work takes time. */
const open = (inFlight: number) => {
  let due: (() => void)[] = [];
  const clock = { ms: 0 };
  const turns = turnsOf({
    inFlight,
    soon: (call) => void due.push(call),
    later: (call) => void due.push(call),
    monotonic: () => clock.ms,
  });
  const begun: string[] = [];
  /** One turn of the loop. */
  const turn = () => {
    const now = due;
    due = [];
    for (const call of now) call();
  };
  const connection = (name: string, costMs = 0) => {
    const state = { clogged: false };
    const queue = turns.queueOf(() => state.clogged);
    const ask = (times = 1) =>
      Array.from({ length: times }, () =>
        queue.take(() => {
          begun.push(name);
          clock.ms += costMs;
        }),
      ).filter((taken) => !taken).length;
    return { ...queue, state, ask };
  };
  const settle = () => {
    while (due.length > 0) turn();
  };
  return { begun, clock, turn, settle, connection };
};

it('begins at once when nobody else is there', () => {
  const { begun, connection } = open(16);
  connection('a').ask();
  expect(begun).toEqual(['a']);
});

it('K11: works on so many of one connection, keeps 64 more, and refuses the rest', () => {
  const { begun, connection, settle } = open(16);
  const { ask, release } = connection('a');
  expect(ask(100)).toBe(100 - 16 - 64);
  settle();
  expect(begun).toHaveLength(16);
  release();
  settle();
  expect(begun).toHaveLength(17);
});

it('K11: serves the connections in turn, whoever came first', () => {
  const { begun, connection, settle } = open(16);
  const [a, b] = [connection('a'), connection('b')];
  a.ask(4);
  b.ask(4);
  settle();
  expect(begun.join('')).toBe('aabababb');
});

it('K11: lets in who asks one thing before the pipelines of fifty others', () => {
  const { begun, connection, turn } = open(16);
  for (let n = 0; n < 50; n++) connection('p', 20).ask(60);
  connection('one', 1).ask();
  turn();
  turn();
  turn();
  expect(begun.slice(0, 4)).toContain('one');
});

it('K11: gives the loop back after some milliseconds, however much waits', () => {
  const { begun, connection, turn } = open(16);
  for (let n = 0; n < 5; n++) connection('p', 20).ask(10);
  turn(); // from here on all stand in line
  const before = begun.length;
  turn();
  expect(begun.length - before).toBe(1);
  const quick = open(16);
  for (let n = 0; n < 40; n++) quick.connection('q').ask(2);
  quick.turn();
  const first = quick.begun.length;
  quick.turn();
  expect(quick.begun.length - first).toBe(16);
});

it('K11: begins nothing of a connection that does not read, until it has read', () => {
  const { begun, connection, settle } = open(16);
  const { ask, state, again } = connection('a');
  state.clogged = true;
  ask(3);
  settle();
  expect(begun).toEqual([]);
  state.clogged = false;
  again();
  settle();
  expect(begun).toEqual(['a', 'a', 'a']);
});

it('forgets what a connection that is gone still wanted', () => {
  const { begun, connection, settle } = open(1);
  const { ask, drop, release } = connection('a');
  ask(3);
  drop();
  release();
  settle();
  expect(begun).toEqual(['a']);
});
