// How long the policy waits: for a provider, before a step is tried again, before the next look. All of it in an operation's
// own time (`operation-time.ts`). Never: a wait past the next moment at which something is to be decided.
import { Instant } from '@drover/kernel';
import { moments, passing, PROOF_SECONDS } from '../../domain/next-step.js';
import type { Fault } from '../../domain/power-work.js';
import { isSentOnce } from '../../domain/power-verbs.js';
import type { OpenOperation } from '../../domain/power.js';
import type { InOwnTime } from './operation-time.js';

/** The bounds of a wait, in milliseconds. */
interface WaitBounds {
  readonly least: number;
  readonly most: number;
}

/** How long until each moment that is still to come. */
const ahead = (power: OpenOperation, now: Instant) =>
  moments(power)
    .map((moment) => Instant.msBetween(now, moment))
    .filter((ms) => ms > 0);

/** How long until something must be decided; not so short that a provider that is well could not answer. */
export const untilNext = (power: OpenOperation, now: Instant, { least, most }: WaitBounds) =>
  now >= power.deadline ? least : Math.max(least, Math.min(most, ...ahead(power, now)));

/** From 0.25 s to 2 s between looks, longer the longer nothing happened; never past the next moment that matters. */
export const lookAfter = ({ power, now, quietMs }: InOwnTime) => {
  const quiet = Math.min(2_000, Math.max(250, quietMs / 2));
  return Math.max(1, Math.min(quiet, ...ahead(power, now)));
};

/** 1, 2, 4, 8 seconds, the upper half of it by chance, so that many do not come back at once. */
const backOff = (attempt: number, random: () => number) => Math.min(8, 2 ** (attempt - 1)) * (0.5 + random() / 2);

/** When a step may be decided on again after a call that may have been taken. */
export const retryUnclear = ({ request }: OpenOperation, attempt: number, now: Instant, random: () => number) =>
  Instant.plusSeconds(now, isSentOnce(request) ? PROOF_SECONDS : backOff(attempt, random));

/** The same after a call that surely was not taken; null: at once. */
export const retryFailed = ({ code }: Fault, attempt: number, now: Instant, random: () => number) =>
  passing.has(code) ? Instant.plusSeconds(now, backOff(attempt, random)) : null;
