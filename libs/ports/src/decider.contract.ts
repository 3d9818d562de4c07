// The laws of every decider: commits may be lost and their loss accepted, so any event may follow any other, and any command
// may meet any state. Never: an event or a command that is left out because nothing makes it today; the types ask for all.
import { expect } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';
import { isRejection, type Decider, type Fact } from '@drover/kernel';
import { lawsApart, type Laws } from './laws/testing.js';

/** One arbitrary for each type of a union: a type that is added and not listed here does not compile. */
type ByType<Union extends { readonly type: string }> = {
  readonly [Type in Union['type']]: Arbitrary<Omit<Extract<Union, { readonly type: Type }>, 'type'>>;
};

/** Any event, or any command, of a union. */
export const anyOf = <Union extends { readonly type: string }>(byType: ByType<Union>): Arbitrary<Union> =>
  fc.oneof(
    ...Object.entries<Arbitrary<object>>(byType).map(([type, more]) => more.map((rest) => ({ ...rest, type }))),
  ) as Arbitrary<never>;

/** What the suite runs on: a decider, everything that can happen and be asked, and what its states are called. */
export interface DeciderBench<Command, Event extends Fact, State> {
  readonly decider: Decider<Command, Event, State, string>;
  readonly events: Arbitrary<Event>;
  readonly commands: Arbitrary<Command>;
  readonly nameOf: (state: State) => string;
  /** All of them are met, else the proof says less than it seems to. */
  readonly states: readonly string[];
}

const RUNS = 1_000;
const MOST_EVENTS = 12;

/** Makes it so that whoever changes it is told. */
const frozen = <Value>(value: Value): Value => {
  if (value instanceof Map) for (const name of ['set', 'delete', 'clear']) Reflect.set(value, name, undefined);
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
};

type AnyBench = DeciderBench<unknown, Fact, unknown>;

/** Holds something of any past and any command. */
const always = (
  { decider: { initial, evolve }, events, commands }: AnyBench,
  holds: (state: unknown, command: unknown, past: readonly Fact[]) => void,
) =>
  fc.assert(
    fc.property(fc.array(events, { maxLength: MOST_EVENTS }), commands, (past, command) =>
      holds(past.reduce(evolve, initial), command, past),
    ),
    { numRuns: RUNS },
  );

/** The laws of deciders, each with its test. */
export const deciderLaws = {
  'any event follows any other, and every state that comes of them is met': async (bench) => {
    const { decider, nameOf, states } = bench;
    const met = new Set<string>();
    always(bench, (_state, _command, past) => {
      let state = decider.initial;
      for (const event of past) met.add(nameOf((state = decider.evolve(state, event))));
    });
    expect([...met.add(nameOf(decider.initial))].sort()).toEqual([...states].sort());
  },

  'any command is answered in any state: with a refusal, or with events that follow': async (bench) =>
    always(bench, (state, command) => {
      const { decide, evolve } = bench.decider;
      const decided = decide(command, state);
      if (!isRejection(decided)) expect(bench.states).toContain(bench.nameOf(decided.reduce(evolve, state)));
    }),

  'the same past and the same command give the same, however often they are asked': async (bench) =>
    always(bench, (state, command, past) => {
      const { decide, evolve, initial } = bench.decider;
      const [first, again] = [decide(command, state), decide(command, past.reduce(evolve, initial))];
      expect(again).toEqual(first);
    }),

  'nothing that is given is changed': async (bench) =>
    always(bench, (_, command, past) => {
      const { decide, evolve, initial } = bench.decider;
      const state = past.reduce((before, event) => evolve(frozen(before), frozen(event)), initial);
      decide(frozen(command), frozen(state));
    }),
} satisfies Laws<AnyBench>;

/** Runs the laws. A decider's own spec is one call to this function. The cast: a law gives back only what came from the same bench. */
export const deciderContract = <Command, Event extends Fact, State>(
  name: string,
  decider: Decider<Command, Event, State, string>,
  of: Omit<DeciderBench<Command, Event, State>, 'decider'>,
) => lawsApart(`${name} keeps the laws of deciders`, deciderLaws, () => ({ decider, ...of }) as unknown as AnyBench);
