/** Lets one caller after the other work on a key. Who has several keys waits for all of them, who has others does not. */
export type KeyedMutex = <Value>(keys: readonly string[], act: () => Promise<Value>) => Promise<Value>;

/** Turns in the memory of this process. Never ask for a turn from within one: it would wait for itself. */
export const keyedMutex = (): KeyedMutex => {
  const last = new Map<string, Promise<unknown>>();
  return async (keys, act) => {
    // Earlier turns are looked up and the own one is left in one step, so no two callers wait for each other.
    const mine = Promise.allSettled(keys.flatMap((key) => last.get(key) ?? [])).then(act);
    for (const key of keys) last.set(key, mine);
    try {
      return await mine;
    } finally {
      for (const key of keys) if (last.get(key) === mine) last.delete(key);
    }
  };
};
