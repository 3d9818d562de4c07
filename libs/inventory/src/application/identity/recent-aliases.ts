// Aliases that were appended and that the directory of machines may not have yet, in memory and by position. They are
// forgotten when the view has passed them. Never: ask the view first and forget afterwards; what passes between the two
// would be missed.
import { StreamId, type Alias, type AliasKey, type VmId } from '@drover/kernel';
import type { Commit, ViewGroup } from '@drover/ports';
import { aliasKey, isUnique } from '../../domain/aliases.js';
import { vmOf } from '../../domain/vm.js';
import { isVmFact } from '../inventory.published.js';

/** The unique aliases that a commit gives to its machine. */
export const givenBy = ({ stream, facts }: Pick<Commit, 'stream' | 'facts'>): readonly Alias[] =>
  StreamId.category(stream) !== 'vm'
    ? []
    : facts
        .flatMap(({ fact }) => {
          if (!isVmFact(fact)) return [];
          return 'alias' in fact ? [fact.alias] : 'aliases' in fact ? fact.aliases : [];
        })
        .filter(isUnique);

/** What was appended and the view may not have taken in yet. */
export interface RecentAliases {
  /** Takes in what a commit gave to its machine. Answers who else got one of these a moment ago. */
  hear(commit: Commit, given: readonly Alias[]): readonly VmId[];
  /** Forgets what the view has. Must be asked before the view: what is no longer here, the view has. */
  forgetSeen(): Promise<void>;
  /** Who got an alias a moment ago, in the order of the log. */
  under(key: AliasKey): readonly VmId[];
}

/** So many are remembered before it is looked for what the view has by now. */
const MANY = 5_000;

/** Remembers nothing yet. `group`: the one that the view of known machines is in. */
export const recentAliases = (group: Pick<ViewGroup, 'checkpoint'>): RecentAliases => {
  /** By the position, in the order of the log. */
  const unseen = new Map<number, { readonly vmId: VmId; readonly keys: readonly AliasKey[] }>();
  const byKey = new Map<AliasKey, readonly VmId[]>();
  let forgetting = false;
  const forgetSeen = async () => {
    if (unseen.size === 0) return;
    const seen = await group.checkpoint('inventory');
    for (const [position, { keys }] of unseen) {
      if (position > seen) return;
      unseen.delete(position);
      for (const key of keys) {
        const [, ...left] = byKey.get(key) ?? []; // the first is the oldest
        if (left.length > 0) byKey.set(key, left);
        else byKey.delete(key);
      }
    }
  };
  /** Where nobody asks: a process may hear of machines for days and look none up. */
  const tidy = () => {
    if (forgetting || unseen.size < MANY) return;
    forgetting = true;
    void forgetSeen()
      .catch(() => undefined) // tried again with the next machine
      .finally(() => (forgetting = false));
  };
  return {
    hear: ({ stream, position }, given) => {
      if (given.length === 0) return [];
      const [vmId, keys] = [vmOf(stream), given.map(aliasKey)];
      unseen.set(position, { vmId, keys });
      tidy();
      const others = keys.flatMap((key) => {
        const before = byKey.get(key);
        byKey.set(key, before ? [...before, vmId] : [vmId]);
        return before ?? [];
      });
      return others.filter((each) => each !== vmId);
    },
    forgetSeen,
    under: (key) => byKey.get(key) ?? [],
  };
};
