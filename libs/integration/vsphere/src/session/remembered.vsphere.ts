// One answer for all who ask while it is known or under way. Never: a failure that is remembered.

/** What was asked for once, for everybody who asks while it is known. */
export interface Remembered<Value> {
  /** The answer that is known or under way; asks when there is none. One that failed is asked for again. */
  get(): Promise<Value>;
  /** The same without asking; null when there is none. */
  known(): Promise<Value> | null;
  forget(): void;
}

/** Nothing is known yet. */
export const remembered = <Value>(ask: () => Promise<Value>): Remembered<Value> => {
  let known: Promise<Value> | null = null;
  return {
    get: () => {
      if (known) return known;
      const asked: Promise<Value> = ask().catch((error: unknown) => {
        if (known === asked) known = null;
        throw error;
      });
      return (known = asked);
    },
    known: () => known,
    forget: () => void (known = null),
  };
};
