// What the module of a capability hands to the door before its routes. Never: a rule of one capability; the door is the same
// for all.
import type { Provider } from '@nestjs/common';
import type { Actor } from '@drover/kernel';
import type { Strangers } from '@drover/ports';
import type { Identify } from './identity.js';
import type { ReadViews } from '../answers/read-views.js';
import type { VmViews } from '../answers/vm-views.js';

/** What a door records, in the words of a service's audit: whom it refused, and that a password came along. */
export type GuardFact =
  | { type: 'AuditDenialRecorded'; route: string; right: string | null; target: string | null; code: string }
  | { type: 'AuditCredentialSeen'; route: string };

/** What a module hands to its door. */
export interface GuardPorts {
  /** Who asks. */
  readonly identify: Identify;
  /** The address Drover is served from, for requests that a cookie vouches for. */
  readonly origin: string;
  /** Whether a change of something that has an ETag must say which one was seen (`If-Match`). */
  readonly requireIfMatch?: boolean;
  /** Without it a refusal of somebody unknown is recorded like any other. */
  readonly strangers?: Pick<Strangers, 'denied' | 'guessed'>;
  /** The views that serve reads: without them no answer waits. */
  readonly views?: ReadViews;
  /** Machines as reads show them: without them an answer says where to find the machine. */
  readonly vms?: VmViews;
  /** Where it is recorded before it is answered. */
  readonly audit: { record(fact: GuardFact, actor: Actor): Promise<void> };
}

/** Where a module puts its door. */
export const GUARD_PORTS = Symbol('Door');

/** The door as a provider of a module. */
export const guardProvider = (door: GuardPorts): Provider => ({ provide: GUARD_PORTS, useValue: door });
