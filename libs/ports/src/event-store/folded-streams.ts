// The state of streams, folded and kept. A stream is read from where its kept state ends; that a kept one is out of date is
// found out by the append, so a hit costs nothing. Never: a fact taken for one of this kind that was not lifted here, or a
// state that is older than one which was kept before.
import { Instant, type CommandId, type Decider, type Fact, type StreamId } from '@drover/kernel';
import { recentMap } from '../recent-map.js';
import { isLost, type Commit, type EventStore } from './event-store.js';

const DAY = 24 * 3600;

/** The commit that answered a request, as long as a repeat may come. */
export interface AnsweredRequest<Event extends Fact> {
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
  readonly answered: ReadonlyMap<CommandId, AnsweredRequest<Event>>;
}

/** How the streams of a kind are read. */
export interface StreamsOptions<Event extends Fact> {
  /** Whether a fact is told to others; only those count in an ETag. */
  readonly isPublic: (fact: Event) => boolean;
  /** Lifts facts of older shapes. */
  readonly upcast?: (fact: Fact) => Event;
  /** By how many milliseconds the time of day was set forward since an instant: they do not count in a day. */
  readonly leapt?: (since: Instant) => number;
  /** How many streams are kept folded; a stale one is found out by the append, so a hit costs nothing. */
  readonly cached?: number;
}

/** The streams of one kind as they stand. */
export interface FoldedStreams<Event extends Fact, State> {
  load(stream: StreamId): Promise<Folded<Event, State>>;
  /** A state with commits on top of it. */
  fold(before: Folded<Event, State>, commits: readonly Commit<Event>[]): Folded<Event, State>;
  /** The one place where stored facts are taken for facts of this kind; older shapes are lifted here. */
  lift(commit: Commit): Commit<Event>;
  /** Whether a repeat of what was answered then is still that answer. */
  isWithinDay(at: Instant, now: Instant): boolean;
}

/** Folds and keeps the streams of a decider. */
export const foldedStreams = <Event extends Fact, State>(
  decider: Pick<Decider<never, Event, State, string>, 'initial' | 'evolve'>,
  store: Pick<EventStore, 'read'>,
  { isPublic, upcast = (fact) => fact as Event, cached = 1000, leapt = () => 0 }: StreamsOptions<Event>,
): FoldedStreams<Event, State> => {
  type Fold = Folded<Event, State>;
  const kept = recentMap<StreamId, Fold>(cached);
  const isWithinDay = (at: Instant, now: Instant) => Instant.msBetween(at, now) - leapt(at) < DAY * 1000;
  const empty: Fold = { state: decider.initial, version: 0, sequence: 0, answered: new Map() };

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
  return { load, fold, lift, isWithinDay };
};
