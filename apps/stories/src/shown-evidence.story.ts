// The evidence that the first page shows is that of a real power-off: the guest says yes and does not stop, and is forced.
import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import type { Evidence } from '@drover/contracts';
import { within } from './house.js';
import { openStage } from './stage.js';

const page = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
const [, printed = ''] = /```json\n(\{\n {2}"method"[\s\S]*?)```/.exec(page) ?? [];
const shown = JSON.parse(printed.replaceAll(', …', '')) as Evidence;

/** What stays the same however long it takes: times are told apart only by whether there is one. */
const likeness = ({ attempts, durationSeconds, verifiedAt, ...evidence }: Evidence) => ({
  ...evidence,
  attempts: attempts.map(({ step, attempt, outcome }) => ({ step, attempt, outcome })),
  observations: evidence.observations.map(({ at: _, ...seen }) => seen),
  took: typeof durationSeconds,
  verified: verifiedAt === evidence.observations.at(-1)?.at,
});

it(
  'README.md shows the evidence of a power-off whose guest does not stop, as one has it',
  async () => {
    const stage = await openStage();
    await using house = stage.house;
    const vm = stage.machine();
    await stage.others({ vm: vm.id, do: 'guest', obeys: false });
    const request = { mode: 'trySoft', timeoutSeconds: 15 };
    const { state, evidence } = await stage.done(vm, 'power-off', request);
    expect(state).toBe('succeeded');
    expect(house.complaints()).not.toContain('"level":"error"');
    expect(likeness(evidence as Evidence)).toEqual(likeness(shown));
  },
  within,
);
