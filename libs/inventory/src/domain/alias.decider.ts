// The rules of an alias: one machine at a time claims it, gives it up, or takes it over from a claim that was found void.
// Never: a judgement whether a claim is void; whoever asks has looked, and names it by its number.
import { assertNever, reject, type Decider, type Rejection, type VmId } from '@drover/kernel';
import { evolveClaim, initialClaim, type AliasClaim } from './alias-claim.js';
import type { AliasFact } from './alias.events.js';

/** A machine is about to get an alias. `over`: the number of the claim that is to end, which was found void or is its own. */
type Claim = { readonly type: 'Claim'; readonly vmId: VmId; readonly over: number | null };
/** A machine gives an alias up. `claim`: only if that claim is still the last one; null for whichever is. */
type Release = { readonly type: 'Release'; readonly vmId: VmId; readonly claim: number | null };

/** What is asked of one alias. */
export type AliasCommand = Claim | Release;

type Decision = readonly AliasFact[] | Rejection<'alias_conflict'>;

const claim = (alias: AliasClaim, { vmId, over }: Claim): Decision => {
  if (alias.is === 'free') return [{ type: 'AliasClaimed', vmId }];
  if (alias.claims === over)
    return [
      { type: 'AliasReleased', vmId: alias.vmId },
      { type: 'AliasClaimed', vmId },
    ];
  return alias.vmId === vmId ? [] : reject('alias_conflict', 'Another machine claims this alias. Nothing was done.');
};

const release = (alias: AliasClaim, { vmId, claim: number }: Release): Decision => {
  const isIts = alias.is === 'claimed' && alias.vmId === vmId && (number === null || number === alias.claims);
  return isIts ? [{ type: 'AliasReleased', vmId }] : [];
};

/** The rules of the stream `alias-<id>`. Of two that claim at once, the store takes one: both expect the same version. */
export const aliasDecider: Decider<AliasCommand, AliasFact, AliasClaim, 'alias_conflict'> = {
  initial: initialClaim,
  evolve: evolveClaim,
  decide(command, alias) {
    switch (command.type) {
      case 'Claim':
        return claim(alias, command);
      case 'Release':
        return release(alias, command);
      default:
        return assertNever(command);
    }
  },
};
