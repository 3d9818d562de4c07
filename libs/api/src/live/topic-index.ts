// Finds the streams that may want an event by its topics, so that an event costs what its readers cost, and not all that are
// open. Never: an event sent because a topic fits; the reader judges it.
/** Who may want something, found by its topics: whoever waits for other topics costs nothing. */
export interface TopicIndex<Audience> {
  add(topics: readonly string[], audience: Audience): void;
  remove(topics: readonly string[], audience: Audience): void;
  /** Each audience that was entered under one of the topics, once. */
  of(topics: readonly string[]): ReadonlySet<Audience>;
}

const isFamily = (topic: string) => topic.endsWith('*');

/** An empty index. Topics that end in `*` stand apart, because no lookup finds a beginning. */
export const topicIndex = <Audience>(): TopicIndex<Audience> => {
  const index = new Map<string, Set<Audience>>();
  const families = new Set<string>();
  return {
    add: (topics, audience) => {
      for (const topic of topics) {
        index.set(topic, (index.get(topic) ?? new Set()).add(audience));
        if (isFamily(topic)) families.add(topic);
      }
    },
    remove: (topics, audience) => {
      for (const topic of topics) {
        const found = index.get(topic);
        found?.delete(audience);
        if (found?.size !== 0) continue;
        index.delete(topic);
        families.delete(topic);
      }
    },
    of: (topics) => {
      const begun = [...families].filter((family) => topics.some((topic) => topic.startsWith(family.slice(0, -1))));
      return new Set([...topics, ...begun].flatMap((topic) => [...(index.get(topic) ?? [])]));
    },
  };
};
