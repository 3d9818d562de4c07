import { GuestTools, type Instant } from '@drover/kernel';
import type { Proof, Reading, Verdict } from './power.events.js';
import { lastCall, mayHaveActed, type OpenOperation } from './power.js';
import type { PowerRequest } from './power-verbs.js';
import { toolsRun } from './tools.js';

/** Without tools before the start there are none to wait for; a machine that was on already is not waited for. */
const waitsForTools = ({ request, before, phase }: OpenOperation) =>
  request.kind === 'power-on' && request.waitForTools && phase.is !== 'asked' && before?.tools !== GuestTools.absent;

/** Both by the provider's clock: it is never compared with ours. */
const bootedSince = (earlier: Instant | null, { bootAt }: Reading) =>
  earlier !== null && bootAt !== null && bootAt > earlier;

/** By what a reading proves a restart that was sent, or may have been; null when it proves none. */
export const restartProof = (power: OpenOperation, reading: Reading): Proof | null => {
  const { runBefore, phase, toolsAway } = power;
  if (reading.power !== 'poweredOn' || !mayHaveActed(power)) return null;
  if (bootedSince(runBefore?.bootAt ?? null, reading)) return 'boot';
  const [before, now] = [runBefore?.uptimeSeconds ?? null, reading.uptimeSeconds];
  if (before !== null && now !== null && now < before) return 'uptime';
  const call = lastCall(power);
  if (call === 'forced' && phase.is === 'sent' && phase.task !== null) return 'task';
  return call === 'graceful' && toolsAway && toolsRun(reading.tools) ? 'tools' : null;
};

/** Whether a reading proves that the request came true. */
export const proves = (power: OpenOperation, reading: Reading): boolean => {
  switch (power.request.kind) {
    case 'power-off':
      return reading.power === 'poweredOff';
    case 'power-on':
      return reading.power === 'poweredOn' && (!waitsForTools(power) || toolsRun(reading.tools));
    case 'restart':
      return restartProof(power, reading) !== null;
  }
};

/** What the verification of a restart rests on. */
const evidenceOf = (power: OpenOperation, reading: Reading) => {
  const [proof, { phase }, { bootAt, uptimeSeconds }] = [restartProof(power, reading), power, reading];
  return {
    ...(proof !== null && { proof }),
    ...(phase.is === 'sent' && phase.task !== null && { task: phase.task }),
    ...(bootAt !== null && { bootAt }),
    ...(uptimeSeconds !== null && { uptimeSeconds }),
  };
};

/** The wanted state was read: what is recorded of that, and of how it came about. */
export const verdictOf = (power: OpenOperation, op: number, reading: Reading, durationSeconds: number): Verdict => {
  const { request } = power;
  const acted = lastCall(power);
  const { observedAt, tools, run, n } = reading;
  const done = { op, durationSeconds, observedAt, run, n };
  const previousState = power.before?.power ?? reading.power;
  const way = acted === 'graceful' ? 'graceful' : 'forced';
  const verdicts = {
    'power-off': { type: 'VmPoweredOff', ...done, method: acted === null ? 'already-off' : way, previousState },
    'power-on': { type: 'VmPoweredOn', ...done, previousState, tools },
    restart: { type: 'VmRestarted', ...done, method: way, ...evidenceOf(power, reading) },
  } satisfies Record<PowerRequest['kind'], Verdict>;
  return verdicts[request.kind];
};

/** On, and what is missing are the tools. */
export const lacksTools = (power: OpenOperation, reading: Reading) =>
  power.request.kind === 'power-on' &&
  reading.power === 'poweredOn' &&
  waitsForTools(power) &&
  !toolsRun(reading.tools);

/**
 * Whether a machine that is on may go off yet, because a request that was cancelled has asked its guest to. It cannot
 * any more once it was seen off, or has booted anew.
 */
export const mayStillStop = ({ request, earlier, phase }: OpenOperation, reading: Reading, now: Instant) =>
  request.kind === 'power-on' &&
  reading.power === 'poweredOn' &&
  phase.is === 'asked' &&
  earlier !== null &&
  now < earlier.until &&
  !bootedSince(earlier.bootAt, reading);
