import { Instant, type Mode, type Right } from '@drover/kernel';
import type { RequestPower } from './power.decider.js';
import { readRequest, requestOf, type Requested, type Verb, type VerbOptions } from './power.events.js';

/** What is requested, of one machine or of many alike, without its times. */
export type RequestTemplate = { readonly action: Verb } & VerbOptions;

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
export const secondsOn = (waitForTools: boolean, chosen: number | undefined) => chosen ?? (waitForTools ? 600 : 180);

/** The request from this moment on. */
export const requestAt = (template: RequestTemplate, at: Instant): Pick<RequestPower, 'request' | 'deadline'> => ({
  request: requestOf(template.action, template, at),
  deadline: Instant.plusSeconds(at, template.timeoutSeconds),
});

/** What was requested when a request was recorded: to request the same again. */
export const templateOf = (fact: Requested, at: Instant): RequestTemplate => {
  const request = readRequest(fact);
  const template = { action: request.kind, timeoutSeconds: Instant.msBetween(at, fact.deadline) / 1000 };
  return 'mode' in request
    ? { ...template, mode: request.mode, waitForTools: false }
    : { ...template, mode: null, waitForTools: 'waitForTools' in request && request.waitForTools };
};
