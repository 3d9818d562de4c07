import { describe, expect, it } from '@jest/globals';
import { CloudEvent as SdkEvent, Kafka } from 'cloudevents';
import fc from 'fast-check';
import { FactId, Instant, OperationId, StreamId } from '@drover/kernel';
import { toCloudEvent, type CloudEvent, type PublicEvent } from './cloud-event.js';
import { fromKafkaRecord, fromLine, toKafkaRecord, toLine, type KafkaRecord } from './codec.js';

const vmId = '420570c7-f61f-a930-77c5-1e876786cb3c';
const stream = StreamId.of('power', vmId);
const at = Instant.parse('2026-11-20T10:05:45.000Z');
const origin = { service: 'power', stream, id: FactId.createAt(at), sequence: 8, at, actor: 'policy:power' } as const;
const poweredOff = toCloudEvent(
  {
    type: 'io.drover.power.vm-powered-off.v1',
    subject: `vm/${vmId}`,
    partitionkey: vmId,
    operationid: OperationId.of('power', stream, 1),
    data: { op: 1, method: 'forced', previousState: 'poweredOn', durationSeconds: 245, observedAt: at },
  },
  origin,
);

const asBytes = ({ value, headers }: KafkaRecord) => ({
  value: Buffer.from(value),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
});

/** The official SDK is strict with what it is given: an event that breaks CloudEvents 1.0 throws. */
const sdkEvent = (event: CloudEvent) => new SdkEvent<unknown>({ ...event });
const bySdk = (record: KafkaRecord): unknown => {
  const read = Kafka.toEvent({ ...record, headers: { ...record.headers }, body: record.value });
  return JSON.parse(JSON.stringify(read));
};
const withHeader = (name: string, value: string | readonly string[] | undefined) => {
  const { value: data, headers } = toKafkaRecord(poweredOff);
  return fromKafkaRecord({ value: data, headers: { ...headers, [name]: value } });
};

// Any text that CloudEvents lets into an attribute or into data, of which each way has its own traps.
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
const optional = fc.option(text);
const said: fc.Arbitrary<Pick<PublicEvent, 'type' | 'data'>> = fc.oneof(
  fc.record({
    type: fc.constant('io.drover.inventory.vm-edited.v1' as const),
    data: fc.record({
      displayName: optional,
      description: optional,
      labels: fc.option(fc.dictionary(fc.stringMatching(/^[A-Za-z0-9][a-z]{0,10}$/), text)),
    }),
  }),
  fc.record({
    type: fc.constant('io.drover.power.power-operation-failed.v1' as const),
    data: fc.record({
      op: fc.integer({ min: 1 }),
      code: text,
      detail: text,
      lastObserved: fc.constantFrom('poweredOn' as const, 'unknown' as const),
    }),
  }),
  fc.record({
    type: fc.constant('io.drover.gateway.audit-action-recorded.v1' as const),
    data: fc.record({ command: text, target: optional }),
  }),
);
const events: fc.Arbitrary<CloudEvent> = fc
  .record({
    said,
    attributes: fc.record({ subject: text, partitionkey: text }),
    sequence: fc.integer({ min: 1 }),
    actor: text,
    more: fc.record({ traceparent: text }, { requiredKeys: [] }),
  })
  .map(({ said: { type, data }, attributes, more, ...rest }) =>
    toCloudEvent(
      { type, data, ...attributes },
      {
        ...{ ...origin, ...rest, ...more },
        service: type.split('.')[2] as 'inventory' | 'power' | 'gateway',
      },
    ),
  );

describe('a Kafka record in binary mode', () => {
  it('carries the attributes in headers, the data as its value, the partition key as its key', () => {
    const { key, value, headers } = toKafkaRecord(poweredOff);
    expect(key).toBe(vmId);
    expect(JSON.parse(value)).toEqual(poweredOff.data);
    expect(headers).toEqual({
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: origin.id,
      ce_source: '/drover/power',
      ce_type: 'io.drover.power.vm-powered-off.v1',
      ce_subject: `vm/${vmId}`,
      ce_time: at,
      ce_dataschema: 'urn:drover:schema:io.drover.power.vm-powered-off.v1',
      ce_partitionkey: vmId,
      ce_sequence: '8',
      ce_actor: 'policy:power',
      ce_operationid: `power.power-${vmId}.1`,
    });
  });

  it('holds no header that is undefined, and always a value', () => {
    const odd: object = { ...poweredOff, traceparent: undefined, data: {} }; // as a caller without types may
    const { value, headers } = toKafkaRecord(odd as CloudEvent);
    expect(Object.values(headers)).not.toContain(undefined);
    expect(Object.keys(headers)).not.toContain('ce_traceparent');
    expect(value).toBe('{}');
  });

  it('brings every event back as it was, from text and from bytes', () =>
    fc.assert(
      fc.property(events, (event) => {
        const record = toKafkaRecord(event);
        expect(fromKafkaRecord(record)).toEqual({ is: 'event', event });
        expect(fromKafkaRecord(asBytes(record))).toEqual({ is: 'event', event });
      }),
    ));

  it('is read by the official SDK', () =>
    fc.assert(
      fc.property(events, (event) => {
        expect(bySdk(toKafkaRecord(event))).toEqual(event);
      }),
    ));

  it('is read when the official SDK wrote it', () =>
    fc.assert(
      fc.property(events, (event) => {
        const { headers, value } = Kafka.binary(sdkEvent(event));
        const sent = headers as Record<string, string | undefined>;
        expect(fromKafkaRecord({ headers: sent, value: JSON.stringify(value) })).toEqual({ is: 'event', event });
      }),
    ));

  it('is read whatever is said of the charset', () =>
    expect(withHeader('content-type', 'application/json; charset=utf-8')).toEqual({ is: 'event', event: poweredOff }));

  it('is read when it comes structured after all', () => {
    const { headers, value } = Kafka.structured(sdkEvent(poweredOff));
    const sent = headers as Record<string, string>;
    expect(fromKafkaRecord({ headers: sent, value: Buffer.from(String(value)) })).toEqual({
      is: 'event',
      event: poweredOff,
    });
  });
});

