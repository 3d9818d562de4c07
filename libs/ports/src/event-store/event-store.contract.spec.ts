import { expect, it } from '@jest/globals';
import { CommitId } from '@drover/kernel';
import { eventStoreLaws } from './event-store.contract.js';
import { memoryEventStore } from './event-store.memory.js';
import type { Commit, EventStore } from './event-store.js';

/** Wrong on purpose: it appends at whatever version the stream has by now. */
const careless = (): EventStore => {
  const store = memoryEventStore();
  let version = 0;
  return {
    ...store,
    append: (draft) => store.append({ ...draft, version: (version += draft.facts.length) - draft.facts.length }),
  };
};

/** Wrong on purpose: it relies on the uniqueness of (stream, version), which knows nothing of what lies in between. */
const unique = (): EventStore => {
  const commits: Commit[] = [];
  return {
    ...memoryEventStore(),
    read: async (stream) => commits.filter((commit) => commit.stream === stream),
    append: async (draft) => {
      if (commits.some(({ version }) => version === draft.version)) throw new Error('duplicate key');
      const commit = { position: commits.length + 1, ...draft, prevHash: '' };
      commits.push(commit);
      return commit;
    },
  };
};

/** Wrong on purpose: it does not know a commit again. */
const forgetful = (): EventStore => {
  const store = memoryEventStore();
  return { ...store, append: (draft) => store.append({ ...draft, commitId: CommitId.create() }) };
};

/** Wrong on purpose: it keeps the caller's own objects. */
const trusting = (): EventStore => {
  const commits: Commit[] = [];
  const store = memoryEventStore();
  return {
    ...store,
    append: async (draft) => {
      const commit = await store.append(draft);
      commits.push(commit);
      return commit;
    },
    read: async () => commits,
  };
};

/** Wrong on purpose: it gives every instant back as a Date, as a driver with a date type likes to do. */
const helpful = (): EventStore => {
  const store = memoryEventStore();
  const revive = (_: string, value: unknown) => (/^\d{4}-.*Z$/.test(String(value)) ? new Date(String(value)) : value);
  return { ...store, read: async (stream) => JSON.parse(JSON.stringify(await store.read(stream)), revive) };
};

/** Wrong on purpose: it tells of a commit before the one that came first. */
const hasty = (): EventStore => {
  const store = memoryEventStore();
  return { ...store, subscribe: (listener) => store.subscribe((commits) => listener([...commits, ...commits])) };
};

/** Wrong on purpose: it leaves a gap after every commit, as a database sequence does when a transaction is rolled back. */
const gappy = (): EventStore => {
  const store = memoryEventStore();
  const spread = (commit: Commit) => ({ ...commit, position: commit.position * 2 });
  return {
    ...store,
    append: async (draft) => spread(await store.append(draft)),
    readAll: async (after, limit) => (await store.readAll(after / 2, limit)).map(spread),
  };
};

const brokenBy = async (open: () => EventStore) => {
  const broken: string[] = [];
  for (const [law, holds] of Object.entries(eventStoreLaws)) await holds(open()).catch(() => broken.push(law));
  return broken;
};

it.each([
  ['careless', careless, 'exactly one of two concurrent writers gets through'],
  ['careless', careless, 'an expected version inside a commit is refused'],
  ['unique', unique, 'an expected version inside a commit is refused'],
  ['unique', unique, 'each commit carries the hash of the one before it, whatever its stream'],
  ['forgetful', forgetful, 'a commit that is appended again is answered as the first time, and stored once'],
  ['hasty', hasty, 'listeners are told of every commit once, in position order, and not after they leave'],
  ['gappy', gappy, 'positions are dense, and all commits can be read from any of them'],
  ['trusting', trusting, 'history cannot be changed from outside'],
  ['helpful', helpful, 'facts survive the trip through JSON, instants as text'],
])('the suite turns red for a %s store', async (_name, wrong, law) => expect(await brokenBy(wrong)).toContain(law));

it('the suite is green for the store they were made from', async () =>
  expect(await brokenBy(memoryEventStore)).toEqual([]));
