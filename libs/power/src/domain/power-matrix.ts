import {
  assertNever,
  GuestTools,
  reject,
  type Instant,
  type Mode,
  type Rejection,
  type Seen,
  type Tools,
} from '@drover/kernel';
import { lastCall, mayHaveActed, type OpenOperation } from './power.js';
import type { Call, Proof, Reading } from './steps.js';

/** Why a request is against the matrix. */
export type MatrixRefusal =
  'vm_suspended' | 'vm_not_ready' | 'tools_status_unknown' | 'graceful_shutdown_not_possible' | 'wrong_state';

/** What a decision on a step looks at. */
export type Judged = Pick<Seen, 'power' | 'tools'> & { readonly template?: boolean };

/** What a view says of a machine. `connectionState`: how its provider reaches it, when it does not. */
export type Viewed = Judged & { readonly connectionState?: string };

/** A step that may be begun, or why nothing may be sent. */
export type FirstStep = Call | Rejection<MatrixRefusal>;

/** Whether the guest can be asked, and a wait for tools is over. */
export const toolsRun = (tools: Tools) => tools === GuestTools.running || tools === GuestTools.outdated;

/** Whether they were read as not running; `unknown` is never taken for that. */
export const toolsStopped = (tools: Tools) => tools === GuestTools.stopped || tools === GuestTools.absent;

/** Mode × tools, for a machine that can be switched either way. */
export const byTools = (mode: Mode, tools: Tools): FirstStep => {
  if (mode === 'hard') return 'forced';
  switch (tools) {
    case GuestTools.running:
    case GuestTools.outdated:
      return 'graceful';
    case GuestTools.stopped:
    case GuestTools.absent:
      return mode === 'trySoft'
        ? 'forced'
        : reject(
            'graceful_shutdown_not_possible',
            `The guest tools do not run (${tools}), so the guest cannot be asked.`,
          );
    case 'unknown':
      return reject('tools_status_unknown', 'It is not known whether the guest can be asked.');
    default:
      return assertNever(tools);
  }
};

/** Without tools before the start there are none to wait for; a machine that was on already is not waited for. */
export const waitsForTools = ({ request, before, phase }: OpenOperation) =>
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

/** What the verification of a restart rests on. */
export const restartEvidence = (power: OpenOperation, reading: Reading) => {
  const [proof, { phase }, { bootAt, uptimeSeconds }] = [restartProof(power, reading), power, reading];
  return {
    ...(proof !== null && { proof }),
    ...(phase.is === 'sent' && phase.task !== null && { task: phase.task }),
    ...(bootAt !== null && { bootAt }),
    ...(uptimeSeconds !== null && { uptimeSeconds }),
  };
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
