// Gives up the claims of aliases that a machine has dropped, after the commit that dropped them. Never: a request that fails
// because a claim could not be given up.
import { isRejection, type Alias } from '@drover/kernel';
import type { Outcome, StreamsOf } from '@drover/ports';
import { isUnique, unknownAliases } from '../../domain/aliases.js';
import type { vmDecider } from '../../domain/vm.decider.js';
import { evolve, initialVm, livingIn, vmOf, type VmState } from '../../domain/vm.js';
import type { VmFact } from '../../domain/vm.events.js';
import type { AliasClaims } from './alias-claims.js';

type Streams = StreamsOf<typeof vmDecider>;

const heldIn = (vm: VmState): readonly Alias[] =>
  vm.is === 'unheard' || vm.is === 'retired' ? [] : vm.aliases.filter(isUnique);

/** The unique aliases that a machine had before a commit and has no longer. */
const droppedBy = async ({ commit, after }: Outcome<VmFact, VmState>, vms: Streams): Promise<readonly Alias[]> => {
  if (!commit || commit.version === 0) return [];
  const facts = commit.facts.map(({ fact }) => fact);
  if (after.state.is === 'retired') return (livingIn(after.state)?.aliases ?? []).filter(isUnique);
  if (!facts.some((fact) => 'alias' in fact || 'aliases' in fact)) return [];
  const earlier = (await vms.commits(commit.stream)).filter(({ version }) => version < commit.version);
  const before = earlier.flatMap(({ facts }) => facts.map(({ fact }) => fact)).reduce(evolve, initialVm);
  return unknownAliases(heldIn(after.state), heldIn(before));
};

/**
 * The streams of machines, where a machine that drops an alias, or leaves the fleet, releases its claim of it. When that
 * fails nothing is lost: a claim whose machine does not hold the alias is void after a minute.
 */
export const releasing = (vms: Streams, claims: Pick<AliasClaims, 'release'>): Streams => ({
  ...vms,
  transact: async (stream, command, context) => {
    const outcome = await vms.transact(stream, command, context);
    if (isRejection(outcome) || context.dryRun) return outcome;
    const release = async () => {
      const dropped = await droppedBy(outcome, vms);
      await Promise.all(dropped.map((alias) => claims.release(alias, vmOf(stream))));
    };
    await release().catch(() => undefined);
    return outcome;
  },
});
