import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { CloudEvent, dataSchemaOf } from '@drover/contracts';
import { sampleOf, samplesPath } from './samples.js';

const root = join(import.meta.dirname, '../..');

it.each(['io.drover.power.vm-powered-off.v1', 'io.drover.power.connection-sign-in-refused.v1'] as const)(
  'makes of a stored event the public one, as %s shows',
  (type) => {
    const samples = JSON.parse(readFileSync(join(root, samplesPath('power')), 'utf8')) as Record<string, CloudEvent>;
    const kept = samples[type]!;
    const made = sampleOf(root, type);
    expect(CloudEvent.parse(made)).toEqual(made);
    expect(dataSchemaOf(type)?.parse(made.data)).toEqual(made.data);
    expect(Object.keys(made).sort()).toEqual(Object.keys(kept).sort());
    expect(Object.keys(made.data).sort()).toEqual(Object.keys(kept.data).sort());
    expect(made.data).not.toHaveProperty('type');
  },
);
