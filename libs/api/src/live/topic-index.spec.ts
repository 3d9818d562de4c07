import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { topicIndex } from './topic-index.js';
import { heapUsed } from './testing.js';

const word = fc.constantFrom('a', 'ab', 'abc', 'b');
const topics = fc.array(
  fc.oneof(
    word,
    word.map((each) => `${each}*`),
  ),
  { maxLength: 3 },
);
const fits = (topic: string, had: string) =>
  had === topic || (topic.endsWith('*') && had.startsWith(topic.slice(0, -1)));
const wants = (wanted: readonly string[], had: readonly string[]) =>
  wanted.some((topic) => had.some((each) => fits(topic, each)));

it('finds exactly whom a look at everybody would find, also after some have left', () => {
  fc.assert(
    fc.property(fc.array(topics, { maxLength: 8 }), fc.array(word, { maxLength: 3 }), fc.nat(7), (all, had, gone) => {
      const index = topicIndex<number>();
      all.forEach((wanted, who) => index.add(wanted, who));
      index.remove(all[gone] ?? [], gone);
      const expected = all.flatMap((wanted, who) => (who !== gone && wants(wanted, had) ? [who] : []));
      expect([...index.of(had)].sort()).toEqual(expected);
    }),
  );
});

it('takes leave of somebody who never came', () => {
  const index = topicIndex<number>();
  index.add(['a'], 1);
  index.remove(['a', 'b'], 2);
  expect([...index.of(['a', 'b'])]).toEqual([1]);
});

it('keeps nothing of who has left', () => {
  const index = topicIndex<object>();
  const come = (count: number) => {
    for (let n = 0; n < count; n++) {
      const [topics, who] = [[`vm-${n}`, `vm-${n}*`], {}];
      index.add(topics, who);
      index.remove(topics, who);
    }
    return heapUsed();
  };
  const before = come(1000);
  expect(come(200_000) - before).toBeLessThan(5 * 1024 * 1024); // a name for each would be three times that
});
