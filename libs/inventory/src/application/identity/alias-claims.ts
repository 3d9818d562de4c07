// Claims of unique aliases, one stream for each alias: of two processes that register the same alias the store grants it to
// one. A claim stands while its machine holds the alias, and for a minute before that. Never: judge a claim by its event
// alone; the stream of its machine says whether it holds.
import { isRejection, policyActor, type Alias, type StreamId, type VmId } from '@drover/kernel';
import {
  contextOf,
  elapsedOn,
  recentMap,
  streamsOf,
  type Clock,
  type Commit,
  type EventStore,
  type StreamsOf,
} from '@drover/ports';
import { aliasStream, evolveClaim, initialClaim, type AliasClaim } from '../../domain/alias-claim.js';
import { aliasDecider } from '../../domain/alias.decider.js';
import type { AliasFact } from '../../domain/alias.events.js';
import { aliasKey, isUnique } from '../../domain/aliases.js';
import type { vmDecider } from '../../domain/vm.decider.js';
import { vmStream } from '../../domain/vm.js';
import { isAliasFact } from '../inventory.published.js';

/** How long a claim stands whose machine does not hold the alias: its next event may be on its way. */
export const CLAIM_MS = 60_000;
/** How many claims that were heard are remembered. */
const MOST = 100_000;
const ATTEMPTS = 5;
const ACTOR = 'alias-claims';

/** Whose claim stands: that of a machine which holds the alias, or of one that may be about to. */
export type HeldClaim =
  | { readonly is: 'held'; readonly vmId: VmId }
  | { readonly is: 'pending'; readonly vmId: VmId; readonly leftMs: number };

/** A claim that was granted. `made`: it was not there before. */
export type GrantedClaim = {
  readonly is: 'granted';
  readonly alias: Alias;
  readonly claim: number;
  readonly made: boolean;
};

/** The claims of aliases, in their streams: what two processes on one store agree by. */
export interface AliasClaims {
  /** The claim of another machine that stands; null when there is none, or it is void. */
  ofAnother(alias: Alias, vmId: VmId): Promise<HeldClaim | null>;
  /** Claims it for a machine. A void claim is taken over. */
  claim(alias: Alias, vmId: VmId): Promise<GrantedClaim | HeldClaim>;
  /** Gives up what a machine claimed; of a granted claim, that one only. */
  release(alias: Alias, vmId: VmId, claim?: number): Promise<void>;
  /** Whom an alias was claimed for last, as far as this process heard. */
  heard(alias: Alias): VmId | undefined;
  /** Takes in what was appended, by whichever process. */
  hear(commit: Commit): void;
}

/** What claims are kept with. */
export interface AliasClaimPorts {
  readonly eventStore: EventStore;
  readonly vms: Pick<StreamsOf<typeof vmDecider>, 'load'>;
  readonly clock: Clock;
  readonly leapt?: (since: Commit['metadata']['at']) => number;
}

const isClaimed = ({ facts }: Commit) => facts.some(({ fact }) => fact.type === 'AliasClaimed');

/** The claims in a store. What this process heard begin ages on its monotonic clock. */
export const aliasClaims = ({ eventStore, vms, clock, leapt = () => 0 }: AliasClaimPorts): AliasClaims => {
  const streams = streamsOf(aliasDecider, eventStore, { isPublic: () => false, leapt });
  const ages = elapsedOn(clock, leapt);
  const last = recentMap<StreamId, VmId>(MOST);
  let any = false;

  const holds = async (vmId: VmId, alias: Alias) => {
    const { state } = await vms.load(vmStream(vmId));
    if (state.is === 'unheard' || state.is === 'retired') return false;
    return state.aliases.some((each) => isUnique(each) && aliasKey(each) === aliasKey(alias));
  };

  const standing = async (alias: Alias): Promise<{ state: AliasClaim; standing: HeldClaim | null }> => {
    const commits = await streams.commits(aliasStream(alias));
    const facts = commits.flatMap((commit) => commit.facts.map(({ fact }): AliasFact => fact));
    const state = facts.reduce(evolveClaim, initialClaim);
    const claimed = commits.findLast(isClaimed);
    if (state.is === 'free' || !claimed) return { state, standing: null };
    const { vmId } = state;
    if (await holds(vmId, alias)) return { state, standing: { is: 'held', vmId } };
    const leftMs = CLAIM_MS - ages.since(claimed.commitId, claimed.metadata.at, CLAIM_MS);
    return { state, standing: leftMs > 0 ? { is: 'pending', vmId, leftMs } : null };
  };

  const contextIn = (stream: StreamId) => contextOf(policyActor(ACTOR, stream), null, clock.now());

  return {
    ofAnother: async (alias, vmId) => {
      const { standing: found } = await standing(alias);
      return found?.vmId === vmId ? null : found;
    },
    claim: async (alias, vmId) => {
      const stream = aliasStream(alias);
      for (let left = ATTEMPTS; ; left--) {
        const { state, standing: found } = await standing(alias);
        if (found && found.vmId !== vmId) return found;
        if (found?.is === 'held') return { is: 'granted', alias, claim: state.claims, made: false };
        const over = state.is === 'claimed' ? state.claims : null; // its own begins anew: the old one may soon be void
        const outcome = await streams.transact(stream, { type: 'Claim', vmId, over }, contextIn(stream));
        if (!isRejection(outcome))
          return { is: 'granted', alias, claim: outcome.after.state.claims, made: outcome.facts.length > 0 };
        if (left === 1) throw new Error(`somebody else claims ${stream} again and again`);
      }
    },
    release: async (alias, vmId, claim) => {
      const stream = aliasStream(alias);
      await streams.transact(stream, { type: 'Release', vmId, claim: claim ?? null }, contextIn(stream));
    },
    heard: (alias) => (any ? last.get(aliasStream(alias)) : undefined),
    hear: (commit) => {
      any = true;
      for (const { fact } of commit.facts)
        if (!isAliasFact(fact)) continue;
        else if (fact.type === 'AliasClaimed') last.set(commit.stream, fact.vmId);
        else last.delete(commit.stream);
      if (isClaimed(commit)) ages.begins(commit.commitId);
    },
  };
};
