import { expect, it } from '@jest/globals';
import { ConnectionId, Instant, type GroupId } from '@drover/kernel';
import { vmDecider as d } from '../vm.decider.js';
import type { VmFact } from '../vm.events.js';

const connectionId = ConnectionId.parse('site-a');
const at = Instant.parse('2026-11-20T10:00:00Z');
/** A machine as its connection shows it, which is in these groups by then; renamed each time, so that it is told anew. */
const shown = (n: number, ...groupIds: readonly GroupId[]) => ({
  ...({ type: 'Observe', connectionId, groupIds, name: `web-0${n}`, aliases: [], hardware: null } as const),
  ...({ power: 'poweredOn', tools: 'toolsOk', bootAt: null, observedAt: at, run: 'r1', n } as const),
});
const after = (...past: readonly VmFact[]) => past.reduce(d.evolve, d.initial);
const decided = (state: ReturnType<typeof after>, command: Parameters<typeof d.decide>[0]) => {
  const facts = d.decide(command, state);
  if (!Array.isArray(facts)) throw new Error('it was refused');
  return facts as readonly VmFact[];
};

it('a machine keeps the groups that its connection had when it was found', () => {
  const found = decided(after(), shown(1, 'prod'));
  const state = after(...found);
  expect(state).toMatchObject({ groupIds: ['prod'] });
  const later = after(...found, ...decided(state, shown(2, 'test')), ...decided(state, shown(3)));
  expect(later).toMatchObject({ groupIds: ['prod'] });
});

it('one that was gone is found in the groups it had, and one that had none in those of its connection by then', () => {
  const gone: VmFact = { type: 'VmRetired', cause: 'gone' };
  for (const [before, again] of [
    ['prod', 'prod'],
    [null, 'test'],
  ] as const) {
    const found = decided(after(), shown(1, ...(before === null ? [] : [before])));
    const back = decided(after(...found, gone), shown(2, 'test'));
    expect(after(...found, gone, ...back)).toMatchObject({ groupIds: [again] });
  }
});
