import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { after, discovered, done, fold, id, on, stream } from '../views/testing.js';

const order = fc.option(fc.record({ run: fc.constantFrom('a', 'b'), n: fc.integer({ min: 1, max: 9 }) }), { nil: {} });
const moment = fc.integer({ min: 0, max: 9 }).map(after);
const tools = fc.constantFrom('toolsOk', 'toolsNotInstalled', 'unknown');
const reading = fc
  .record({
    read: order,
    power: fc.constantFrom('poweredOn', 'poweredOff', 'suspended', 'unknown'),
    told: fc.record({ tools, observedAt: moment, bootAt: fc.option(moment) }),
    verdict: fc.option(fc.integer({ min: 1, max: 8 })),
  })
  .map(({ read, power: state, told, verdict }) => {
    const named = verdict === null ? {} : { after: { stream: `power-${id}`, sequence: verdict } };
    const reached = state === 'unknown' ? { connectionState: 'disconnected' } : {};
    return ['vm-power-observed', { power: state, ...told, ...reached, ...read, ...named }] as const;
  });
const verdict = fc
  .record({ read: order, observedAt: moment, tools, previousState: fc.constantFrom('poweredOn', 'poweredOff') })
  .chain(({ read, tools: found, ...of }) =>
    fc.constantFrom(
      [
        'vm-powered-off',
        { ...done, ...of, ...read, method: of.previousState === 'poweredOff' ? 'already-off' : 'forced' },
      ] as const,
      ['vm-powered-on', { op: 1, durationSeconds: 5, tools: found, ...of, ...read }] as const,
      ['vm-restarted', { op: 1, method: 'forced', durationSeconds: 5, observedAt: of.observedAt, ...read }] as const,
    ),
  );

it('T-BRK-2: any two logs come to the same row, byte for byte, however they interleave and repeat', () => {
  const logs = fc.tuple(fc.array(reading, { maxLength: 6 }), fc.array(verdict, { maxLength: 6 }));
  fc.assert(
    fc.property(logs, fc.array(fc.boolean()), fc.array(fc.nat(20)), ([readings, verdicts], turns, repeats) => {
      const left = [stream('inventory', [discovered, ...readings]), stream('power', verdicts)] as const;
      const plain = fold([...left[0], ...left[1]]);
      const [mine, other] = [[...left[0]], [...left[1]]];
      const mixed = turns.flatMap((turn) => (turn ? mine.shift() : other.shift()) ?? []).concat(mine, other);
      const again = repeats.flatMap((at) => mixed[at] ?? []);
      expect(JSON.stringify(fold([...mixed, ...again]))).toBe(JSON.stringify(plain));
    }),
    { numRuns: 2000 },
  );
});

const numbered = (n: number, run = 'a') => ({ run, n });
const shown = (read: readonly (readonly [string, object])[], verified: readonly (readonly [string, object])[]) =>
  fold([...stream('inventory', [discovered, ...read]), ...stream('power', verified)])?.power;
const observedOn = (seconds: number, more: object) =>
  ['vm-power-observed', { ...on(seconds, null)[1], ...more }] as const;
const verifiedOff = (seconds: number, more: object) =>
  ['vm-powered-off', { ...done, observedAt: after(seconds), ...more }] as const;

it('K3: a verified power-off is shown at once when the clock went back', () =>
  expect(shown([observedOn(0, numbered(4))], [verifiedOff(-3600, numbered(5))])).toMatchObject({
    ...{ state: 'poweredOff', observedAt: after(-3600), lastChangeAt: after(-3600) },
  }));

it('K1: an answer that was asked for before a verdict does not undo it, whatever the clock says', () =>
  expect(shown([observedOn(60, numbered(4))], [verifiedOff(0, numbered(5))])).toMatchObject({ state: 'poweredOff' }));

it('K1: a verdict of another run is shown until an observation names it', () => {
  const off8 = [verifiedOff(0, numbered(9, 'b'))];
  const naming = { after: { stream: `power-${id}`, sequence: 1 } };
  expect(shown([observedOn(60, numbered(4))], off8)).toMatchObject({ state: 'poweredOff' });
  expect(shown([observedOn(-60, { ...numbered(5), ...naming })], off8)).toMatchObject({ state: 'poweredOn' });
});

const lostAt = (seconds: number, more: object) =>
  [
    'vm-power-observed',
    { ...on(seconds, null)[1], power: 'unknown', connectionState: 'disconnected', ...more },
  ] as const;

it('K19: what was known last of a machine out of reach is the newer of what was observed and what was verified', () => {
  const [seen, lost] = [observedOn(0, numbered(4)), lostAt(60, numbered(8))];
  const naming = { after: { stream: `power-${id}`, sequence: 1 } };
  expect(shown([seen, lost], [])).toMatchObject({
    ...{ state: 'unknown', lastKnown: { state: 'poweredOn', at: after(0) } },
  });
  expect(shown([seen, lost], [verifiedOff(-3600, numbered(6))])).toMatchObject({
    ...{ state: 'unknown', lastKnown: { state: 'poweredOff', at: after(-3600) } },
  });
  expect(shown([seen, lost], [verifiedOff(30, numbered(3))])).toMatchObject({
    ...{ state: 'unknown', lastKnown: { state: 'poweredOn', at: after(0) } },
  });
  expect(shown([seen, lostAt(60, { ...numbered(8), ...naming })], [verifiedOff(30, numbered(9, 'b'))])).toMatchObject({
    ...{ state: 'unknown', lastKnown: { state: 'poweredOff', at: after(30) } },
  });
  expect(shown([seen, lost], [verifiedOff(30, numbered(9))])).toMatchObject({ state: 'poweredOff', lastKnown: null });
});

it('a machine that was out of reach has changed when it comes back in another state than it was seen in last', () => {
  const [seen, lost] = [['vm-power-observed', { ...on(0, after(-60))[1] }] as const, lostAt(60, {})];
  const back = (state: string) =>
    [
      'vm-power-observed',
      { ...on(120, null)[1], power: state, bootAt: state === 'poweredOn' ? after(-60) : null },
    ] as const;
  expect(shown([seen, lost, lost, back('poweredOff')], [])).toMatchObject({
    ...{ state: 'poweredOff', lastChangeAt: after(120) },
  });
  expect(shown([seen, lost, back('poweredOn')], [])).toMatchObject({ state: 'poweredOn', lastChangeAt: after(-60) });
});

it('a verdict on a machine out of reach has changed it where it was seen in another state last', () => {
  const found = { ...numbered(9), method: 'already-off', previousState: 'poweredOff' };
  const lost = lostAt(60, numbered(5));
  expect(shown([observedOn(0, numbered(4)), lost], [verifiedOff(120, found)])).toMatchObject({
    ...{ state: 'poweredOff', lastChangeAt: after(120) },
  });
  const off = (seconds: number, n: number) => observedOn(seconds, { ...numbered(n), power: 'poweredOff' });
  expect(shown([observedOn(0, numbered(3)), off(30, 4), lost], [verifiedOff(120, found)])).toMatchObject({
    ...{ state: 'poweredOff', lastChangeAt: after(30) },
  });
});
