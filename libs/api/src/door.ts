import type { Provider } from '@nestjs/common';
import { PUBLIC_ORIGIN } from './door.guard.js';
import { DOOR_AUDIT, IDENTIFY, type DoorAudit, type Identify } from './identity.js';

/** What a module hands to its door: who asks, the address Drover is served from, and where refusals are recorded. */
export interface Door {
  readonly identify: Identify;
  readonly origin: string;
  readonly audit: DoorAudit;
}

/** The door's parts as providers of a module. */
export const doorProviders = ({ identify, origin, audit }: Door): Provider[] => [
  { provide: IDENTIFY, useValue: identify },
  { provide: PUBLIC_ORIGIN, useValue: origin },
  { provide: DOOR_AUDIT, useValue: audit },
];
