// How a public event crosses a process: as a Kafka record in binary mode, or as one line of structured JSON (the stream, the
// in-process bus). Both follow CloudEvents 1.0 and its Kafka binding. Nothing here throws: what cannot be taken is told
// apart, because an unknown type is skipped and counted, and the rest is set aside as a dead letter. Never: a record without
// value (a tombstone to a compacted topic), or data that were not read by their schema.
import * as z from 'zod';
import { dataSchemaOf, eventTypes } from './catalogue.js';
import { CloudEvent } from './cloud-event.js';

/** A record as it is given to a Kafka producer. */
export interface KafkaRecord {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A text as drivers hand it over; a header that came twice is a list. */
type Raw = string | Uint8Array;

/** A record as a Kafka consumer gets it. */
export interface ReceivedRecord {
  readonly value: Raw | null;
  readonly headers?: Readonly<Record<string, Raw | readonly Raw[] | undefined>>;
}

/**
 * What came in. `unknown-type`: nobody here knows it. `unknown-major`: a later shape that must not be guessed at.
 * `unparsable`: not an event of ours; `because` names what is wrong with it and no value of it.
 */
export type Decoded =
  | { readonly is: 'event'; readonly event: CloudEvent }
  | { readonly is: 'unknown-type' | 'unknown-major'; readonly type: string }
  | { readonly is: 'unparsable'; readonly because: string };

const STRUCTURED = 'application/cloudevents+json';
const unparsable = (because: string): Decoded => ({ is: 'unparsable', because });

// Built once: to build a schema costs far more than to use it.
const schemas = new Map<string, z.ZodType>(
  eventTypes.map((type) => {
    const source = z.literal(`/drover/${type.split('.')[2]}`);
    return [type, CloudEvent.extend({ source, data: dataSchemaOf(type) ?? z.never() })];
  }),
);

const complaints = ({ issues }: z.ZodError) =>
  issues.map(({ path, message }) => `${path.join('.') || 'event'}: ${message}`).join('; ');

/** An event from its attributes; its data are read only when its type is known. */
const judged = (attributes: Readonly<Record<string, unknown>>, readData: () => unknown): Decoded => {
  const { type } = attributes;
  if (typeof type !== 'string') return unparsable('type: there is none');
  const [, major] = /^io\.drover\.[a-z]+\.[a-z0-9-]+\.v([1-9]\d*)$/.exec(type) ?? [];
  if (major !== undefined && major !== '1') return { is: 'unknown-major', type };
  const schema = schemas.get(type);
  if (!schema) return { is: 'unknown-type', type };
  const { data: event, error } = schema.safeParse({ ...attributes, data: readData() });
  return error ? unparsable(complaints(error)) : { is: 'event', event: event as CloudEvent };
};

// A byte order mark is a character like others; bytes that are no UTF-8 throw.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const textOf = (raw: Raw) => (typeof raw === 'string' ? raw : utf8.decode(raw));

/** The one value of a header; nothing when there is none, or several: then the event lacks the attribute. */
const headerOf = (value: Raw | readonly Raw[] | undefined): string | undefined => {
  const [only, ...more] = typeof value === 'string' || value instanceof Uint8Array ? [value] : (value ?? []);
  return only === undefined || more.length > 0 ? undefined : textOf(only);
};

const reasons = new Map<string | undefined, string>([
  ['SyntaxError', 'value: it is not JSON'],
  ['TypeError', 'it is not UTF-8'],
]);
const readable = (read: () => Decoded): Decoded => {
  try {
    return read();
  } catch (error) {
    // By its name, not its message: JSON.parse quotes what it could not read.
    const { name } = error as { readonly name?: string };
    return unparsable(reasons.get(name) ?? 'it cannot be read');
  }
};

/** An event as a Kafka record in binary mode: attributes in headers, data in the value, its partition key as the key. */
export const toKafkaRecord = ({ data, datacontenttype, ...attributes }: CloudEvent): KafkaRecord => ({
  key: attributes.partitionkey,
  value: JSON.stringify(data),
  headers: {
    'content-type': datacontenttype,
    // Drivers send `undefined` as text or refuse it.
    ...Object.fromEntries(
      Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[`ce_${name}`, value]])),
    ),
  },
});

/** Reads a Kafka record, in binary mode or structured. Members that this version does not know are left out. */
export const fromKafkaRecord = ({ value, headers = {} }: ReceivedRecord): Decoded =>
  readable(() => {
    if (value === null || value.length === 0) return unparsable('value: there is none');
    const contentType = headerOf(headers['content-type']) ?? '';
    if (contentType.startsWith(STRUCTURED)) return fromLine(textOf(value));
    const attributes = Object.entries(headers).flatMap(([name, raw]) =>
      name.startsWith('ce_') && raw !== undefined ? [[name.slice('ce_'.length), headerOf(raw)] as const] : [],
    );
    const datacontenttype = contentType.replace(/\s*;.*$/, '').toLowerCase();
    return judged({ ...Object.fromEntries(attributes), datacontenttype }, () => JSON.parse(textOf(value)));
  });

/** An event as structured JSON, on one line. */
export const toLine = (event: CloudEvent): string => JSON.stringify(event);

/** Reads structured JSON. Members that this version does not know are left out. */
export const fromLine = (line: string): Decoded =>
  readable(() => {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null) return unparsable('event: it is no object');
    const { data, ...attributes } = parsed as Record<string, unknown>;
    return judged(attributes, () => data);
  });
