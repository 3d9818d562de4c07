import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { Instant, type Mode } from '@drover/kernel';
import { gracefulShare, requestAt } from './power-request.events.js';

const golden = JSON.parse(
  readFileSync(new URL('../../../contracts/golden/cases.power-method.json', import.meta.url), 'utf8'),
) as { grace_seconds: { timeout: number; grace: number }[] };

const at = Instant.parse('2026-11-20T10:00:00Z');
const later = (seconds: number) => Instant.plusSeconds(at, seconds);
const asking = { timeoutSeconds: 300, waitForTools: false } as const;

it.each(golden.grace_seconds)('leaves the guest $grace of $timeout seconds', ({ timeout, grace }) =>
  expect(gracefulShare(timeout)).toBeCloseTo(grace),
);

it('the guest has a share only where force comes after it', () => {
  const share = (mode: Mode) => requestAt({ action: 'power-off', mode, ...asking }, at).request;
  expect(share('trySoft')).toMatchObject({ gracefulUntil: later(240) });
  for (const mode of ['soft', 'hard'] as const) expect(share(mode)).toMatchObject({ gracefulUntil: null });
});

it('what is asked of many is the same request for each of them', () => {
  const deadline = later(300);
  expect(requestAt({ action: 'power-on', mode: null, ...asking, waitForTools: true }, at)).toEqual({
    ...{ deadline, request: { kind: 'power-on', waitForTools: true } },
  });
  expect(requestAt({ action: 'power-off', mode: 'trySoft', ...asking }, at)).toEqual({
    ...{ deadline, request: { kind: 'power-off', mode: 'trySoft', gracefulUntil: later(240) } },
  });
  expect(requestAt({ action: 'restart', mode: 'hard', ...asking }, at)).toEqual({
    ...{ deadline, request: { kind: 'restart', mode: 'hard' } },
  });
});
