// Which machine holds which unique alias. The view `vm-directory` answers this, but it lags behind the store, so aliases
// that were appended and not yet projected are kept in memory. Two processes on one store agree by claims: a registration
// claims, then looks who holds the alias; a discovery looks for a claim, records, and hears afterwards what was claimed
// before its event. The store numbers both, so one of the two sees the other. Of two machines that got one alias all the
// same, one is merged into the other (merge-machines.policy.ts). Never: something that is stored but the claims.
import { candidateOf } from '@drover/contracts';
import { reject, type Alias, type Rejection, type VmId } from '@drover/kernel';
import type { Clock, EventStore, JobQueue, StreamsOf, View, ViewGroup } from '@drover/ports';
import { adopting, aliasKey, isUnique, ownAlias } from '../../domain/aliases.js';
import type { vmDecider } from '../../domain/vm.decider.js';
import { vmOf, vmStream } from '../../domain/vm.js';
import { recordIn, type KnownVm } from '../machines/vm-directory.projection.js';
import type { AliasClaims, GrantedClaim } from './alias-claims.js';
import { aliasHolders, type AliasHolders } from './alias-holders.js';
import { aliasNews } from './alias-news.js';
import { givenBy, recentAliases } from './recent-aliases.js';

/** The job that merges machines which turned out to be one. */
export const MERGE_MACHINES = 'merge-machines';
/** How long a registration waits for another one of the same alias. What a process appends is heard within a second. */
const WAIT_MS = 1_000;

/** Aliases that were claimed for a machine, until what they were claimed for is recorded or not. */
export interface AliasGrant {
  /** Gives up what was claimed for nothing. */
  undo(): Promise<void>;
}

/**
 * Whether a machine that its provider shows may be recorded under its new aliases. `later`: another machine may be about to
 * get one of them. `contested`: another one has one, or claims it.
 */
export interface Clearance extends AliasGrant {
  readonly is: 'clear' | 'later' | 'contested';
}

/** Looks up unique aliases, by their keys, and decides who gets them. */
export interface AliasRegistry extends AliasHolders {
  /** Claims the aliases of a machine that a person registers; refused where another one has one of them. */
  grant(vmId: VmId, aliases: readonly Alias[]): Promise<AliasGrant | Rejection<'alias_conflict'>>;
  /** Who has one of them, as a refusal: what a registration that is only tried is judged by. */
  conflict(vmId: VmId, aliases: readonly Alias[]): Promise<Rejection<'alias_conflict'> | null>;
  /** Before a machine is recorded that has these aliases, the new ones not yet. */
  clear(vmId: VmId, aliases: readonly Alias[], fresh: readonly Alias[]): Promise<Clearance>;
  /** Another machine may be this one: that is looked into. */
  doubt(vmId: VmId): void;
  /** The machines that may be others, too. Who looked into one takes it out. */
  readonly doubts: Set<VmId>;
  stop(): void;
}

/** What the registry is kept from. `group`: the one that the directory of machines is in. */
export interface AliasRegistryPorts {
  readonly eventStore: EventStore;
  readonly vms: Pick<StreamsOf<typeof vmDecider>, 'load' | 'commits'>;
  readonly claims: AliasClaims;
  readonly group: Pick<ViewGroup, 'checkpoint'>;
  readonly known: View<KnownVm>;
  readonly clock: Clock;
  readonly jobs: Pick<JobQueue, 'nudge'>;
}

const keysOf = (aliases: readonly Alias[]) => aliases.filter(isUnique).map(aliasKey);
const KNOWN = 'A machine with this alias is known already. Nothing was done.';
const underWay = (leftMs: number) => {
  const seconds = Math.ceil(leftMs / 1000);
  return `Another registration of this alias has not ended; it has at most ${seconds} s left. Nothing was done.`;
};
const byKey = (a: Alias, b: Alias) => (aliasKey(a) < aliasKey(b) ? -1 : 1);

