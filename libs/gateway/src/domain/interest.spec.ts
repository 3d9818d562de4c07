import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OperationId, type Scope, type VmId } from '@drover/kernel';
import { interestIn, topicsOf } from './interest.js';
import { nameFor, selectorOf, termsOf, type Filter, type Selector, type Traits } from './stream-filter.js';

const everything: Filter = {
  types: null,
  vm: null,
  worker: null,
  group: null,
  operation: null,
  severity: null,
  audit: true,
  scope: 'all',
};
const off: Traits = {
  ...{
    type: 'io.drover.power.vm-powered-off.v1',
    vm: 'a' as VmId,
    worker: 'a',
    groups: ['prod', 'eu'],
    reach: ['prod', 'eu'],
  },
  ...{ operation: OperationId.parse('power.power-a.1'), severity: null },
};
const types = (...asked: string[]) =>
  asked.map((each) => selectorOf(each)).filter((each): each is Selector => each !== null);

it('any of the values within one, all of the dimensions together', () => {
  expect(nameFor(everything, off)).toBe(off.type);
  expect(nameFor({ ...everything, vm: ['b', 'a'], group: ['eu'] }, off)).toBe(off.type);
  expect(nameFor({ ...everything, vm: ['b', 'a'], group: ['us'] }, off)).toBeNull();
  expect(nameFor({ ...everything, operation: ['power.power-a.2'] }, off)).toBeNull();
  expect(nameFor({ ...everything, severity: ['info'] }, off)).toBeNull();
  expect(nameFor({ ...everything, severity: ['info'] }, { ...off, severity: 'info' })).toBe(off.type);
});

it('knows types, families of types, and the names of older clients, which arrive under those names', () => {
  const worker = { ...off, type: 'io.drover.inventory.worker-status-changed.v1' };
  const named = (asked: string[], traits = worker) => nameFor({ ...everything, types: types(...asked) }, traits);
  expect(named(['worker_status'])).toBe('worker_status');
  expect(named(['lab_status'])).toBeNull();
  expect(named(['worker_metrics'])).toBeNull();
  expect(named(['io.drover.inventory.*'])).toBe(worker.type);
  expect(named([worker.type, 'worker_status'])).toBe(worker.type);
  expect(named(['io.drover.power.*'], off)).toBe(off.type);
  expect([selectorOf('error'), selectorOf('constructor'), selectorOf('message')]).toEqual([null, null, null]);
});

it('T54: shows who was let in to nobody who may not know', () => {
  const denial = { ...off, type: 'io.drover.power.audit-denial-recorded.v1' };
  expect([nameFor(everything, denial), nameFor({ ...everything, audit: false }, denial)]).toEqual([denial.type, null]);
  expect(nameFor({ ...everything, audit: false, types: types(denial.type) }, denial)).toBeNull();
});

it('tells nothing of what is out of reach, whatever else fits', () => {
  expect(nameFor({ ...everything, scope: ['eu'] }, off)).toBe(off.type);
  expect(nameFor({ ...everything, scope: ['us'] }, off)).toBeNull();
  expect(nameFor({ ...everything, scope: [] }, off)).toBeNull();
  expect(nameFor({ ...everything, scope: ['eu'] }, { ...off, reach: [] })).toBeNull(); // of nobody's
});

it('counts the values of a filter', () =>
  expect(termsOf({ ...everything, vm: ['a', 'b'], types: types('worker_status') })).toBe(3));

const word = (...words: string[]) => fc.constantFrom(...words);
const some = (...words: string[]) =>
  fc.option(fc.uniqueArray(word(...words), { minLength: 1, maxLength: 3 }), { nil: null });
const names = [
  'io.drover.power.a.v1',
  'io.drover.power.b.v1',
  'io.drover.inventory.worker-x.v1',
  'io.drover.inventory.audit-y.v1',
];
const filters = fc.record({
  types: fc.option(
    fc
      .uniqueArray(word(...names, 'io.drover.*', 'io.drover.power.*', 'worker_status'), {
        minLength: 1,
        maxLength: 3,
      })
      .map((a) => types(...a)),
    { nil: null },
  ),
  ...{
    vm: some('a', 'b', 'c'),
    worker: some('a', 'b'),
    group: some('g', 'h'),
    operation: some('o', 'p'),
    severity: some('info'),
  },
  audit: fc.boolean(),
  scope: fc.constantFrom<Scope>('all', ['g'], []),
});
const traits = fc.record({
  ...{ type: word(...names), vm: fc.option(word('a', 'b', 'c') as fc.Arbitrary<VmId>, { nil: null }) },
  worker: word('a', 'b', 'c'),
  ...{
    groups: fc.uniqueArray(word('g', 'h', 'i')),
    operation: fc.option(word('o', 'p', 'q') as fc.Arbitrary<OperationId>, { nil: null }),
  },
  severity: fc.option(word('info', 'critical'), { nil: null }),
  reach: fc.uniqueArray(word('g', 'h', 'i')),
});

const fits = (topic: string, had: string) =>
  had === topic || (topic.endsWith('*') && had.startsWith(topic.slice(0, -1)));
const found = (wanted: readonly string[], had: readonly string[]) =>
  wanted.some((topic) => had.some((each) => fits(topic, each)));

it('is found by its topics in everything that it wants', () => {
  fc.assert(
    fc.property(filters, traits, (filter, event) => {
      const interest = interestIn(filter);
      expect(interest.nameFor(event)).toBe(nameFor(filter, event));
      if (interest.nameFor(event) !== null) expect(found(interest.topics, topicsOf(event))).toBe(true);
    }),
  );
});

it('is not looked at for other machines, groups and operations', () => {
  const others = {
    ...{ vm: ['b'], worker: ['b'], group: ['us'], operation: ['power.power-b.1'] },
    types: types('io.drover.inventory.*'),
  };
  for (const [dimension, value] of Object.entries(others))
    expect(found(interestIn({ ...everything, [dimension]: value }).topics, topicsOf(off))).toBe(false);
  expect(found(interestIn({ ...everything, vm: ['b'], types: types(off.type) }).topics, topicsOf(off))).toBe(false);
});

it('is one for all who ask for the same', () =>
  expect(interestIn({ ...everything, vm: ['a'] }).key).toBe(interestIn({ ...everything, vm: ['a'] }).key));
