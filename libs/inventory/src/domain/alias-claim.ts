// What is true of an alias after its events: it is free or claimed, and its claims are counted. Never: a decision or a
// refusal; what stands in the stream is trusted.
import { AliasId, assertNever, StreamId, type Alias, type VmId } from '@drover/kernel';
import type { AliasFact } from './alias.events.js';

/** For whom an alias is. `claims`: how often it was claimed, so that a claim is named by its number. */
export type AliasClaim =
  | { readonly is: 'free'; readonly claims: number }
  | { readonly is: 'claimed'; readonly claims: number; readonly vmId: VmId };

/** An alias that nobody claimed. */
export const initialClaim: AliasClaim = { is: 'free', claims: 0 };

/** Where the claims of an alias are kept. */
export const aliasStream = (alias: Alias) => StreamId.of('alias', AliasId.of(alias));

/** The state after one fact. It trusts history, so it refuses nothing; it throws only for a type that it does not know. */
export const evolveClaim = ({ claims }: AliasClaim, fact: AliasFact): AliasClaim => {
  switch (fact.type) {
    case 'AliasClaimed':
      return { is: 'claimed', claims: claims + 1, vmId: fact.vmId };
    case 'AliasReleased':
      return { is: 'free', claims };
    default:
      return assertNever(fact);
  }
};
