import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConnectionId, Instant, isRejection, OperationId, StreamId, VmId, type Alias } from '@drover/kernel';
import { vmDecider as d, type VmCommand } from './vm.decider.js';
import type { VmFact } from './vm.events.js';
import type { VmState } from './vm.js';

// T-MOD-1 for the machine: long random histories against a model that knows nothing of facts.

const connectionId = ConnectionId.parse('site-a');
const start = Instant.parse('2026-11-20T10:00:00Z');
const uuid: Alias = { source: connectionId, kind: 'instance-uuid', value: '50000001-0000-4000-8000-000000000000' };

/** What anyone would say of the machine. */
interface Model {
  presence: 'nobody' | 'registered' | 'seen' | 'missing' | 'gone' | 'out';
  power: string;
  cpus: number;
  words: string | null;
  /** The number of the last reading that counted, for power and for the rest: the second in which it was sent. */
  powerAt: number;
  hardwareAt: number;
}
interface Real {
  facts: readonly VmFact[];
  state: VmState;
  now: number;
}

const at = (seconds: number) => Instant.plusSeconds(start, seconds);
const seconds = (instant: Instant) => Instant.msBetween(start, instant) / 1000;

/** Decides, and holds the laws that every decision keeps. */
const act = (real: Real, command: VmCommand) => {
  const decided = d.decide(command, real.state);
  if (isRejection(decided)) return decided;
  real.facts = [...real.facts, ...decided];
  real.state = decided.reduce(d.evolve, real.state);
  // What was just decided is so: the same again adds nothing.
  if (command.type !== 'Register' && command.type !== 'Miss') expect(d.decide(command, real.state)).toEqual([]);
  return decided;
};

/** Folding from zero, or from any state on the way, through JSON or not, is the same. */
const folds = ({ facts, state }: Real) => {
  expect(facts.reduce(d.evolve, d.initial)).toEqual(state);
  const stored = JSON.parse(JSON.stringify(facts)) as readonly VmFact[];
  const cut = Math.floor(stored.length / 2);
  expect(stored.slice(cut).reduce(d.evolve, stored.slice(0, cut).reduce(d.evolve, d.initial))).toEqual(state);
};

const check = (model: Readonly<Model>, { state }: Real) => {
  const is = {
    nobody: 'unheard',
    registered: 'registered',
    seen: 'seen',
    missing: 'missing',
    gone: 'retired',
    out: 'retired',
  };
  expect(state.is).toBe(is[model.presence]);
  if (state.is === 'seen' || state.is === 'missing') {
    expect({ power: state.reading.power, cpus: state.hardware?.cpus }).toEqual({
      power: model.power,
      cpus: model.cpus,
    });
    expect(state.said.displayName).toBe(model.words);
  }
};

type Step = fc.Command<Model, Real>;
const step = (name: string, run: (model: Model, real: Real) => void): Step => ({
  check: () => true,
  run: (model, real) => {
    run(model, real);
    check(model, real);
  },
  toString: () => name,
});

/** A provider shows the machine; `age`: how long ago it was read. */
const observe = (power: 'poweredOn' | 'poweredOff', cpus: number, age: number) =>
  step(`observe(${power}, ${cpus}, ${age} s old)`, (model, real) => {
    const when = real.now - age;
    const hardware = {
      ...{ cpus, memoryBytes: 1, os: 'x', toolsVersion: null, path: null, datacenter: null, host: null },
      ...{ addresses: [], disks: [], networks: [], observedAt: at(when) },
    };
    const read = {
      name: 'web-01',
      aliases: [uuid],
      hardware,
      power,
      tools: 'toolsOk',
      bootAt: null,
      ...{ observedAt: at(-when), run: 'r', n: when }, // no rule may look at the clock
    } as const;
    act(real, { type: 'Observe', connectionId, groupIds: [], ...read });
    const newest = Math.max(model.powerAt, model.hardwareAt);
    if (model.presence === 'out') return;
    if ((model.presence === 'gone' || model.presence === 'missing') && when <= newest) return;
    const fresh = model.presence === 'nobody' || model.presence === 'registered' || model.presence === 'gone';
    model.presence = 'seen';
    if (fresh) return void Object.assign(model, { power, cpus, powerAt: when, hardwareAt: when });
    if (when > model.powerAt && power !== model.power) Object.assign(model, { power, powerAt: when });
    if (when > model.hardwareAt && cpus !== model.cpus) Object.assign(model, { cpus, hardwareAt: when });
  });

const powered = (power: 'poweredOn' | 'poweredOff', age: number) =>
  step(`power found ${power}, ${age} s old`, (model, real) => {
    const when = real.now - age;
    const after = { stream: StreamId.of('power', 'x'), sequence: 1 };
    act(real, { type: 'ObservePower', power, tools: null, observedAt: at(-when), run: 'r', n: when, after });
    if (model.presence !== 'seen' && model.presence !== 'missing') return;
    if (when > model.powerAt && power !== model.power) Object.assign(model, { power, powerAt: when });
  });

