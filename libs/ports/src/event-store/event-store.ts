// The port to the store of facts: commits that are appended to streams, read back in order, and told to listeners once they are
// durable. What was lost keeps its numbers. Never: a change of what was committed, or a format that no longer loads.
import {
  hashOf,
  type Actor,
  type CommandId,
  type CommitId,
  type Fact,
  type FactId,
  type Instant,
  type RequestId,
  type SessionId,
  type StreamId,
  type PrincipalId,
} from '@drover/kernel';

/** A fact as it is stored: its id is made by the caller, before the append, and stays when the append is repeated. */
export type Recorded<Event extends Fact = Fact> = { readonly id: FactId; readonly fact: Event };

/** What a caller hands in. `version` is the number of facts in the stream before it: what the caller has read. */
export type Draft<Event extends Fact = Fact> = {
  readonly stream: StreamId;
  readonly version: number;
  readonly commitId: CommitId;
  readonly facts: readonly Recorded<Event>[];
  readonly metadata: CommitMetadata;
};

/** One row, one document. `position`, (`stream`, `version`) and `commitId` are unique; a released format loads for ever. */
export type Commit<Event extends Fact = Fact> = Draft<Event> & {
  readonly position: number;
  readonly prevHash: string;
};

/** Which request was answered, and the hash of what it sent: both, or neither where nobody repeats it under a key. */
export type AnsweredCommand =
  | { readonly commandId: CommandId; readonly fingerprint: string }
  | { readonly commandId?: never; readonly fingerprint?: never };

/** Who, when, and for which request. Facts say what happened; everything about the asking is here. */
export type CommitMetadata = AnsweredCommand & {
  readonly at: Instant;
  readonly actor: PrincipalId;
  readonly session?: SessionId;
  readonly ip?: string;
  readonly requestId: RequestId;
  readonly reason?: string;
  readonly traceparent?: string;
};

/** What comes with a command: the metadata of its commit, and whether it is only tried. */
export interface CommandContext {
  readonly metadata: CommitMetadata;
  readonly dryRun?: true;
  /** The last published version of the stream that the asker has seen. */
  readonly ifSequence?: number;
}

/** The context of an actor's command. The input is hashed, so a key that is used again for another request is refused. */
export const contextOf = (actor: Actor, input: unknown, at: Instant): CommandContext => {
  const { sub, rights: _rights, commandId, fingerprint = hashOf(input), dryRun, ifMatch: _ifMatch, ...asked } = actor;
  const metadata = { at, actor: sub, ...asked, ...(commandId && { commandId, fingerprint }) };
  return { metadata, ...(dryRun && { dryRun }) };
};

/** What the next commit's `prevHash` says of this one: whoever changes a stored commit breaks the chain behind it. */
export const chainHash = ({ position, stream, version, commitId, facts, metadata, prevHash }: Commit) =>
  hashOf([position, stream, version, commitId, facts, metadata, prevHash]);

/** The `prevHash` of the first commit. */
export const GENESIS = '';

/** Which part of a stream: facts after a version, up to a version or an instant. */
export interface StreamPart {
  /** Commits that begin at this version or later: the number of facts already read. */
  readonly from?: number;
  /** Commits recorded at this instant or before. */
  readonly at?: Instant;
}

/**
 * The type of a fact that could not be read and whose loss was accepted: it keeps its number, says nothing and is told to
 * nobody.
 */
export const LOST_FACT = 'FactLost';

/** Whether a commit stands for one that was lost: all its facts are, or none. */
export const isLost = ({ facts }: Commit) => facts.some(({ fact }) => fact.type === LOST_FACT);

/** Appends facts to streams and reads them back, in order, once. */
export interface EventStore {
  /**
   * How often a loss of this store was accepted. A number that a lost fact may have given away is not given again:
   * ordinals of operations begin at run × 1,000,000 + 1.
   */
  readonly run: number;
  /**
   * Why nothing may be decided on what is stored, in one stream or in all of them: the store lacks what it had, or holds
   * what cannot be read. Null when nothing is known to be wrong.
   */
  lack(stream?: StreamId): StoreRefused | null;
  /** Commits of a stream, oldest first; none for a stream nobody wrote to. Throws StoreRefused when one cannot be read. */
  read(stream: StreamId, part?: StreamPart): Promise<readonly Commit[]>;
  /**
   * Commits of all streams after a position, in position order. Whoever has seen N has seen everything up to N that can
   * be read.
   */
  readAll(after: number, limit: number): Promise<readonly Commit[]>;
  /** The position of the last commit; 0 where there is none. */
  end(): Promise<number>;
  /**
   * Stores all facts or none. A `commitId` it knows is answered as the first time, wherever the stream is by now, so an
   * append whose answer was lost is sent again. Else throws StreamMoved when the stream does not hold `version` facts.
   */
  append(draft: Draft): Promise<Commit>;
  /** Tells of commits once they are durable, in position order; returns how to stop. A listener must not throw. */
  subscribe(listener: (commits: readonly Commit[]) => void): () => void;
}

/** Someone else wrote since `expected` was read. Read again, decide again. */
export class StreamMoved extends Error {
  override readonly name = 'StreamMoved';
  constructor(
    readonly stream: StreamId,
    readonly expected: number,
    readonly actual: number,
  ) {
    super(`${stream} is at ${actual}, not ${expected}`);
  }
}

/** Why a store refuses. */
export type StoreRefusalCode =
  'store_unavailable' | 'store_full' | 'store_shorter_than_anchor' | 'stream_unreadable' | 'view_unreadable';

/**
 * The store takes no facts now; reads go on. `stream_unreadable`: one stream takes none and cannot be read.
 * `view_unreadable`: of what is grown from the facts something is damaged.
 */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
  constructor(
    readonly code: StoreRefusalCode,
    because: string,
    options?: ErrorOptions,
  ) {
    super(because, options);
  }
}
