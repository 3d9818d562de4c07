// One kind of streams, read and written through its decider: load, decide, append, and again where another writer was first.
// Recent streams are kept folded, and the append finds out a stale one. Never: a decision on a history that lacks something,
// or a second decision on a request that was answered within a day.
import {
  CommitId,
  FactId,
  Instant,
  isRejection,
  reject,
  type CommandId,
  type Decider,
  type Fact,
  type Rejection,
  type StreamId,
} from '@drover/kernel';
import { recentMap } from '../recent-map.js';
import {
  isLost,
  StreamMoved,
  type Commit,
  type Draft,
  type EventStore,
  type Part,
  type CommandContext,
} from './event-store.js';

const DAY = 24 * 3600;

/** The commit that answered a request, as long as a repeat may come. */
interface Answer<Event extends Fact> {
  readonly at: Instant;
  readonly fingerprint: string | undefined;
  readonly facts: readonly Event[];
}

/** What a stream amounts to. */
export interface Folded<Event extends Fact, State> {
  readonly state: State;
  /** How many facts it holds. */
  readonly version: number;
  /** The number of its last published fact: what an ETag says. */
  readonly sequence: number;
  readonly answered: ReadonlyMap<CommandId, Answer<Event>>;
}

/** What came of a command: the facts of its commit, or none when it was already so, and the stream after them. */
export interface Outcome<Event extends Fact, State> {
  readonly facts: readonly Event[];
  readonly replayed: boolean;
  readonly after: Folded<Event, State>;
  /** The commit, or the one that would have been made by a dry run; none when it was already so. */
  readonly commit: Commit<Event> | null;
}

/** Refusals that any request can meet, whatever its stream. */
export type TransactRefusal = 'idempotency_key_reused' | 'version_mismatch';

/** The streams of one kind of thing, read and written through its decider. */
export interface Streams<Command, Event extends Fact, State, Code extends string> {
  load(stream: StreamId): Promise<Folded<Event, State>>;
  /** The commits themselves, for views of one stream. */
  commits(stream: StreamId, part?: Part): Promise<readonly Commit<Event>[]>;
  /** A request that was answered within a day is not decided again: its commit is the answer. */
  transact(
    stream: StreamId,
    command: Command,
    context: CommandContext,
  ): Promise<Outcome<Event, State> | Rejection<Code | TransactRefusal>>;
}

/** The streams that belong to a decider, for signatures. */
export type StreamsOf<D> = D extends Decider<infer C, infer E, infer S, infer K> ? Streams<C, E, S, K> : never;

/** How the streams of a kind are read. */
export interface StreamsOptions<Event extends Fact> {
  /** Whether a fact is told to others; only those count in an ETag. */
  readonly isPublic: (fact: Event) => boolean;
  /** Lifts facts of older shapes. */
  readonly upcast?: (fact: Fact) => Event;
  readonly attempts?: number;
  /** By how many milliseconds the time of day was set forward since an instant: they do not count in a day. */
  readonly leapt?: (since: Instant) => number;
  /** How many streams are kept folded; a stale one is found out by the append, so a hit costs nothing. */
  readonly cached?: number;
}

/** The answer may be lost where the commit was not: the same commit, sent again, is stored once. */
export const appendSurely = (store: EventStore, draft: Draft) =>
  store.append(draft).catch((error: unknown) => {
    if (error instanceof StreamMoved) throw error;
    return store.append(draft);
  });

/** Throws when a store lacks what it had: asked before a command reads anything, so that no other refusal hides it. */
export const wholeStore = (store: Pick<EventStore, 'lack'>) => () => {
  const lack = store.lack();
  if (lack) throw lack;
};

