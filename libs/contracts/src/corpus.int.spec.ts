import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { asyncApi } from './asyncapi.js';
import { dataSchemaOf, eventTypes, services } from './catalogue.js';
import { CloudEvent } from './cloud-event.js';
import { fromKafkaRecord, fromLine, toKafkaRecord, toLine } from './codec.js';

const corpus = join(import.meta.dirname, '../corpus');
const samples: Readonly<Record<string, object>> = Object.assign(
  {},
  ...readdirSync(corpus).map((file) => JSON.parse(readFileSync(join(corpus, file), 'utf8')) as object),
);
const textOf = (type: string) => JSON.stringify(samples[type]);

const ajv = new Ajv({ strict: true, allowUnionTypes: true, formats: { uuid: true, 'date-time': true } });
ajv.addVocabulary(['components']);
const { components } = JSON.parse(JSON.stringify(asyncApi('0.0.0'))) as { components: Record<string, unknown> };

/** Texts that look like moments, wherever they stand. */
const momentsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT/.test(value) ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(momentsIn) : [];
};

it('has one sample of every public event, in the file of its service, and no other', () => {
  expect(Object.keys(samples).sort()).toEqual([...eventTypes].sort());
  expect(readdirSync(corpus).sort()).toEqual(services.map((service) => `${service}.json`).sort());
});

describe.each(eventTypes)('%s', (type) => {
  const sample = JSON.parse(textOf(type)) as { readonly data: unknown };

  it('T62: matches its one schema, with nothing left over', () => {
    const read = fromLine(textOf(type));
    expect(read).toEqual({ is: 'event', event: sample });
    expect(CloudEvent.parse(sample)).toEqual(sample);
    expect(dataSchemaOf(type)?.parse(sample.data)).toEqual(sample.data);
  });

  it('T62: matches the schema that the document prints', () => {
    const fits = ajv.compile({ components, $ref: `#/components/schemas/${type}` });
    expect([fits(sample.data), fits.errors]).toEqual([true, null]);
    expect(fits([])).toBe(false);
  });

  it('T63: has instants in RFC 3339, with Z', () => {
    const moments = momentsIn(sample);
    expect(moments.length).toBeGreaterThan(0);
    expect(moments.filter((text) => !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text))).toEqual([]);
  });

  it('survives the way over Kafka and over the stream', () => {
    const read = fromLine(textOf(type));
    if (read.is !== 'event') throw new Error(read.is);
    expect(fromKafkaRecord(toKafkaRecord(read.event))).toEqual(read);
    expect(fromLine(toLine(read.event))).toEqual(read);
  });
});
