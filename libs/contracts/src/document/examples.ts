// An example of each answer and each body, as a client meets it. A test reads every one by its schema.
import * as z from 'zod';
import { Connection, Probe } from '../http/connection.js';
import { DeadLetter } from '../http/dead-letter.js';
import { PublicFact } from '../http/fact.js';
import { Operation } from '../http/operation.js';
import * as ask from '../http/requests.js';
import { Health, SessionState, User } from '../http/session.js';
import {
  SourcePoweredOff,
  SourcePoweredOn,
  SourcePowerOffRequest,
  SourcePowerOnRequest,
  SourcePowerState,
} from '../http/source-power.js';
import { FleetSummary, PartialVm, Vm } from '../http/vm.js';
import { connection, cursor, fact, fleet, operation, operationId, vm, vmId, otherVmId } from './example-fleet.js';

const at = '2026-11-20T10:05:45.000Z';
const reason = 'maintenance window 4711';
const many = { targets: [vmId, otherVmId], reason };
const source = { success: true, vm_id: vmId, duration_seconds: 45, timestamp: at };

const examples = new Map<z.ZodType, unknown>([
  [Vm, vm],
  [PartialVm, { id: vmId, name: vm.name, power: vm.power, version: vm.version }],
  [Operation, operation],
  [PublicFact, fact],
  [FleetSummary, fleet],
  [Connection, connection],
  [
    DeadLetter,
    {
      ...{ id: 'dl-17', service: 'inventory', consumer: 'inventory.power-outcomes', key: vmId, followers: 2 },
      ...{ event: fact, headers: {}, error: { class: 'TypeError', detail: 'a member is missing' } },
      ...{ attempts: 5, firstAt: at, lastAt: at },
    },
  ],
  [Probe, { step: 'tls', ok: true, code: null, detail: 'TLS 1.3', durationMs: 12 }],
  [Health, { status: 'ok' }],
  [SessionState, { authenticated: true, expiresAt: '2026-11-20T12:00:00.000Z', warnAt: '2026-11-20T11:55:00.000Z' }],
  [User, { sub: 'admin', name: null, roles: ['admin'], groups: ['*'], rights: { '*': ['vm:read', 'vm:operate'] } }],
  [
    SourcePowerState,
    {
      ...{ vm_id: vmId, power_state: 'poweredOn', tools_status: 'toolsOk' },
      ...{ last_state_change: '2026-11-19T08:00:00.000Z', uptime_seconds: 93_945, timestamp: at },
    },
  ],
  [
    SourcePoweredOff,
    {
      ...{ ...source, operation: 'power-off', previous_state: 'poweredOn', new_state: 'poweredOff' },
      ...{ shutdown_method: 'graceful', message: 'VM power-off completed successfully' },
    },
  ],
  [
    SourcePoweredOn,
    {
      ...{ ...source, operation: 'power-on', previous_state: 'poweredOff', new_state: 'poweredOn' },
      ...{ tools_status: 'toolsOk', message: 'VM power-on completed successfully' },
    },
  ],
  [SourcePowerOffRequest, { force: false, timeout: 300, wait_for_shutdown: true }],
  [SourcePowerOnRequest, { wait_for_tools: true, timeout: 600 }],
  [ask.TimedBody, { timeoutSeconds: 120, reason }],
  [ask.PowerOffBody, { mode: 'hard', reason }],
  [ask.PowerOnBody, { waitForTools: true }],
  [ask.RestartBody, { mode: 'soft', timeoutSeconds: 600 }],
  [ask.BulkPowerOffBody, { ...many, mode: 'trySoft' }],
  [ask.BulkPowerOnBody, many],
  [ask.BulkRestartBody, { ...many, mode: 'soft' }],
  [ask.MarkBody, { outcome: 'succeeded', reason: 'seen off in the console of the provider' }],
  [ask.ReasonBody, { reason }],
  [ask.DiscardBody, { reason: 'a test event that nobody needs' }],
  [ask.RegisterVmBody, { name: 'web-09', connectionId: 'site-a', groupIds: ['prod'] }],
  [ask.EditVmBody, { displayName: 'Web server 1', labels: { owner: 'shop' } }],
]);

/** What text of a media type looks like. */
const texts: Readonly<Record<string, unknown>> = {
  'text/event-stream': `event: ${fact.type}\ndata: ${JSON.stringify({ ...fact, position: undefined })}\nid: ${cursor}\n\n`,
  'text/plain': '# HELP drover_streams Streams that are open.\n# TYPE drover_streams gauge\ndrover_streams 3\n',
  'text/html': '<!doctype html><title>Drover</title>',
  'application/json': { openapi: '3.1.0', info: { title: 'Drover', version: '1.0.0' } },
  'application/octet-stream': '/* a script or a style */',
};

const unwrapped = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodReadonly ? unwrapped(schema.unwrap() as z.ZodType) : schema;

/** An example of an answer or a body; nothing for a schema that has none. Pages and lists hold one of what they are of. */
export const exampleOf = (given: z.ZodType | string): unknown => {
  if (typeof given === 'string') return texts[given];
  const schema = unwrapped(given);
  const own = examples.get(schema);
  if (own !== undefined) return own;
  if (schema instanceof z.ZodArray) return [exampleOf(schema.element as z.ZodType)];
  if (!(schema instanceof z.ZodObject) || !('items' in schema.shape)) return undefined;
  const items = exampleOf(schema.shape['items'] as z.ZodType);
  return { items, total: 1, next: null, position: cursor, complete: true, missing: [] };
};

/** Examples of what stands in addresses and headers, by the name of the parameter. */
export const parameterExamples: Readonly<Record<string, unknown>> = {
  id: vmId,
  'operation id': operationId,
  'connection id': 'site-a',
  vm_id: vmId,
  code: 'vm_gone',
  file: 'swagger-ui.css',
  after: cursor,
  cursor: 'opaque-as-it-was-given',
  last_event_id: cursor,
};
