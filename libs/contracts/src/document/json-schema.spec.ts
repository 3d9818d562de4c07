import { expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import * as z from 'zod';
import { sharedSchemas } from './json-schema.js';

const Wheel = z.object({ size: z.int().default(16) }).meta({ description: 'round' });
const Bolt = z.strictObject({ metric: z.boolean() });

it('keeps a named schema once, and points to it', () => {
  const schemas = sharedSchemas({ Wheel, Bolt });
  const cart = schemas.of(z.object({ wheels: z.array(Wheel).readonly(), spare: Wheel.nullable() }), 'output');
  const $ref = '#/components/schemas/Wheel';
  expect(cart).toMatchObject({
    properties: { wheels: { items: { $ref } }, spare: { anyOf: [{ $ref }, { type: 'null' }] } },
  });
  expect(schemas.of(Wheel, 'output')).toEqual({ $ref });
  expect(schemas.components()).toEqual({
    Wheel: {
      description: 'round',
      type: 'object',
      properties: { size: { default: 16, type: 'integer' } },
      required: ['size'],
    },
  });
});

it('refuses a name that means one thing in a request and another in an answer', () => {
  const schemas = sharedSchemas({ Wheel });
  schemas.of(Wheel, 'output');
  expect(() => schemas.of(Wheel, 'input')).toThrow('Wheel has two meanings');
});

it('lets answers grow, and keeps what is strict strict', () => {
  const { of } = sharedSchemas({});
  expect(of(z.object({}), 'output')).not.toHaveProperty('additionalProperties');
  expect(of(Bolt, 'output')).toHaveProperty('additionalProperties', false);
});

it('lets a parameter be a moment in every spelling that is read, and writes one', () => {
  const { of } = sharedSchemas({});
  expect(of(Instant.schema, 'parameter')).toEqual({ type: 'string', format: 'date-time' });
  expect(of(Instant.schema, 'output')).toMatchObject({ format: 'date-time', pattern: expect.stringContaining('Z$') });
});