/** Opens the registry. */
export const aliasRegistry = (ports: AliasRegistryPorts): AliasRegistry => {
  const { eventStore, vms, claims, group, known, clock, jobs } = ports;
  const recent = recentAliases(group);
  const lookup = aliasHolders({ vms, known, recent });
  const news = aliasNews(clock);
  const doubts = new Set<VmId>();

  const doubt = (vmId: VmId) => {
    doubts.add(vmId);
    jobs.nudge(MERGE_MACHINES, vmId);
  };

  const leave = eventStore.subscribe((commits) => {
    let isNews = false;
    for (const commit of commits) {
      const isClaim = commit.stream.startsWith('alias-');
      if (isClaim) claims.hear(commit);
      const given = givenBy(commit);
      isNews ||= isClaim || given.length > 0;
      if (given.length === 0) continue;
      const vmId = vmOf(commit.stream);
      const claimed = given.some((alias) => (claims.heard(alias) ?? vmId) !== vmId);
      if (recent.hear(commit, given).length > 0 || claimed) doubt(vmId);
    }
    if (isNews) news.heard();
  });

  const refusal = async (vmIds: readonly VmId[]) => {
    const records = await Promise.all(vmIds.map(async (vmId) => recordIn(await vms.commits(vmStream(vmId)))));
    const candidates = records.flatMap((record) => (record ? [candidateOf(record)] : []));
    return reject('alias_conflict', KNOWN, { candidates });
  };
  const conflict = async (vmId: VmId, aliases: readonly Alias[]) => {
    const others = (await lookup.holders(keysOf(aliases))).filter((each) => each.vmId !== vmId);
    return others.length > 0 ? refusal(others.map((each) => each.vmId)) : null;
  };

  /** Claims one alias; waits for another registration that has claimed it and not ended. */
  const claimed = async (alias: Alias, vmId: VmId): Promise<GrantedClaim | Rejection<'alias_conflict'>> => {
    const until = clock.monotonic() + WAIT_MS;
    for (;;) {
      const before = news.count();
      const found = await claims.claim(alias, vmId);
      if (found.is === 'granted') return found;
      if (found.is === 'held' && (await lookup.isInFleet(found.vmId))) return refusal([found.vmId]);
      const left = until - clock.monotonic();
      if (found.is === 'pending' && left <= 0) return reject('alias_conflict', underWay(found.leftMs));
      if (found.is === 'pending') await news.since(before, left);
    }
  };

  const undoing = (vmId: VmId, granted: readonly GrantedClaim[]) => async () => {
    for (const { alias, claim, made } of granted) if (made) await claims.release(alias, vmId, claim);
  };

  const grant = async (vmId: VmId, aliases: readonly Alias[]) => {
    const granted: GrantedClaim[] = [];
    const undo = undoing(vmId, granted);
    // In one order, so that of two that want several of the same one gets the first and the others after it.
    for (const alias of aliases.filter(isUnique).toSorted(byKey)) {
      const one = await claimed(alias, vmId);
      if ('is' in one) granted.push(one);
      else {
        await undo();
        return one;
      }
    }
    const refused = await conflict(vmId, aliases);
    if (!refused) return { undo };
    await undo();
    return refused;
  };

  /** What a provider shows anew under another id than its own has to be claimed; the rest leads to the machine by itself. */
  const clear = async (vmId: VmId, aliases: readonly Alias[], fresh: readonly Alias[]): Promise<Clearance> => {
    const own = ownAlias(vmId, aliases);
    const unique = fresh.filter((alias) => isUnique(alias) && alias !== own);
    const claims_ = new Set(adopting(own, aliases).map(aliasKey));
    const isToClaim = (alias: Alias) => claims_.has(aliasKey(alias));
    const found = await Promise.all(
      unique.map((alias) => (isToClaim(alias) ? claims.claim(alias, vmId) : claims.ofAnother(alias, vmId))),
    );
    const undo = undoing(
      vmId,
      found.filter((each) => each?.is === 'granted'),
    );
    if (found.some((each) => each?.is === 'pending')) return { is: 'later', undo };
    const toClaim = unique.filter(isToClaim);
    const contested = found.some((each) => each?.is === 'held') || (await conflict(vmId, toClaim)) !== null;
    return { is: contested ? 'contested' : 'clear', undo };
  };

  return { ...lookup, conflict, grant, clear, doubt, doubts, stop: leave };
};
