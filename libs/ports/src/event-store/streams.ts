// A command on a stream, from its past to its commit: what was answered is answered again, else the decider says, and what it
// says is appended where the stream ended. Whoever lost a race against another process decides anew.
// Never: a decision on a history that was cut, or a dry run that appends.
import {
  CommitId,
  FactId,
  isRejection,
  reject,
  type Decider,
  type Fact,
  type Rejection,
  type StreamId,
} from '@drover/kernel';
import {
  isLost,
  StreamMoved,
  type Commit,
  type Draft,
  type EventStore,
  type StreamPart,
  type CommandContext,
} from './event-store.js';
import { foldedStreams, type Folded, type StreamsOptions } from './folded-streams.js';
import { streamTurns } from './stream-turns.js';

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
  commits(stream: StreamId, part?: StreamPart): Promise<readonly Commit<Event>[]>;
  /** A request that was answered within a day is not decided again: its commit is the answer. */
  transact(
    stream: StreamId,
    command: Command,
    context: CommandContext,
  ): Promise<Outcome<Event, State> | Rejection<Code | TransactRefusal>>;
}

/** The streams that belong to a decider, for signatures. */
export type StreamsOf<D> = D extends Decider<infer C, infer E, infer S, infer K> ? Streams<C, E, S, K> : never;

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
  { attempts = 5, ...options }: StreamsOptions<Event> & { readonly attempts?: number },
): Streams<Command, Event, State, Code> => {
  const { load, fold, lift, isWithinDay } = foldedStreams(decider, store, options);
  const inTurn = streamTurns();

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
