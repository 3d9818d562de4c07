import { describe, expect, it } from '@jest/globals';
import { catalogue, dataSchemaOf, eventType, eventTypes, type Service } from './catalogue.js';
import { takenBy, topicOf, topology } from './topology.js';

const services = Object.keys(catalogue) as Service[];

describe.each(eventTypes)('%s', (type) => {
  it('is told by the service in its name, and the gateway takes it', () => {
    const { from, to } = topology.get(type) ?? { from: null, to: [] };
    expect(type.split('.')[2]).toBe(from);
    expect(to).toContain('gateway');
    expect(new Set(to).size).toBe(to.length);
    expect(to.filter((service) => !services.includes(service))).toEqual([]);
  });

  it('is a fact in the past tense, lower case, under a version, with a schema of its own', () => {
    expect(type).toMatch(/^io\.drover\.[a-z]+\.[a-z]+(-[a-z]+)*\.v1$/);
    expect(dataSchemaOf(type)).toBeDefined();
  });
});

it('knows every event once', () => {
  expect([...topology.keys()]).toEqual(eventTypes);
  expect(new Set(eventTypes).size).toBe(eventTypes.length);
});

it('nobody but the gateway, which shows everything, listens to itself', () =>
  expect([...topology.values()].filter(({ from, to }) => from !== 'gateway' && to.includes(from))).toEqual([]));

it('tells a service what it takes', () => {
  expect(takenBy('gateway')).toEqual(eventTypes);
  expect(takenBy('inventory')).toContain(eventType('power', 'vm-powered-off'));
  expect(takenBy('power')).not.toContain(eventType('power', 'vm-powered-off'));
});

it('gives each service a topic of its own', () => {
  expect(topicOf('power')).toBe('drover.power.v1');
  expect(new Set(services.map(topicOf)).size).toBe(services.length);
});

it('audit events are for those who may read the audit: no service but the gateway takes them', () =>
  expect(eventTypes.filter((type) => type.includes('.audit-') && topology.get(type)?.to.length !== 1)).toEqual([]));

it.each(['io.drover.power.vm-powered-off.v2', 'io.drover.power.toString.v1', 'io.drover.toString.vm-edited.v1', ''])(
  'knows no schema for %j',
  (type) => expect(dataSchemaOf(type)).toBeUndefined(),
);

it('does not compile: an event that nobody tells', () => {
  // @ts-expect-error power discovers nothing
  expect(dataSchemaOf(eventType('power', 'vm-discovered'))).toBeUndefined();
});
