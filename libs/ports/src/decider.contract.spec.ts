import fc from 'fast-check';
import { assertNever, reject, type Decider, type Fact } from '@drover/kernel';
import { anyOf, deciderLaws, type DeciderBench } from './decider.contract.js';
import { turnsRed } from './laws/testing.js';

type Event = { readonly type: 'Opened' } | { readonly type: 'Closed'; readonly by: string };
type Command = { readonly type: 'Open' } | { readonly type: 'Close'; readonly by: string };
type Door = { is: 'open' | 'closed'; readonly times: number };

const door: Decider<Command, Event, Door, 'closed'> = {
  initial: { is: 'closed', times: 0 },
  evolve: ({ times }, event) => {
    switch (event.type) {
      case 'Opened':
        return { is: 'open', times: times + 1 };
      case 'Closed':
        return { is: 'closed', times };
      default:
        return assertNever(event);
    }
  },
  decide: (command, { is }) => {
    if (command.type === 'Open') return is === 'open' ? [] : [{ type: 'Opened' }];
    return is === 'open' ? [{ type: 'Closed', by: command.by }] : reject('closed', 'It is closed. Nothing was done.');
  },
};
const by = fc.constantFrom('ana', 'ben');
const benchOf = (change: Partial<typeof door> = {}, states = ['open', 'closed']) => {
  const bench: DeciderBench<Command, Event, Door> = {
    decider: { ...door, initial: { ...door.initial }, ...change },
    events: anyOf<Event>({ Opened: fc.constant({}), Closed: fc.record({ by }) }),
    commands: anyOf<Command>({ Open: fc.constant({}), Close: fc.record({ by }) }),
    nameOf: ({ is }) => is,
    states,
  };
  // A law gives to the decider only what came from the same bench.
  return bench as unknown as DeciderBench<unknown, Fact, unknown>;
};
const right = () => benchOf();

/** Wrong on purpose: it refuses an event that does not fit. */
const strict = () =>
  benchOf({
    evolve: (state, event) => {
      if (event.type === 'Closed' && state.is === 'closed') throw new Error('it is closed already');
      return door.evolve(state, event);
    },
  });

/** Wrong on purpose: it has no answer to a command that nobody gives in this state. */
const partial = () =>
  benchOf({
    decide: (command, state) => {
      if (command.type === 'Close' && state.is === 'closed') throw new Error('nobody closes a closed door');
      return door.decide(command, state);
    },
  });

/** Wrong on purpose: it decides what leads to no state that there is. */
const astray = () => benchOf({ decide: () => [{ type: 'Broken' } as never] });

/** Wrong on purpose: it answers as often as it likes. */
const moody = () => {
  let asked = 0;
  return benchOf({ decide: (_, { is }) => (is === 'closed' && asked++ % 2 === 0 ? [{ type: 'Opened' }] : []) });
};

/** Wrong on purpose: it changes the state that it was given. */
const rough = () =>
  benchOf({
    evolve: (state, event) => {
      state.is = event.type === 'Opened' ? 'open' : 'closed';
      return { ...state };
    },
  });

/** Wrong on purpose: one of its states is never met. */
const empty = () => benchOf({}, ['open', 'closed', 'ajar']);

const follows = 'any event follows any other, and every state that comes of them is met';
const answers = 'any command is answered in any state: with a refusal, or with events that follow';
const same = 'the same past and the same command give the same, however often they are asked';
const kept = 'nothing that is given is changed';

turnsRed(deciderLaws, right, [
  [strict, follows, answers, same, kept],
  [partial, answers, same, kept],
  [astray, answers],
  [moody, same],
  [rough, kept],
  [empty, follows],
]);
