import { expect, it } from '@jest/globals';
import { replaySlots } from './replay-slots.js';

const settle = async () => {
  for (let n = 0; n < 10; n++) await Promise.resolve();
};

/** Streams by name, and those that may replay. */
const open = () => {
  const slots = replaySlots(2);
  const may: string[] = [];
  const enter = (principal: string, name: string) => {
    const slot = slots.of(principal);
    const take = () => slot.take().then(() => void may.push(name));
    void take();
    return { ...slot, again: take };
  };
  return { enter, may };
};

it('K36: lets two of a principal replay at once, the others in the order in which they came', async () => {
  const { enter, may } = open();
  const [a, b] = [enter('ana', 'a'), enter('ana', 'b'), enter('ana', 'c'), enter('ana', 'd'), enter('ben', 'x')];
  await settle();
  expect(may).toEqual(['a', 'b', 'x']);
  b?.leave();
  await settle();
  expect(may).toEqual(['a', 'b', 'x', 'c']);
  a?.leave();
  a?.leave();
  await settle();
  expect(may).toEqual(['a', 'b', 'x', 'c', 'd']);
});

it('passes over who has left the line, and does not wait for it', async () => {
  const { enter, may } = open();
  const [a, , c] = [enter('ana', 'a'), enter('ana', 'b'), enter('ana', 'c'), enter('ana', 'd')];
  c?.leave();
  await settle();
  may.length = 0;
  a?.leave();
  await settle();
  expect(may).toEqual(['d']);
});

it('puts who gave its right away at the end of the line, and asks nobody twice who has it', async () => {
  const { enter, may } = open();
  const [a] = [enter('ana', 'a'), enter('ana', 'b'), enter('ana', 'c')];
  await settle();
  await a?.again();
  expect(may).toEqual(['a', 'b', 'a']);
  a?.leave();
  const back = a?.again();
  await settle();
  expect(may).toEqual(['a', 'b', 'a', 'c']);
  a?.leave();
  await back;
});
