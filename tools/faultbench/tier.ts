// How much a fault run does: little with each change, everything at night (`npm run faults -- --tier nightly`).
export const nightly = process.env['FAULTS_TIER'] === 'nightly';

/** A figure of a run: the short one, or the full one at night. */
export const figure = (short: number, full: number) => (nightly ? full : short);

/** The seed of what is drawn: the same each time, unless another one is given; at night a new one, which is printed. */
export const seedOf = (name: string) => {
  const seed = Number(process.env['FAULTS_SEED'] ?? (nightly ? process.hrtime()[1] % 1_000_000 : 1));
  if (nightly) console.log(`${name}: FAULTS_SEED=${seed}`);
  return seed;
};

/** Numbers below a bound, each decided by the seed. */
export const drawnBelow = (seed: number) => {
  let state = Math.imul(seed + 1, 2654435761);
  return (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};
