import { expect, it } from '@jest/globals';
import { keyedMutex } from './keyed-mutex.js';

const open = () => {
  const inTurn = keyedMutex();
  const said: string[] = [];
  const ends = new Map<string, () => void>();
  /** Something that says when it begins, and ends when it is told to. */
  const act = (name: string, ...keys: readonly string[]) =>
    inTurn(keys, async () => {
      said.push(name);
      await new Promise<void>((done) => ends.set(name, done));
      return name;
    });
  const begun = () => new Promise<void>((next) => setImmediate(next));
  const end = (name: string) => {
    ends.get(name)?.();
    return begun();
  };
  return { inTurn, said, act, begun, end };
};

it('one key is one turn after the other; another key waits for nobody', async () => {
  const { said, act, begun, end } = open();
  const done = Promise.all([act('one', 'a'), act('two', 'a'), act('three', 'b')]);
  await begun();
  expect(said).toEqual(['one', 'three']);
  await end('one');
  expect(said).toEqual(['one', 'three', 'two']);
  await end('two');
  await end('three');
  expect(await done).toEqual(['one', 'two', 'three']);
});

it('who has several keys waits for all of them, in whatever order they are named', async () => {
  const { said, act, begun, end } = open();
  const done = Promise.all([act('one', 'a'), act('two', 'b'), act('three', 'b', 'a'), act('four', 'a', 'b')]);
  await begun();
  await end('one');
  expect(said).toEqual(['one', 'two']);
  await end('two');
  await end('three');
  expect(said).toEqual(['one', 'two', 'three', 'four']);
  await end('four');
  await done;
});

it('a turn that fails ends like any other', async () => {
  const { inTurn } = open();
  await expect(inTurn(['a'], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await inTurn(['a'], async () => 'next')).toBe('next');
});
