import { Instant, type Mode, type Right } from '@drover/kernel';
import type { BulkRequest } from './bulk.decider.js';
import type { RequestPower } from './power.decider.js';
import type { Requested } from './power.events.js';
import { readRequest, requestOf } from './power-verbs.js';

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

/** How long a power-on may take when nobody said: guest tools come late. */
export const secondsOn = (waitForTools: boolean, asked: number | undefined) => asked ?? (waitForTools ? 600 : 180);

/** What is asked, as it is requested of one machine from this moment on. */
export const requestAt = (asking: RequestTemplate, at: Instant): Pick<RequestPower, 'request' | 'deadline'> => ({
  request: requestOf(asking.action, asking, at),
  deadline: Instant.plusSeconds(at, asking.timeoutSeconds),
});

/** What was asked when a request was recorded: to ask the same again. */
export const templateOf = (fact: Requested, at: Instant): RequestTemplate => {
  const request = readRequest(fact);
  return {
    action: request.kind,
    mode: 'mode' in request ? request.mode : null,
    waitForTools: 'waitForTools' in request && request.waitForTools,
    timeoutSeconds: Instant.msBetween(at, fact.deadline) / 1000,
  };
};
