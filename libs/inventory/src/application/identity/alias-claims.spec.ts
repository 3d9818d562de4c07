import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryEventStore, type Draft, type EventStore } from '@drover/ports';
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

/** Wrong on purpose: its processes believe that they have stored what it drops. */
const dropping = (drops: (draft: Draft) => boolean) => () => {
  const store = memoryEventStore();
  const append: EventStore['append'] = async (draft) =>
    drops(draft) ? { ...draft, position: 0, prevHash: '' } : store.append(draft);
  const handle = (): EventStore => ({ ...store, append });
  return { handle, close: async () => {} };
};

it.each([
  ['claim nothing', dropping(({ stream }) => stream.startsWith('alias-'))],
  ['merge nothing', dropping(({ facts }) => facts.some(({ fact }) => fact.type === 'VmMerged'))],
])(
  'T-ALI-1 turns red for processes that %s',
  async (_how, open) => {
    const history = fc.asyncProperty(aliasHistories(fc), async (steps) => {
      expect(await troublesAfter(open, steps)).toEqual([]);
    });
    const { failed } = await fc.check(history, { numRuns: 300, endOnFailure: true, seed: 7 });
    expect(failed).toBe(true);
  },
  120_000,
);
