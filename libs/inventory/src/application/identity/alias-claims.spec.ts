import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryEventStore } from '@drover/ports';
import { aliasHistories, troublesAfter } from './testing.js';

const memory = () => {
  const store = memoryEventStore();
  return { handle: () => store, close: async () => {} };
};

it('T-ALI-1: two processes that are killed anywhere leave no alias with two machines, and none that nobody can have', async () => {
  await fc.assert(
    fc.asyncProperty(aliasHistories(fc), async (steps) => {
      expect(await troublesAfter(memory, steps)).toEqual([]);
    }),
    { numRuns: 300 },
  );
}, 120_000);
