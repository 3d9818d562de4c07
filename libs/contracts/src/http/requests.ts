// Bodies and queries of the API. Objects are strict: a member that nobody knows is refused, so a slip does not pass for a
// default. Never: tighten a schema that is published; what was accepted stays accepted.
import * as z from 'zod';
import { Alias, ConnectionId, GroupId, Instant, Mode, PowerState, VmId } from '@drover/kernel';
import { MarkedOutcome } from '../events/power.v1.js';
import { OperationKind, OperationState } from './operation.js';
import { Cursor, flag, given, list, paging } from './page.js';
import { Labels, Vm } from './vm.js';

const reason = z.string().min(1).max(500).exactOptional().meta({ description: 'why, for the audit' });
const confirmName = z.string().max(253).exactOptional().meta({ description: 'the name, typed by a person' });
const timeoutSeconds = z.int().min(1).max(3600);

/** Body of a verb that leaves nothing to choose but its time-out. */
export const TimedBody = z.strictObject({ timeoutSeconds: timeoutSeconds.default(300), reason });

const withMode = { mode: Mode.default('soft'), ...TimedBody.shape };
/** Body of a power-off; no body means all defaults. */
export const PowerOffBody = z.strictObject({ ...withMode, confirmName });

/** Body of a power-on. Without a time-out: 600 s when the guest tools are waited for, else 180 s. */
export const PowerOnBody = z.strictObject({
  waitForTools: z.boolean().default(false),
  timeoutSeconds: timeoutSeconds.exactOptional(),
  reason,
});

/** Body of a restart: `soft` asks the guest to reboot, `hard` resets the machine. */
export const RestartBody = z.strictObject(withMode);

const bulk = {
  targets: z.array(VmId.schema).min(1).max(1000).readonly(),
  confirm: z.int().exactOptional().meta({ description: 'how many machines are meant; asked for above 50' }),
};
/** Body of a power-off of many machines. */
export const BulkPowerOffBody = z.strictObject({ ...bulk, ...PowerOffBody.omit({ confirmName: true }).shape });
/** Body of a power-on of many machines. */
export const BulkPowerOnBody = z.strictObject({ ...bulk, ...PowerOnBody.shape });
/** Body of a restart of many machines. */
export const BulkRestartBody = z.strictObject({ ...bulk, ...RestartBody.shape });

/** Body that says what came of an operation nobody could read: a person looked. */
export const MarkBody = z.strictObject({ outcome: MarkedOutcome, reason: z.string().min(1).max(500), confirmName });

/** Body of verbs that take a reason and nothing else. */
export const ReasonBody = z.strictObject({ reason });

/** Body that gives something up for good: why, is asked for. */
export const DiscardBody = z.strictObject({ reason: z.string().min(1).max(500) });

/** Body that makes a machine known before a provider reports it. */
export const RegisterVmBody = z.strictObject({
  name: z.string().min(1).max(253),
  connectionId: ConnectionId.schema.nullable().default(null),
  aliases: z.array(Alias).max(20).readonly().default([]),
  groupIds: z.array(GroupId.schema).max(50).readonly().default([]),
});

/** Body that edits what people say of a machine; null clears, a member left out stays. */
export const EditVmBody = z.strictObject({
  displayName: z.string().max(253).nullable().exactOptional(),
  description: z.string().max(4000).nullable().exactOptional(),
  labels: Labels.exactOptional(),
});

const sortable = ['name', 'power', 'lifecycle', 'health', 'connection', 'power.observedAt'] as const;
/** What a fleet can be sorted by; `-` in front for descending. */
export const VmSort = z.enum(sortable.flatMap((field) => [field, `-${field}`] as const));

