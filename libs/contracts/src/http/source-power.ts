// The shapes of the older power paths, as their source document states them. Never: change one, or add a member; new needs
// go to the native routes. User and password in a body are dropped unread and reach no handler.
import * as z from 'zod';
import { Instant, PowerState, Tools } from '@drover/kernel';
import { OffMethod } from '../events/power.v1.js';

const state = z.enum(['poweredOn', 'poweredOff', 'suspended']);
const answer = { vm_id: z.string(), previous_state: state, duration_seconds: z.int(), timestamp: Instant.schema };

/** Answer of `GET /api/v1/vm/{vm_id}/power-state`: read from the provider now. */
export const SourcePowerState = z.object({
  vm_id: z.string(),
  power_state: PowerState.exclude(['unknown']),
  tools_status: Tools,
  last_state_change: Instant.schema.nullable(),
  uptime_seconds: z.int().min(0),
  timestamp: Instant.schema,
});
/** The power of a machine as the older path answers. */
export type SourcePowerState = z.output<typeof SourcePowerState>;

/** Success is only ever a machine that was read as off: another `new_state` cannot be expressed. */
export const SourcePoweredOff = z.object({
  success: z.literal(true),
  ...answer,
  new_state: z.literal('poweredOff'),
  operation: z.literal('power-off'),
  shutdown_method: OffMethod,
  message: z.literal('VM power-off completed successfully'),
});
/** The success of a power-off as the older path answers. */
export type SourcePoweredOff = z.output<typeof SourcePoweredOff>;

/** Success is only ever a machine that was read as on. */
export const SourcePoweredOn = z.object({
  success: z.literal(true),
  ...answer,
  new_state: z.literal('poweredOn'),
  operation: z.literal('power-on'),
  tools_status: Tools,
  message: z.literal('VM power-on completed successfully'),
});
/** The success of a power-on as the older path answers. */
export type SourcePoweredOn = z.output<typeof SourcePoweredOn>;

// Longer times are cut to an hour, as the source says.
const timeout = z
  .int()
  .min(1)
  .transform((seconds) => Math.min(seconds, 3600))
  .exactOptional()
  .meta({ description: 'seconds; more than 3600 are cut to 3600' });
const text = z.string().max(1024).exactOptional();
const dropped = text.meta({ description: 'dropped unread; the connection has its own', deprecated: true });
/** `vcenter` selects a connection by its host; user and password are dropped at the door, before anything sees them. */
const selector = { vm_id: text, vcenter: text, username: dropped, password: dropped };

/** Body of `POST …/power-off`; every member may be left out. */
export const SourcePowerOffRequest = z.strictObject({
  ...selector,
  force: z.boolean().default(false),
  timeout,
  wait_for_shutdown: z.boolean().default(true),
});

/** Body of `POST …/power-on`; every member may be left out. */
export const SourcePowerOnRequest = z.strictObject({
  ...selector,
  wait_for_tools: z.boolean().default(false),
  timeout,
});
