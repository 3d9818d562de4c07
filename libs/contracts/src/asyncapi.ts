// The event side of the house as an AsyncAPI 3 document: the catalogue says what is told, the topology who tells it and who
// listens. The schema of an event's data stands under its type. Committed, compared, never written by hand. Never: a call
// for each request; it makes a new document each time.
import { Alias, ConnectionKind, CredentialRef, Hardware, Mode, PowerState, Tls, Tools } from '@drover/kernel';
import { catalogue, dataSchemaOf, eventTypes, type EventType, type Service } from './catalogue.js';
import { CloudEvent } from './cloud-event.js';
import { frames } from './document/frames.js';
import { sharedSchemas, type SharedSchemas } from './document/json-schema.js';
import { Labels } from './http/vm.js';
import { takenBy, topicOf, topology } from './topology.js';

const named = {
  Alias,
  CloudEvent,
  ConnectionKind: ConnectionKind.schema,
  CredentialRef,
  Hardware,
  Labels,
  Mode,
  PowerState,
  Tls,
  Tools,
};
const services = Object.keys(catalogue) as Service[];
const serviceOf = (type: string) => type.split('.')[2] ?? '';
const nameOf = (type: string) => type.split('.')[3] ?? '';
const ref = (...path: readonly string[]) => ({ $ref: `#/${path.join('/')}` });
const each = <Value>(keys: readonly string[], value: (key: string) => Value) =>
  Object.fromEntries(keys.map((key) => [key, value(key)]));

/** Headers of a record: the attributes of the event, each with `ce_` in front. */
const recordHeaders = (schemas: SharedSchemas) => {
  const { data: _data, datacontenttype, ...attributes } = CloudEvent.shape;
  const shown = Object.entries(attributes).map(
    ([name, schema]) => [`ce_${name}`, schemas.of(schema, 'output')] as const,
  );
  return {
    type: 'object',
    properties: { 'content-type': schemas.of(datacontenttype, 'output'), ...Object.fromEntries(shown) },
    required: ['content-type', ...shown.flatMap(([name]) => (/operationid|traceparent/.test(name) ? [] : [name]))],
  };
};

const messageOf = (type: string) => ({
  name: type,
  title: nameOf(type),
  contentType: 'application/json',
  traits: [ref('components', 'messageTraits', 'record')],
  payload: ref('components', 'schemas', type),
  'x-drover-from': serviceOf(type),
  'x-drover-to': topology.get(type as EventType)?.to ?? [],
});

const toldBy = (service: Service) => eventTypes.filter((type) => serviceOf(type) === service);

const topicChannel = (service: Service) => ({
  address: topicOf(service),
  title: `What ${service} tells`,
  description: 'CloudEvents in binary mode, at least once, in order for each key. Known by source and id.',
  messages: Object.fromEntries(toldBy(service).map((type) => [nameOf(type), ref('components', 'messages', type)])),
  servers: [ref('servers', 'bus')],
  bindings: {
    kafka: {
      topic: topicOf(service),
      topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': -1 },
      bindingVersion: '0.5.0',
    },
  },
});

const frameMessages = (schemas: SharedSchemas) =>
  Object.entries(frames).map(
    ([name, { summary, data }]) =>
      [name, { name, summary, contentType: 'application/json', payload: schemas.of(data, 'output') }] as const,
  );

const streamChannel = (schemas: SharedSchemas) => ({
  address: '/api/events/stream',
  title: 'The journal, live, as server-sent events',
  description:
    'An event is named by its type, or by the alias that asked for it. Its id is a cursor, and the last line of its frame.',
  servers: [ref('servers', 'http')],
  messages: {
    fact: {
      name: 'fact',
      summary: 'A public event, structured, on one line; its data are those of its type',
      contentType: 'application/cloudevents+json',
      payload: schemas.of(CloudEvent, 'output'),
    },
    ...Object.fromEntries(frameMessages(schemas)),
  },
});

const sending = (service: Service) =>
  [`${service}.tells`, { action: 'send', channel: ref('channels', service), summary: `${service} tells` }] as const;

/** What a service takes from another, as an operation of the document; nothing when it takes nothing. */
const receiving = (service: Service, from: Service) => {
  const taken = takenBy(service).filter((type) => serviceOf(type) === from);
  if (taken.length === 0) return [];
  const channel = ref('channels', from);
  const messages = taken.map((type) => ref('channels', from, 'messages', nameOf(type)));
  return [[`${service}.takes.${from}`, { action: 'receive', channel, summary: `${service} takes`, messages }] as const];
};

const servers = {
  bus: {
    host: '{brokers}',
    protocol: 'kafka',
    description: 'Distributed mode. In embedded mode the same events pass within the process.',
    variables: { brokers: { default: 'localhost:9092', description: 'The Kafka brokers' } },
  },
  http: {
    host: '{address}',
    protocol: 'http',
    description: 'The gateway',
    variables: { address: { default: '127.0.0.1:8000', description: 'the host of DROVER_PUBLIC_URL' } },
  },
};

/** The AsyncAPI document of every public event, under the version of the product. */
export const asyncApi = (version: string) => {
  const schemas = sharedSchemas(named, 'draft-7');
  const data = each(eventTypes, (type) => schemas.of(dataSchemaOf(type) ?? CloudEvent, 'output'));
  const stream = streamChannel(schemas);
  const headers = recordHeaders(schemas);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Drover events',
      version,
      description:
        'Events that services tell each other, and the live stream tells clients. Within v1 members are only added; a v2 ' +
        'is told beside its v1. Readers skip types they do not know and set aside a major version they do not know.',
      license: { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers,
    channels: { ...Object.fromEntries(services.map((service) => [service, topicChannel(service)])), stream },
    operations: {
      ...Object.fromEntries(services.map(sending)),
      ...Object.fromEntries(services.flatMap((to) => services.flatMap((from) => receiving(to, from)))),
      'gateway.streams': { action: 'send', channel: ref('channels', 'stream'), summary: 'gateway shows the journal' },
    },
    components: {
      schemas: { ...schemas.components(), ...data },
      messages: each(eventTypes, messageOf),
      messageTraits: {
        record: {
          headers,
          bindings: { kafka: { key: { type: 'string', description: 'the partition key' }, bindingVersion: '0.5.0' } },
        },
      },
    },
  };
};