const label = z.string().regex(/^[^:]+:.+$/, 'label=<key>:<value>');
/** Filters of the fleet: any of the values within one, all of the filters together. */
export const VmListQuery = z.strictObject({
  ...paging,
  name: list(z.string().max(253)).exactOptional(),
  kind: list(Vm.shape.kind).exactOptional(),
  group: list(z.string().max(64)).exactOptional(),
  connection: list(ConnectionId.schema).exactOptional(),
  lifecycle: list(Vm.shape.lifecycle.shape.state).exactOptional(),
  power: list(PowerState).exactOptional(),
  protection: list(Vm.shape.protection.shape.state).exactOptional(),
  health: list(Vm.shape.health.shape.state).exactOptional(),
  label: list(label).exactOptional(),
  unclaimed: flag.exactOptional(),
  sort: VmSort.default('name'),
  fields: list(z.enum(Object.keys(Vm.shape) as [keyof typeof Vm.shape])).exactOptional(),
});

/** One machine by what it is called: `name`, or `alias=<kind>:<value>`. */
export const VmLookupQuery = z.strictObject({
  name: z.string().min(1).max(253).exactOptional(),
  alias: z
    .string()
    .regex(new RegExp(`^(${Alias.shape.kind.options.join('|')}):.+$`), 'alias=<kind>:<value>')
    .exactOptional(),
});

/** One machine as it is, as it was, or as its provider says now. */
export const VmQuery = z.strictObject({
  at: Instant.schema.exactOptional(),
  version: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'a whole number from 1')
    .transform(Number)
    .pipe(z.int().min(1))
    .exactOptional(),
  fresh: flag.exactOptional(),
});

/** A read that shows at least what the journal holds up to there: how long it waits for that, the answer says. */
export const MinPosition = {
  'min-position': given(Cursor).exactOptional().meta({
    description: 'a place in the journal that the answer must show: waited for two seconds, then 503 view_behind',
  }),
};

/** Plain paging. */
export const PageQuery = z.strictObject(paging);

/** Filters of the operations. */
export const OperationListQuery = z.strictObject({
  ...paging,
  vm: list(VmId.schema).exactOptional(),
  state: list(OperationState).exactOptional(),
  kind: list(OperationKind).exactOptional(),
});

const eventType = z
  .string()
  .max(120)
  .regex(/^[a-z0-9_.-]+\*?$/, 'a CloudEvent type, with * at its end for a family, or a name of the older clients');
const filters = {
  event_types: list(eventType).exactOptional(),
  worker_ids: list(VmId.schema).exactOptional(),
  vm: list(VmId.schema).exactOptional(),
  group: list(z.string().max(64)).exactOptional(),
  operation: list(z.string().max(200)).exactOptional(),
  severity: list(z.enum(['info', 'warning', 'critical'])).exactOptional(),
};

/** What a stream shows and where it begins. */
export const StreamQuery = z.strictObject({
  ...filters,
  last_event_id: given(z.string().max(16_384)).exactOptional(),
  snapshot: z
    .enum(['0', '1'])
    .transform((text) => text === '1')
    .pipe(z.boolean())
    .default(false)
    .meta({ type: 'string', enum: ['0', '1'], default: '0', description: '1: the present state first' }),
  on_gap: z.enum(['reset', '410']).default('reset'),
});

/** The journal as JSON: what came after a cursor, waiting up to `wait` seconds for something. */
export const EventListQuery = z.strictObject({
  ...filters,
  after: given(Cursor).exactOptional(),
  wait: z
    .string()
    .regex(/^\d+$/, 'a whole number of seconds')
    .transform((text) => Math.min(Number(text), 55))
    .pipe(z.int())
    .default(0)
    .meta({ description: 'seconds to wait for something to come; more than 55 is cut to 55' }),
  limit: paging.limit,
});

/** Any change may be tried without being made. */
export const DryRunQuery = z.strictObject({
  dryRun: flag.exactOptional().meta({ description: 'decided as ever, with the same right; nothing is done' }),
});

/** Whose power the older path means, when an id is not enough. */
export const SourceStateQuery = z.strictObject({ vcenter: given(z.string().max(1024)).exactOptional() });
