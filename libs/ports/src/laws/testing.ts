// The laws of a port are values, so that they are used in two ways: as the suite that every adapter keeps, and to show that
// the suite turns red for an adapter that is wrong. Never: a law that is written into a `describe`, where nobody can watch
// it being broken.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

/** The laws of a port, each with its test. */
export type Laws<Bench, Law extends string = string> = Readonly<Record<Law, (bench: Bench) => Promise<void>>>;

type OpenBench<Bench> = () => Bench | Promise<Bench>;
type Close<Bench> = (bench: Bench) => Promise<void> | undefined;

/** Puts a bench away that knows how. */
export const closing: Close<{ close?(): Promise<void> }> = (bench) => bench.close?.();

/** Runs each law on a bench of its own. */
export const lawsApart = <Bench>(title: string, laws: Laws<Bench>, open: OpenBench<Bench>, close?: Close<Bench>) =>
  describe(title, () => {
    for (const [law, holds] of Object.entries(laws))
      it(law, async () => {
        const bench = await open();
        try {
          await holds(bench);
        } finally {
          await close?.(bench);
        }
      });
  });

/** Runs the laws one after the other on the same bench, where opening one is dear. `reset` puts it back before each. */
export const lawsInTurn = <Bench extends { close?(): Promise<void> }>(
  title: string,
  laws: Laws<Bench>,
  open: OpenBench<Bench>,
  reset?: (bench: Bench) => Promise<void>,
) =>
  describe(title, () => {
    let bench: Bench;
    beforeAll(async () => void (bench = await open()));
    beforeEach(() => reset?.(bench));
    afterAll(() => bench?.close?.());
    for (const [law, holds] of Object.entries(laws)) it(law, () => holds(bench));
  });

/** The adapters of the specs need no time, so whoever is not done by then never will be, however busy the machine is. */
const TURNS = 5_000;

const holdsInTime = async (proof: Promise<void>) => {
  let held: boolean | undefined;
  const over = (how: boolean) => () => void (held = how);
  void proof.then(over(true), over(false));
  for (let turn = 0; turn < TURNS && held === undefined; turn++) await new Promise((next) => setImmediate(next));
  return held ?? false;
};

/** Which laws break, each on a bench of its own. One that does not come to its end is broken. */
const brokenBy = async <Bench>(laws: Laws<Bench>, open: OpenBench<Bench>, close?: Close<Bench>) => {
  const broken = async ([law, holds]: [string, Laws<Bench>[string]]) => {
    const bench = await open();
    const kept = await holdsInTime(holds(bench));
    await close?.(bench);
    return kept ? [] : [law];
  };
  return (await Promise.all(Object.entries(laws).map(broken))).flat();
};

/**
 * Shows that a suite turns red: each adapter that is wrong on purpose breaks the laws named after it and no other, the one
 * they were made from breaks none, and there is no law that nobody breaks.
 */
export const turnsRed = <Bench, Law extends string>(
  laws: Laws<Bench, Law>,
  right: OpenBench<Bench>,
  wrong: readonly (readonly [open: OpenBench<Bench>, law: Law, ...more: Law[]])[],
  close?: Close<Bench>,
) => {
  it.each(wrong.map(([open, ...broken]) => [open.name, open, broken] as const))(
    'the suite turns red for the adapter that is %s',
    async (_name, open, broken) => expect((await brokenBy(laws, open, close)).sort()).toEqual([...broken].sort()),
  );

  it('the suite is green for the adapter they were made from', async () =>
    expect(await brokenBy(laws, right, close)).toEqual([]));

  it('there is no law that nobody breaks', () => {
    const broken = new Set<string>(wrong.flatMap(([, ...names]) => names));
    expect(Object.keys(laws).filter((law) => !broken.has(law))).toEqual([]);
  });
};
