import type { Instant } from '@drover/kernel';
import type { Reading, StepFinished } from '../power.events.js';
import type { OpenOperation } from '../power.js';
import { toolsRun } from '../tools.js';

/** What went wrong with a call or a look, in the provider's words. */
export type Fault = { readonly code: string; readonly detail: string };

/** A step's end that says nothing but that it ended. */
export const blank = {
  code: null,
  detail: null,
  nextAttemptAt: null,
  power: null,
  tools: null,
  observedAt: null,
  bootAt: null,
};

/** A look, kept: what was read, or why nothing was. */
export const looked = (
  { op, looks, phase }: OpenOperation,
  reading: Reading | null,
  fault: Fault | null = null,
): readonly StepFinished[] => {
  if (!reading && !fault) return [];
  const about = { type: 'StepFinished', op, step: 'verify', attempt: looks + 1, ...blank } as const;
  if (!reading) return [{ ...about, outcome: 'failed', ...fault }];
  const { power, tools, observedAt, bootAt, uptimeSeconds, lastKnown, run, n } = reading;
  const more = {
    ...(uptimeSeconds !== null && { uptimeSeconds }),
    ...(lastKnown && { lastKnown: lastKnown.power }),
  };
  const found = { ...about, outcome: 'succeeded', power, tools, observedAt, bootAt, ...more, run, n } as const;
  return phase.is === 'waiting'
    ? [{ ...found, step: 'wait-tools', attempt: 1, outcome: toolsRun(tools) ? 'succeeded' : 'failed' }]
    : [found];
};

/** What was observed last within the operation: what was seen before it is not, and `run` is kept by its own looks only. */
export const last = ({ run, seen }: OpenOperation, reading: Reading | null) => {
  if (reading && reading.power !== 'unknown') return reading.power;
  return run && seen ? seen.power : 'unknown';
};

/** An attempt that nobody saw the end of: whoever made it is gone. */
export const abandoned = (power: OpenOperation, until: Instant | null): readonly StepFinished[] => {
  const { phase, op } = power;
  if (phase.is !== 'started' || phase.epoch >= power.epoch) return [];
  const { step, attempt } = phase;
  const why = {
    outcome: 'unknown',
    code: 'holder_lost',
    detail: 'Whoever made the call ended before its answer was recorded.',
  } as const;
  return [{ type: 'StepFinished', op, step, attempt, ...blank, ...why, nextAttemptAt: until }];
};
