import { expect, it } from '@jest/globals';
import { Instant, OperationId, VmId } from '@drover/kernel';
import { powerDecider as d } from './power.decider.js';
import type { RequestPower } from './power-request.js';
import type { PowerFact } from './power.events.js';

const at = Instant.parse('2026-11-20T10:00:00Z');
const ask: RequestPower = {
  ...{ type: 'RequestPower', vmId: VmId.create(), name: 'web-01', deadline: Instant.plusSeconds(at, 300) },
  request: { kind: 'power-off', mode: 'soft', gracefulUntil: null },
  ...{ bulkId: null, view: null, reasoned: false, failedPrecondition: null, spent: OperationId.spent(1) },
};
/** The number that is given after an operation of this number, which was cancelled. */
const given = (op: number | null) => {
  const asked = {
    mode: 'soft',
    deadline: ask.deadline,
    gracefulUntil: null,
    scheduleId: null,
    bulkId: null,
    runId: null,
  } as const;
  const past: PowerFact[] =
    op === null
      ? []
      : [
          { type: 'PowerOffRequested', op, ...asked },
          { type: 'PowerOperationCancelled', op, step: 'graceful' },
        ];
  return d.decide(ask, past.reduce(d.evolve, d.initial));
};

it('K29: after an accepted loss no number of an operation is given twice', () => {
  expect(given(null)).toMatchObject([{ op: 1_000_001 }]);
  expect(given(5)).toMatchObject([{ op: 1_000_001 }]);
  expect(given(1_000_007)).toMatchObject([{ op: 1_000_008 }]);
});
