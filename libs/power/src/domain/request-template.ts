import { Instant, assertNever, type Mode, type Right } from '@drover/kernel';
import type { BulkRequest } from './bulk.decider.js';
import type { RequestPower } from './power.decider.js';

/** What is asked, of one machine or of many alike. */
export type RequestTemplate = Omit<BulkRequest, 'targetIds'>;

const RIGHTS = {
  soft: ['vm:operate'],
  trySoft: ['vm:operate', 'vm:force'],
  hard: ['vm:force'],
} as const satisfies Record<Mode, readonly Right[]>;

/**
 * Asking the guest takes one right, pulling the plug another; `trySoft` may end in force, so it takes both. A power-on
 * has no mode.
 */
export const rightsFor = (mode: Mode | null): readonly Right[] => (mode === null ? ['vm:operate'] : RIGHTS[mode]);

/** The guest's share of a power-off's seconds; the rest is for force and verification. */
export const gracefulShare = (seconds: number) => seconds - Math.min(60, seconds * 0.2);

/** Until when the guest is left to itself: the end of its share where force comes after it. */
export const gracefulUntil = (mode: Mode, at: Instant, seconds: number) =>
  mode === 'trySoft' ? Instant.plusSeconds(at, gracefulShare(seconds)) : null;

/** How long a power-on may take when nobody said: guest tools come late. */
export const secondsOn = (waitForTools: boolean, asked: number | undefined) => asked ?? (waitForTools ? 600 : 180);

const powerRequestAt = (
  { action, mode, timeoutSeconds, waitForTools }: RequestTemplate,
  at: Instant,
): RequestPower['request'] => {
  switch (action) {
    case 'power-on':
      return { kind: action, waitForTools };
    case 'power-off':
      return { kind: action, mode: mode ?? 'soft', gracefulUntil: gracefulUntil(mode ?? 'soft', at, timeoutSeconds) };
    case 'restart':
      return { kind: action, mode: mode ?? 'soft' };
    default:
      return assertNever(action);
  }
};

/** What is asked, as it is requested of one machine from this moment on. */
export const requestAt = (asking: RequestTemplate, at: Instant): Pick<RequestPower, 'request' | 'deadline'> => ({
  request: powerRequestAt(asking, at),
  deadline: Instant.plusSeconds(at, asking.timeoutSeconds),
});