/** load -> decide -> append, tried again when another writer got there first. */
export const streamsOf = <Command, Event extends Fact, State, Code extends string>(
  decider: Decider<Command, Event, State, Code>,
  store: EventStore,
  { isPublic, upcast = (fact) => fact as Event, attempts = 5, cached = 1000, leapt = () => 0 }: StreamsOptions<Event>,
): Streams<Command, Event, State, Code> => {
  type Fold = Folded<Event, State>;
  const kept = recentMap<StreamId, Fold>(cached);
  /** Whether a repeat of what was answered then is still that answer. */
  const isWithinDay = (at: Instant, now: Instant) => Instant.msBetween(at, now) - leapt(at) < DAY * 1000;
  const empty: Fold = { state: decider.initial, version: 0, sequence: 0, answered: new Map() };

  // The one place where stored facts are taken for facts of this kind; older shapes are lifted here.
  const lift = (commit: Commit): Commit<Event> => ({
    ...commit,
    facts: commit.facts.map(({ id, fact }) => ({ id, fact: isLost(commit) ? (fact as Event) : upcast(fact) })),
  });

  const fold = (before: Fold, commits: readonly Commit<Event>[]): Fold => {
    if (commits.length === 0) return before;
    let { state, version, sequence } = before;
    const answered = new Map(before.answered);
    for (const commit of commits) {
      const { facts, metadata } = commit;
      version = commit.version; // not counted on: of what was lost before it there may be no commit
      if (isLost(commit)) {
        version += facts.length;
        continue;
      }
      for (const { fact } of facts) {
        state = decider.evolve(state, fact);
        version += 1;
        if (isPublic(fact)) sequence = version;
      }
      const { commandId, at, fingerprint } = metadata;
      if (commandId) answered.set(commandId, { at, fingerprint, facts: facts.map(({ fact }) => fact) });
    }
    const now = commits.at(-1)?.metadata.at;
    if (now) for (const [id, { at }] of answered) if (!isWithinDay(at, now)) answered.delete(id);
    return { state, version, sequence, answered };
  };

  const keep = (stream: StreamId, folded: Fold) => {
    kept.set(stream, folded); // as the latest: what is forgotten is what nobody asked for longest
    return folded;
  };

  const load = async (stream: StreamId) => {
    const before = kept.get(stream) ?? empty;
    const commits = await store.read(stream, { from: before.version });
    const newest = kept.get(stream) ?? empty; // another load may have got further while this one read
    if (newest.version > before.version) return newest;
    return keep(stream, fold(before, commits.map(lift)));
  };

  // Requests of one stream wait for each other in this process, so they conflict only with other processes.
  const turns = new Map<StreamId, Promise<unknown>>();
  const inTurn = <Value>(stream: StreamId, act: () => Promise<Value>): Promise<Value> => {
    const before = turns.get(stream) ?? Promise.resolve();
    const mine = before.then(act, act);
    turns.set(stream, mine);
    const leave = () => {
      if (turns.get(stream) === mine) turns.delete(stream);
    };
    void mine.then(leave, leave);
    return mine;
  };

  const decideAndAppend: Streams<Command, Event, State, Code>['transact'] = async (stream, command, context) => {
    const { metadata, dryRun, ifSequence } = context;
    const lack = store.lack(stream);
    if (lack) throw lack; // before anything is decided on a history that was cut
    for (let left = attempts; ; left--) {
      const before = await load(stream);
      const { state, version, sequence, answered } = before;
      const first = metadata.commandId && answered.get(metadata.commandId);
      if (first && isWithinDay(first.at, metadata.at)) {
        return first.fingerprint === metadata.fingerprint
          ? { facts: first.facts, replayed: true, after: before, commit: null }
          : reject('idempotency_key_reused', 'This Idempotency-Key belongs to another request. Nothing was done.');
      }
      if (ifSequence !== undefined && ifSequence !== sequence)
        return reject('version_mismatch', 'It was changed since you read it. Nothing was done.');
      const decided = decider.decide(command, state);
      if (isRejection(decided)) return decided;
      if (decided.length === 0) return { facts: [], replayed: false, after: before, commit: null };
      const facts = decided.map((fact) => ({ id: FactId.createAt(metadata.at), fact }));
      const draft: Draft<Event> = { stream, version, commitId: CommitId.createAt(metadata.at), facts, metadata };
      if (dryRun) {
        const commit = { ...draft, position: 0, prevHash: '' };
        return { facts: decided, replayed: false, after: fold(before, [commit]), commit };
      }
      try {
        const commit = (await appendSurely(store, draft)) as Commit<Event>;
        return { facts: decided, replayed: false, after: await load(stream), commit };
      } catch (error) {
        if (!(error instanceof StreamMoved) || left === 1) throw error;
      }
    }
  };

  return {
    load,
    transact: (stream, command, context) => inTurn(stream, () => decideAndAppend(stream, command, context)),
    commits: async (stream, part) => (await store.read(stream, part)).filter((commit) => !isLost(commit)).map(lift),
  };
};
