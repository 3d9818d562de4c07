// What the process of the simulated sites and its clients say to each other. Never: used by anything but these two, which
// are of one version; nothing here is public.
import { Probe } from '@drover/contracts';
import { Alias, ConnectionId, Hardware, Instant, OperationId, PowerState, Tools, VmId, WatchId } from '@drover/kernel';
import { powerCallNames, ProviderFault, type FaultCode, type UnnumberedReading } from '@drover/ports';
import * as z from 'zod';

const FaultCodes = z.enum([
  'provider_unreachable',
  'certificate_refused',
  'sign_in_failed',
  'not_permitted',
  'not_found',
  'invalid_power_state',
  'tools_unavailable',
  'busy',
  'guest_question_pending',
  'no_answer',
  'provider_error',
]) satisfies z.ZodType<FaultCode>;

/** A ProviderFault as it travels. */
const RemoteFault = z.object({ code: FaultCodes, detail: z.string(), sent: z.enum(['no', 'maybe']) });

/** The fault that was sent. */
export const receivedFault = ({ code, detail, sent }: z.output<typeof RemoteFault>) =>
  new ProviderFault(code, detail, sent);

const calls = z.enum(powerCallNames);
const machine = z.strictObject({ vmId: VmId.schema, key: z.string().min(1) });
const token = z.strictObject({ operationId: OperationId.schema, attempt: z.int(), epoch: z.int() });
const some = z.strictObject({ keys: z.array(z.string().min(1)).readonly() });
const nothing = z.strictObject({});
const none = z.null().default(null);

const control = { connection: ConnectionId.schema, port: z.literal('power-control') };
const catalog = { connection: ConnectionId.schema, port: z.literal('machine-catalog'), token: none };

/** A call of a port. `look`: machines that a watch has named, as they are now. */
export const RemoteCall = z.union([
  z.strictObject({ ...control, method: z.literal('read'), args: z.strictObject({ machine }), token: none }),
  z.strictObject({ ...control, method: z.literal('send'), args: z.strictObject({ machine, call: calls }), token }),
  z.strictObject({ ...catalog, method: z.enum(['test', 'ping', 'list', 'identities']), args: nothing }),
  z.strictObject({ ...catalog, method: z.enum(['read', 'look']), args: some }),
]);
/** A call of a port as it arrived. */
export type RemoteCall = z.output<typeof RemoteCall>;

/** What a call is answered with. */
export const RemoteAnswer = z.union([z.strictObject({ result: z.unknown() }), z.strictObject({ fault: RemoteFault })]);
/** The answer to a call as it arrived. */
export type RemoteAnswer = z.output<typeof RemoteAnswer>;

/** One line of a stream. Without an `end` or a `fault` it is not complete. */
export const RemoteLine = z.union([
  z.strictObject({ item: z.unknown() }),
  z.strictObject({ fault: RemoteFault }),
  z.strictObject({ end: z.literal(true) }),
]);
/** A line of a stream as it arrived. */
export type RemoteLine = z.output<typeof RemoteLine>;

const KnownPower = PowerState.exclude(['unknown']);
const reading = { question: z.string().nullable(), template: z.boolean(), observedAt: Instant.schema };

/** A power reading without its order, which the client gives it. */
export const ReadingSent = z.union([
  z.object({
    power: KnownPower,
    tools: Tools,
    bootAt: Instant.schema.nullable(),
    uptimeSeconds: z.number().nullable(),
    ...reading,
  }),
  z.object({
    power: z.literal('unknown'),
    tools: z.literal('unknown'),
    lastKnown: z.object({ power: KnownPower, at: Instant.schema.exactOptional() }).exactOptional(),
    ...{ bootAt: none, uptimeSeconds: none, ...reading },
  }),
]) satisfies z.ZodType<UnnumberedReading>;

/** What a site says to a call that it took. */
export const SentSent = z.object({ task: z.string().exactOptional() });

const MachineSent = z.object({
  key: z.string(),
  name: z.string(),
  aliases: z.array(Alias).readonly(),
  hardware: Hardware.nullable(),
  power: KnownPower,
  tools: Tools,
  bootAt: Instant.schema.nullable(),
  connectionState: z.string(),
  template: z.boolean(),
  observedAt: Instant.schema,
});
const IdentitySent = z.object({ ref: z.string(), key: z.string().nullable() });

/** Machines without their order, and those that cannot be shown. */
export const BatchSent = z.object({
  machines: z.array(MachineSent).readonly(),
  skipped: z.array(IdentitySent.extend({ name: z.string().nullable(), why: z.string() })).readonly(),
});
/** A part of a listing as it arrived. */
export type BatchSent = z.output<typeof BatchSent>;

/** What machines are called. */
export const IdentitiesSent = z.array(IdentitySent).readonly();

/** What was found on the way to a site. */
export const ProbesSent = z.array(Probe).readonly();

/** What a watch tells: the machines of its listing, and afterwards which ones changed, to be looked at. */
export const NewsSent = z.discriminatedUnion('is', [
  BatchSent.extend({ is: z.literal('machines') }),
  z.object({ is: z.literal('complete'), at: Instant.schema }),
  z.object({ is: z.literal('changed'), keys: z.array(z.string()).readonly() }),
  z.object({ is: z.literal('removed'), keys: z.array(z.string()).readonly(), at: Instant.schema }),
]);
/** News of a watch as they arrived. */
export type NewsSent = z.output<typeof NewsSent>;

/** One line of an answer to a watch. `n`: where the next question goes on. */
export const WatchLine = z.union([
  z.strictObject({ watch: WatchId.schema }),
  z.strictObject({ n: z.int(), news: NewsSent }),
  z.strictObject({ fault: RemoteFault }),
  z.strictObject({ end: z.literal(true) }),
]);
/** A line of an answer to a watch as it arrived. */
export type WatchLine = z.output<typeof WatchLine>;

/** What a watch is asked by: nothing but the connection at first, then its id and the last number that was taken. */
export const WatchQuery = z.union([
  z.strictObject({ connection: ConnectionId.schema }),
  z.strictObject({ connection: ConnectionId.schema, watch: WatchId.schema, after: z.coerce.number().int().min(0) }),
]);
/** The query of a watch as it arrived. */
export type WatchQuery = z.output<typeof WatchQuery>;
