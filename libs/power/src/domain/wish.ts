import { Instant, type Mode } from '@drover/kernel';
import type { BulkWish } from './bulk.decider.js';
import type { Wish } from './power.js';
import { gracefulShare } from './way.js';

/** A wish as it is from the moment it is recorded. */
export type WishAt = (at: Instant) => Wish;

/** A power-off: of a `trySoft`, with the end of the guest's share. */
export const wishOff =
  (mode: Mode, seconds: number): WishAt =>
  (at) => ({
    kind: 'power-off',
    mode,
    gracefulUntil: mode === 'trySoft' ? Instant.plusSeconds(at, gracefulShare(seconds)) : null,
  });

/** A power-on. */
export const wishOn =
  (waitForTools: boolean): WishAt =>
  () => ({ kind: 'power-on', waitForTools });

/** A restart. */
export const wishBack =
  (mode: Mode): WishAt =>
  () => ({ kind: 'restart', mode });

/** How long a power-on may take when nobody said: guest tools come late. */
export const secondsOn = (waitForTools: boolean, asked: number | undefined) => asked ?? (waitForTools ? 600 : 180);

/** What a bulk wishes of one of its machines. */
export const wishOfItem = ({ action, mode, timeoutSeconds, waitForTools }: BulkWish): WishAt => {
  if (action === 'power-on') return wishOn(waitForTools);
  return action === 'power-off' ? wishOff(mode ?? 'soft', timeoutSeconds) : wishBack(mode ?? 'soft');
};
