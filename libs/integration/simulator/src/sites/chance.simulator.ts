// Numbers that look random and are made from words. Never: a source of chance of the machine; a run could not be repeated.
import { hash } from 'node:crypto';

/** Words that chance begins with: the same words draw the same numbers, on every machine and for ever. */
export type Words = readonly (string | number)[];

/** Draws a number from 0 up to 1. */
export type Chance = () => number;

const digest = (words: Words) => hash('sha256', JSON.stringify(words), 'buffer');

/** Chance that is decided by its words: nothing in the simulator is random, so a run can be repeated. */
export const chanceOf = (...words: Words): Chance => {
  let block = digest(words);
  let [round, place] = [0, 0];
  return () => {
    if (place === block.length) [block, place] = [digest([...words, ++round]), 0];
    place += 4;
    return block.readUInt32BE(place - 4) / 2 ** 32;
  };
};

/** Picks one of several, by chance. */
export const pick = <T>(several: readonly [T, ...T[]], chance: Chance): T =>
  several[Math.floor(chance() * several.length)] ?? several[0];

/** The same things in another order. */
export const shuffled = <T>(things: readonly T[], chance: Chance): readonly T[] =>
  things
    .map((thing) => ({ thing, at: chance() }))
    .sort((a, b) => a.at - b.at)
    .map(({ thing }) => thing);

/** A UUID as a hypervisor makes it: a prefix of its own, no version digit. */
export const uuidOf = (prefix: string, ...words: Words) => {
  const hex = `${prefix}${digest(words).toString('hex', 0, 16)}`;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
};
