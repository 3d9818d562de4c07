import { CommitId } from '@drover/kernel';
import { turnsRed } from '../laws/testing.js';
import {
  eventStoreLaws,
  sharedStoreLaws,
  shortBench,
  shortStoreLaws,
  type SharedStoreBench,
} from './event-store.contract.js';
import { memoryEventStore } from './event-store.memory.js';
import {
  StoreRefused,
  StreamMoved,
  type Commit,
  type CommitMetadata,
  type Draft,
  type EventStore,
} from './event-store.js';

const storeThat = (change: (store: EventStore) => Partial<EventStore>): EventStore => {
  const store = memoryEventStore();
  return { ...store, ...change(store) };
};

/** A store that looks at nothing but `refuses` to see whether the stream moved. */
const lax = (refuses: (draft: Draft) => boolean) => {
  const held = new Map<string, number>();
  const known = new Set<string>();
  return storeThat(({ append }) => ({
    append: async (draft) => {
      const { stream, commitId, facts } = draft;
      if (known.has(commitId)) return append(draft);
      const version = held.get(stream) ?? 0;
      if (refuses(draft)) throw new StreamMoved(stream, draft.version, version);
      known.add(commitId);
      held.set(stream, version + facts.length);
      return append({ ...draft, version });
    },
  }));
};

/** Wrong on purpose: it appends at whatever version the stream has by now. */
const careless = () => lax(() => false);

/** Wrong on purpose: it relies on the uniqueness of (stream, version), which knows nothing of what lies in between. */
const unique = () => {
  const taken = new Set<string>();
  return lax(({ stream, version }) => taken.size === taken.add(`${stream} ${version}`).size);
};

/** Wrong on purpose: it does not know a commit again. */
const forgetful = () =>
  storeThat(({ append }) => ({ append: (draft) => append({ ...draft, commitId: CommitId.create() }) }));

/** Wrong on purpose: it keeps the caller's own objects. */
const trusting = () => {
  const kept = new Map<string, Draft['facts']>();
  return storeThat(({ append, read }) => ({
    append: (draft) => (kept.set(draft.commitId, draft.facts), append(draft)),
    read: async (...of) => (await read(...of)).map((each) => ({ ...each, facts: kept.get(each.commitId) ?? [] })),
  }));
};

/** Wrong on purpose: it gives every instant back as a Date, as a driver with a date type likes to do. */
const helpful = () => {
  const revive = (_: string, value: unknown) => (/^\d{4}-.*Z$/.test(String(value)) ? new Date(String(value)) : value);
  return storeThat(({ read }) => ({ read: async (...of) => JSON.parse(JSON.stringify(await read(...of)), revive) }));
};

/** Wrong on purpose: it tells of every commit twice. */
const hasty = () =>
  storeThat(({ subscribe }) => ({
    subscribe: (listener) => subscribe((commits) => listener([...commits, ...commits])),
  }));

/** Wrong on purpose: it leaves a gap after every commit, as a database sequence does when a transaction is rolled back. */
const gappy = () => {
  const spread = (commit: Commit) => ({ ...commit, position: commit.position * 2 });
  return storeThat(({ append, read, readAll, end }) => ({
    end: async () => (await end()) * 2,
    append: async (draft) => spread(await append(draft)),
    read: async (...of) => (await read(...of)).map(spread),
    readAll: async (after, limit) => (await readAll(after / 2, limit)).map(spread),
  }));
};

/** Wrong on purpose: each stream counts its own positions. */
const local = () =>
  storeThat(({ append }) => ({ append: async (draft) => ({ ...(await append(draft)), position: draft.version + 1 }) }));

/** Wrong on purpose: a stream that nobody wrote to is an error. */
const fussy = () =>
  storeThat(({ read }) => ({
    read: async (stream, part) => {
      if ((await read(stream)).length === 0) throw new Error(`${stream} is not there`);
      return read(stream, part);
    },
  }));

/** Wrong on purpose: it stores what it has columns for. */
const narrow = () => {
  const known = ({ at, actor, requestId }: CommitMetadata) => ({ at, actor, requestId });
  return storeThat(({ append }) => ({ append: (draft) => append({ ...draft, metadata: known(draft.metadata) }) }));
};

/** Wrong on purpose: it gives the first page of a stream, whichever part was asked for. */
const hurried = () => storeThat(({ read }) => ({ read: async (stream) => (await read(stream)).slice(0, 10) }));

/** Wrong on purpose: it counts facts, where positions are those of commits. */
const counting = () => {
  let facts = 0;
  return storeThat(({ append }) => ({
    append: (draft) => ((facts += draft.facts.length), append(draft)),
    end: async () => facts,
  }));
};

/** Wrong on purpose: it believes to lack something. */
const suspicious = () =>
  storeThat(() => ({ lack: () => new StoreRefused('store_shorter_than_anchor', 'It looks short.') }));