describe('structured JSON', () => {
  it('is one line, and brings every event back as it was', () =>
    fc.assert(
      fc.property(events, (event) => {
        const line = toLine(event);
        expect(line).not.toMatch(/[\r\n\0]/);
        expect(fromLine(line)).toEqual({ is: 'event', event });
      }),
    ));

  it('is what the official SDK writes and reads', () =>
    fc.assert(
      fc.property(events, (event) => {
        expect(fromLine(sdkEvent(event).toString())).toEqual({ is: 'event', event });
        const headers = { 'content-type': 'application/cloudevents+json' };
        expect(bySdk({ key: event.partitionkey, value: toLine(event), headers })).toEqual(event);
      }),
    ));
});

describe('what cannot be taken', () => {
  it.each([
    'io.drover.power.vm-teleported.v1',
    'io.drover.weather.rain-fell.v1',
    'com.example.sold',
    'io.drover.power.constructor.v1',
  ])('an unknown type is told apart, whatever its data: %s', (type) => {
    expect(withHeader('ce_type', type)).toEqual({ is: 'unknown-type', type });
    expect(fromKafkaRecord({ value: 'no JSON', headers: { ce_type: type } })).toEqual({ is: 'unknown-type', type });
    expect(fromLine(JSON.stringify({ type }))).toEqual({ is: 'unknown-type', type });
  });

  it('a later major version is told apart', () => {
    const type = 'io.drover.power.vm-powered-off.v2';
    expect(withHeader('ce_type', type)).toEqual({ is: 'unknown-major', type });
    expect(fromLine(toLine(poweredOff).replaceAll('.v1', '.v2'))).toEqual({ is: 'unknown-major', type });
  });

  it.each([
    ['no type', 'ce_type', undefined, 'type: '],
    ['two ids', 'ce_id', [origin.id, origin.id], 'id: '],
    ['another service as its source', 'ce_source', '/drover/inventory', 'source: '],
    ['another version of CloudEvents', 'ce_specversion', '0.3', 'specversion: '],
    ['a sequence that is no number', 'ce_sequence', '0', 'sequence: '],
    ['no moment', 'ce_time', 'yesterday', 'time: '],
    ['data that are not JSON', 'content-type', 'text/csv', 'datacontenttype: '],
    ['no content type', 'content-type', undefined, 'datacontenttype: '],
    ['an optional attribute twice', 'ce_traceparent', ['a', 'b'], 'traceparent: '],
  ] as const)('with %s it is unparsable, and that is said', (_, name, value, because) =>
    expect(withHeader(name, value)).toEqual({ is: 'unparsable', because: expect.stringContaining(because) }),
  );

  it.each([
    [null, 'value: there is none'],
    ['', 'value: there is none'],
    [Buffer.alloc(0), 'value: there is none'],
    ['no JSON', 'value: it is not JSON'],
    ['{"op":0}', 'data.op: '],
    ['[]', 'data: '],
    [Buffer.from([0xff, 0xfe]), 'it is not UTF-8'],
  ])('with the value %j it is unparsable, and that is said', (value, because) =>
    expect(fromKafkaRecord({ ...toKafkaRecord(poweredOff), value })).toEqual({
      is: 'unparsable',
      because: expect.stringContaining(because),
    }),
  );

  it('says what is wrong and quotes nothing of it', () => {
    const secret = JSON.stringify({ op: 's3cret', method: 's3cret' });
    const { headers } = toKafkaRecord(poweredOff);
    for (const value of [secret, 's3cret']) {
      const read = fromKafkaRecord({ headers, value });
      expect(read).toMatchObject({ is: 'unparsable', because: expect.stringMatching(/data\.op|value/) });
      expect(JSON.stringify(read)).not.toContain('s3cret');
    }
  });

  it('never throws', () =>
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.option(fc.oneof(fc.string(), fc.uint8Array()), { nil: undefined })),
        fc.string(),
        (headers, value) => {
          expect(fromKafkaRecord({ headers: { ce_type: poweredOff.type, ...headers }, value }).is).not.toBe('event');
          expect(fromLine(value).is).not.toBe('event');
        },
      ),
    ));
});
