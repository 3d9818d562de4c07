// How long to wait before another try. Never: chance of its own; whoever adds some says where it is from.

/** How long to wait before another try, in ms: twice as long after each one, up to a most. Chance is for the caller to add. */
export const backOffMs = (baseMs: number, mostMs: number, tries: number): number =>
  Math.min(mostMs, baseMs * 2 ** tries);