const whole = 'a store that lacks nothing says so, of itself and of each stream';
const comesBack = 'what was appended comes back, in order, with its ids and metadata';
const oneOfTwo = 'exactly one of two concurrent writers gets through';
const inside = 'an expected version inside a commit is refused';
const beyond = 'an expected version beyond the end is refused';
const again = 'a commit that is appended again is answered as the first time, and stored once';
const chain = 'each commit carries the hash of the one before it, whatever its stream';
const part = 'a part of a stream begins at a version or ends at an instant';
const dense = 'positions are dense, and all commits can be read from any of them';
const listeners = 'listeners are told of every commit once, in position order, and not after they leave';
const loser = 'one loser does not stop those who write beside it';

turnsRed(eventStoreLaws, memoryEventStore, [
  [careless, oneOfTwo, inside, beyond, loser],
  [unique, inside, beyond],
  [forgetful, comesBack, again, listeners],
  [trusting, 'history cannot be changed from outside'],
  [helpful, comesBack, 'facts survive the trip through JSON, instants as text'],
  [hasty, listeners],
  [gappy, chain, dense, loser],
  [local, comesBack, 'one position for each commit, growing across streams', chain, dense],
  [fussy, 'an unknown stream has no commits'],
  [narrow, comesBack],
  [counting, 'says where it ends'],
  [suspicious, whole],
  [hurried, part, 'a fact of a megabyte and a stream of 10,000 facts are kept whole'],
]);

/** A memory store of which the end is gone. */
const cut = async () => {
  let short = false;
  return shortBench(memoryEventStore({ lacks: () => short }), async (store) => {
    short = true;
    return store;
  });
};
const shortThat = (change: (store: EventStore) => Partial<EventStore>) => async () => {
  const bench = await cut();
  return { ...bench, store: { ...bench.store, ...change(bench.store) } };
};

/** Wrong on purpose: it looks at the version first, so a conflict hides what it lacks. */
const exact = shortThat((store) => ({
  append: async (draft) => {
    if (draft.version !== 2) throw new StreamMoved(draft.stream, draft.version, 2);
    return store.append(draft);
  },
}));

/** Wrong on purpose: it gives up its reads as well. */
const silent = shortThat((store) => ({
  read: async () => {
    throw store.lack() ?? new Error('it lacks nothing');
  },
}));

const says = 'it says what it lacks, and takes nothing, whatever else stands against it';
turnsRed(shortStoreLaws, cut, [
  [exact, says],
  [silent, 'what is left of it can be read'],
]);

type Listener = (commits: readonly Commit[]) => void;

/** Handles of one store, changed on their way out. */
const sharedThat = (
  change: (store: EventStore, later: (() => void)[]) => Partial<EventStore> = () => ({}),
): SharedStoreBench => {
  const store = memoryEventStore();
  const later: (() => void)[] = [];
  return {
    handle: async () => ({ ...store, ...change(store, later) }),
    pass: async () => later.splice(0).forEach((tell) => tell()),
  };
};
const shared = () => sharedThat();

/** Which commits come from this handle, and who listens at it. */
const apart = (store: EventStore, foreign: (listener: Listener, commits: readonly Commit[]) => void) => {
  const own = new Set<string>();
  return {
    append: (draft: Draft) => {
      own.add(draft.commitId);
      return store.append(draft);
    },
    subscribe: (listener: Listener) =>
      store.subscribe((commits) => {
        const mine = commits.every(({ commitId }) => own.has(commitId));
        if (mine) listener(commits);
        else foreign(listener, commits);
      }),
  };
};

/** Wrong on purpose: it hears its own appends alone. */
const deaf = () => sharedThat((store) => apart(store, () => {}));

/** Wrong on purpose: it tells of the others when it looks, and of its own before that. */
const disorderly = () =>
  sharedThat((store, later) => apart(store, (listener, commits) => void later.push(() => listener(commits))));

/** Wrong on purpose: it appends whatever the version. */
const unfenced = () =>
  sharedThat((store) => ({
    append: async (draft) => {
      for (;;) {
        const facts = (await store.read(draft.stream)).flatMap((commit) => commit.facts);
        try {
          return await store.append({ ...draft, version: facts.length });
        } catch (error) {
          if (!(error instanceof StreamMoved)) throw error;
        }
      }
    },
  }));

/** Wrong on purpose: each process counts for itself. */
const split = (): SharedStoreBench => ({ handle: async () => memoryEventStore(), pass: async () => {} });

const hears = 'a listener hears what any process appends, within a second';
const inOrder = 'and its own at once, behind what the others appended before';
const fenced = 'of two processes that expect the same version one gets through, and the other is told';
const chained = 'positions are dense and the chain is whole, whoever appends';
turnsRed(sharedStoreLaws, shared, [
  [deaf, hears, inOrder],
  [disorderly, inOrder],
  [unfenced, fenced],
  [split, hears, inOrder, chained],
]);
