// A map for what may be forgotten, bounded by the number of its keys. Never: for what must be known to be right.

/** A map that stays bounded. */
export interface RecentMap<Key, Value> {
  get(key: Key): Value | undefined;
  has(key: Key): boolean;
  /** Sets it, as the latest. */
  set(key: Key, value: Value): void;
  delete(key: Key): boolean;
}

/** Forgets what was set longest ago once it has more than `most` keys. */
export const recentMap = <Key, Value>(most: number): RecentMap<Key, Value> => {
  const map = new Map<Key, Value>();
  return {
    get: (key) => map.get(key),
    has: (key) => map.has(key),
    set: (key, value) => {
      map.delete(key); // a map keeps the place of a key that is set again
      map.set(key, value);
      if (map.size <= most) return;
      for (const oldest of map.keys()) return void map.delete(oldest);
    },
    delete: (key) => map.delete(key),
  };
};
