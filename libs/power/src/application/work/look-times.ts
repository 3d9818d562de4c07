// How long looks at each connection take, so that the last one before a deadline gets enough time. Never: stored; it is
// measured anew.
import type { ConnectionId } from '@drover/kernel';

/** How long looks take, by connection: known while the process lives. */
export interface LookTimes {
  /** A look brought a reading after so many milliseconds. */
  took(connection: ConnectionId, ms: number): void;
  /** How long one is given at least, in milliseconds: what they usually take and a quarter of it, 10 s at most. */
  usual(connection: ConnectionId): number;
}

/** The longest that a look is waited for. */
export const LOOK_MS = 10_000;
const LEAST_LOOK_MS = 1_000;
const KEPT = 10;

/** No look was made yet, so the first of each connection has all the time there is. */
export const lookTimes = (): LookTimes => {
  const taken = new Map<ConnectionId, readonly number[]>();
  return {
    took: (connection, ms) => void taken.set(connection, [...(taken.get(connection) ?? []), ms].slice(-KEPT)),
    usual: (connection) => {
      const slowest = Math.max(...(taken.get(connection) ?? [LOOK_MS]));
      return Math.min(LOOK_MS, Math.max(LEAST_LOOK_MS, slowest * 1.25));
    },
  };
};
