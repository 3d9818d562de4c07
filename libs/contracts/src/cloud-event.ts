// The envelope of public events, a CloudEvent 1.0: what a capability says of an event, and what the commit adds. Never: put
// who asked into `data`, change the meaning of a member, or remove one; clients depend on all of them.
import * as z from 'zod';
import { FactId, Instant, OperationId, type StreamId, PrincipalId } from '@drover/kernel';
import type { DataOf, EventType, Service } from './catalogue.js';

/** What a capability says of a fact: its public type, whom it is about, its data. The rest is the commit's. */
export interface PublicEvent<Type extends EventType = EventType> {
  readonly type: Type;
  /** `vm/<vmId>`, else `<aggregate>/<id>`. */
  readonly subject: string;
  /** The vmId whenever a machine is concerned, else the aggregate's id: events of one key stay in order. */
  readonly partitionkey: string;
  readonly operationid?: OperationId;
  readonly data: DataOf<Type>;
}

/** The envelope of a CloudEvent 1.0, structured. Extension attributes are lower case by the specification. */
export const CloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: FactId.schema,
  source: z.string().regex(/^\/drover\/[a-z]+$/),
  type: z.string(),
  subject: z.string(),
  time: Instant.schema,
  datacontenttype: z.literal('application/json'),
  dataschema: z.string().meta({ description: 'urn:drover:schema:<type>; the AsyncAPI document has it under the type' }),
  partitionkey: z.string(),
  sequence: z
    .string()
    .regex(/^[1-9]\d*$/)
    .meta({ description: 'number of the event in its stream, counted from 1' }),
  actor: PrincipalId.schema.meta({ description: 'opaque subject of whoever asked, or policy:<name>' }),
  operationid: OperationId.schema.exactOptional(),
  traceparent: z.string().exactOptional(),
  data: z.record(z.string(), z.unknown()),
});

/** A public event as it crosses processes; `data` is known once `type` is. */
export type CloudEvent<Type extends EventType = EventType> = {
  [One in Type]: Omit<z.output<typeof CloudEvent>, 'type' | 'data'> & {
    readonly type: One;
    readonly data: DataOf<One>;
  };
}[Type];

/** What the commit knows of the fact that was said. */
export interface FactOrigin {
  readonly service: Service;
  readonly stream: StreamId;
  readonly id: FactId;
  /** Number of the fact in its stream, counted from 1. */
  readonly sequence: number;
  readonly at: Instant;
  readonly actor: PrincipalId;
  readonly traceparent?: string;
}

/** Puts anything that is said into the envelope, whether or not a catalogue has its type. */
export const envelope = (
  {
    type,
    subject,
    partitionkey,
    operationid,
    data,
  }: Omit<PublicEvent, 'type' | 'data'> & { type: string; data: object },
  { service, id, sequence, at, actor, traceparent }: FactOrigin,
): z.output<typeof CloudEvent> => ({
  specversion: '1.0',
  id,
  source: `/drover/${service}`,
  type,
  subject,
  time: at,
  datacontenttype: 'application/json',
  // An absolute URI: the official SDK refuses an event with a relative one.
  dataschema: `urn:drover:schema:${type}`,
  partitionkey,
  sequence: String(sequence),
  actor,
  ...(operationid && { operationid }),
  ...(traceparent && { traceparent }),
  data: data as Readonly<Record<string, unknown>>,
});

/** Puts what was said to everyone into its envelope. */
export const toCloudEvent = (said: PublicEvent, origin: FactOrigin) => envelope(said, origin) as CloudEvent;

/** Narrows an event to one of the types. */
export const isEvent = <Type extends EventType>(
  event: CloudEvent,
  ...types: readonly Type[]
): event is Extract<CloudEvent, { readonly type: Type }> => (types as readonly string[]).includes(event.type);
