import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { isRejection, type Mode, type Tools } from '@drover/kernel';
import { problems } from '@drover/contracts';
import { againstMatrix, gracefulShare, wayBack, wayOff } from './way.js';

const golden = JSON.parse(
  readFileSync(new URL('../../../contracts/golden/cases.power-method.json', import.meta.url), 'utf8'),
) as {
  rows: { tools_status: Tools; mode: Mode; steps?: string[]; refused?: number }[];
  grace_seconds: { timeout: number; grace: number }[];
};

it.each(golden.rows)('T20: $mode with $tools_status', ({ mode, tools_status: tools, steps, refused }) => {
  const way = wayOff(mode, { power: 'poweredOn', tools });
  if (refused) expect(isRejection(way) && problems[way.rejected][0]).toBe(refused);
  else expect(way).toBe(steps?.[0]);
  expect(wayBack(mode, { power: 'poweredOn', tools })).toEqual(way);
});

it.each(golden.grace_seconds)('leaves the guest $grace of $timeout seconds', ({ timeout, grace }) =>
  expect(gracefulShare(timeout)).toBeCloseTo(grace),
);

it('a suspended machine is switched off hard only', () => {
  const suspended = { power: 'suspended', tools: 'toolsOk' } as const;
  expect(wayOff('hard', suspended)).toBe('forced');
  for (const mode of ['soft', 'trySoft'] as const)
    expect(wayOff(mode, suspended)).toMatchObject({ rejected: 'vm_suspended' });
});

it.each(['soft', 'trySoft', 'hard'] as const)('only what runs is restarted (%s)', (mode) => {
  expect(wayBack(mode, { power: 'poweredOff', tools: 'toolsOk' })).toMatchObject({ rejected: 'vm_not_ready' });
  expect(wayBack(mode, { power: 'suspended', tools: 'toolsOk' })).toMatchObject({ rejected: 'vm_suspended' });
});

it.each([
  [
    { kind: 'power-on', waitForTools: true },
    { power: 'suspended', tools: 'unknown' },
  ],
  [
    { kind: 'power-off', mode: 'soft', gracefulUntil: null },
    { power: 'poweredOff', tools: 'unknown' },
  ],
  [
    { kind: 'restart', mode: 'soft' },
    { power: 'unknown', tools: 'unknown' },
  ],
] as const)('what the last observation does not settle, the fresh look will (%j)', (wish, seen) =>
  expect(againstMatrix(wish, seen)).toBeNull(),
);