const miss = (removed: boolean, discoveries: number) =>
  step(`missed (${removed ? 'removed' : discoveries})`, (model, real) => {
    act(real, { type: 'Miss', hadAt: null, missedMs: 900_000, discoveries, removed });
    if (model.presence !== 'seen' && model.presence !== 'missing') return;
    if (removed || (model.presence === 'missing' && discoveries >= 3)) model.presence = 'gone';
    else if (model.presence === 'seen') model.presence = 'missing';
  });

const edit = (words: string | null) =>
  step(`edit(${words})`, (model, real) => {
    const refused = isRejection(act(real, { type: 'Edit', displayName: words }));
    expect(refused).toBe(['nobody', 'gone', 'out'].includes(model.presence));
    if (!refused) model.words = words;
  });

const running = OperationId.of('power', StreamId.of('power', VmId.ofInstance(connectionId, uuid.value)), 1);
const retire = (busy: boolean) =>
  step(`retire(${busy ? 'busy' : 'idle'})`, (model, real) => {
    const refused = isRejection(act(real, { type: 'Retire', running: busy ? running : null }));
    const inFleet = ['registered', 'seen', 'missing'].includes(model.presence);
    expect(refused).toBe(model.presence === 'nobody' || (busy && inFleet));
    if (!refused && model.presence !== 'gone') model.presence = 'out';
  });

const merge = step('merge', (model, real) => {
  act(real, { type: 'Merge', into: VmId.ofRequest('k1') });
  if (['registered', 'seen', 'missing'].includes(model.presence)) model.presence = 'out';
});

const register = step('register', (model, real) => {
  const command = {
    type: 'Register',
    name: 'web-01',
    connectionId,
    aliases: [uuid],
    groupIds: [],
    ownStream: false,
  } as const;
  const refused = isRejection(act(real, command));
  expect(refused).toBe(['registered', 'seen', 'missing'].includes(model.presence));
  if (!refused) model.presence = 'registered';
});

const pass = (by: number) => step(`${by} s pass`, (_, real) => void (real.now += by));

const power = fc.constantFrom('poweredOn' as const, 'poweredOff' as const);
const age = fc.integer({ min: 0, max: 90 });
const steps = [
  fc.tuple(power, fc.integer({ min: 1, max: 3 }), age).map((given) => observe(...given)),
  fc.tuple(power, age).map((given) => powered(...given)),
  fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 4 })).map((given) => miss(...given)),
  fc.option(fc.constantFrom('Shop', 'Desk')).map(edit),
  fc.boolean().map(retire),
  fc.constant(register),
  fc.constant(merge),
  fc.integer({ min: 1, max: 60 }).map(pass),
];

it('T-MOD-1: a machine is what the model says, after any history', () => {
  fc.assert(
    fc.property(fc.commands(steps, { maxCommands: 40 }), (commands) => {
      const model: Model = {
        ...{ presence: 'nobody', power: 'unknown', cpus: 0, words: null },
        ...{ powerAt: 0, hardwareAt: 0 },
      };
      const real: Real = { facts: [], state: d.initial, now: 1000 };
      fc.modelRun(() => ({ model, real }), commands);
      folds(real);
    }),
    { numRuns: 2000 },
  );
}, 30_000);

it('T-MOD-1: delivering any part of a history again changes nothing', () => {
  const reading = fc.record({ power, when: fc.integer({ min: 0, max: 50 }) });
  fc.assert(
    fc.property(fc.array(reading, { minLength: 1, maxLength: 20 }), fc.nat(), (readings, cut) => {
      const ordered = readings
        .toSorted((a, b) => a.when - b.when)
        .filter((one, i, all) => one.when !== all[i + 1]?.when);
      const real: Real = { facts: [], state: d.initial, now: 1000 };
      const deliver = (one: (typeof readings)[number]) => {
        const hardware = {
          ...{ cpus: 1, memoryBytes: 1, os: 'x', toolsVersion: null, path: null, datacenter: null, host: null },
          ...{ addresses: [], disks: [], networks: [], observedAt: at(one.when) },
        };
        const read = {
          name: 'a',
          aliases: [uuid],
          hardware,
          power: one.power,
          tools: 'toolsOk',
          bootAt: null,
        } as const;
        const order = { run: 'r', n: one.when + 1 };
        act(real, { type: 'Observe', connectionId, groupIds: [], ...read, observedAt: at(one.when), ...order });
      };
      ordered.forEach(deliver);
      const { state } = real;
      const last = seconds(state.is === 'seen' ? state.reading.observedAt : start);
      ordered
        .slice(0, cut % (ordered.length + 1))
        .filter(({ when }) => when < last)
        .forEach(deliver);
      expect(real.state).toEqual(state);
    }),
    { numRuns: 1000 },
  );
}, 30_000);
