// The samples of the source documents against the schemas: shapes and words, not behaviour.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Instant } from '@drover/kernel';
import { Problem, problemOf } from './http/problems.js';
import {
  SourcePoweredOff,
  SourcePoweredOn,
  SourcePowerOffRequest,
  SourcePowerOnRequest,
  SourcePowerState,
} from './http/source-power.js';

type Sample = Readonly<Record<string, unknown>>;
const golden = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../golden', name), 'utf8')) as Sample;

/** Instants as Drover spells them: samples carry other offsets and no milliseconds. */
const spelled = (sample: Sample) =>
  Object.fromEntries(
    Object.entries(sample).map(([name, value]) => {
      const instant = Instant.schema.safeParse(value);
      return [name, instant.success ? instant.data : value];
    }),
  );

describe('A2: requests', () => {
  it.each([
    ['power-off.request.json', SourcePowerOffRequest],
    ['power-off.request.first.json', SourcePowerOffRequest],
    ['power-on.request.json', SourcePowerOnRequest],
    ['power-on.request.first.json', SourcePowerOnRequest],
  ])('%s is taken, with and without the credentials that the door drops', (name, request) => {
    const sample = golden(name);
    const { username: _username, password: _password, ...dropped } = sample;
    expect(request.parse(dropped)).toMatchObject(dropped);
    expect(request.parse({ ...sample, password: 'x' })).toMatchObject(sample);
  });
});

describe('A1, A2: answers', () => {
  it.each([
    ['power-state.response.json', SourcePowerState],
    ['power-off.response.json', SourcePoweredOff],
    ['power-on.response.json', SourcePoweredOn],
  ])('%s is an answer, member for member', (name, answer) =>
    expect(answer.parse(golden(name))).toEqual(spelled(golden(name))),
  );

  it.each([
    ['power-state.response.first.json', SourcePowerState],
    ['power-off.response.first.json', SourcePoweredOff],
    ['power-on.response.first.json', SourcePoweredOn],
  ])('%s, of the first specification, has only members that every answer has', (name, answer) => {
    const sample = golden(name);
    expect(answer.partial().strict().parse(sample)).toEqual(spelled(sample));
    expect(Object.keys(answer.shape)).toEqual(expect.arrayContaining(Object.keys(sample)));
  });

  it('power.error-500.json has only members that a problem has', () => {
    const { error, ...sample } = golden('power.error-500.json');
    const problem = problemOf({ rejected: 'provider_unreachable', because: String(sample['details']) });
    const answer = { ...problem, error, vm_id: sample['vm_id'], timestamp: sample['timestamp'] };
    expect(Problem.parse(answer)).toMatchObject({ error, ...sample });
  });
});
