// Which machine has which unique alias: what the directory says, and what was appended a moment ago and is not in it yet. The
// directory is asked after what is recent was tidied, so between the two nobody is missed. Never: a holder by the directory
// alone; its own stream has the last word.
import type { AliasKey, VmId } from '@drover/kernel';
import { allRows, type StreamsOf, type View } from '@drover/ports';
import { aliasKey, claiming, isUnique } from '../../domain/aliases.js';
import type { vmDecider } from '../../domain/vm.decider.js';
import { livingIn, vmStream, type LivingVm } from '../../domain/vm.js';
import type { KnownVm } from '../machines/vm-directory.projection.js';
import type { RecentAliases } from './recent-aliases.js';

/** How many aliases are looked up at once. */
const CHUNK = 200;

/** Whom an alias names. A machine that left the fleet keeps its names until another one takes them. */
export type Adopted = { readonly vmId: VmId; readonly inFleet: boolean };

/** A machine of the fleet, by its events. */
export interface Holder {
  readonly vmId: VmId;
  readonly vm: LivingVm;
}

/** Looks up unique aliases, by their keys. */
export interface AliasHolders {
  /** The machines of the fleet that have one of them now, by their events. */
  holders(keys: readonly AliasKey[]): Promise<readonly Holder[]>;
  /** The machines that were registered by hand under one of them, and whoever got one a moment ago. */
  adopted(keys: readonly AliasKey[]): Promise<ReadonlyMap<AliasKey, Adopted>>;
  /** Whether a machine is in the fleet now, by its events. */
  isInFleet(vmId: VmId): Promise<boolean>;
}

/** What looking up takes. */
export interface AliasHoldersPorts {
  readonly vms: Pick<StreamsOf<typeof vmDecider>, 'load'>;
  readonly known: View<KnownVm>;
  readonly recent: RecentAliases;
}

/** The holders of aliases, by the directory and what it has not taken yet. */
export const aliasHolders = ({ vms, known, recent }: AliasHoldersPorts): AliasHolders => {
  const livingVm = async (vmId: VmId) => {
    const { state } = await vms.load(vmStream(vmId));
    return state.is === 'unheard' || state.is === 'retired' ? null : state;
  };

  const recentlyAs = async (vmId: VmId) => {
    const { state } = await vms.load(vmStream(vmId));
    const isMerged = state.is === 'retired' && state.cause === 'merged'; // its aliases lead to the other one
    const claimed = isMerged ? [] : claiming(livingIn(state)?.aliases ?? []).map(aliasKey);
    return { vmId, inFleet: state.is !== 'retired', claimed };
  };
  const recentUnder = async (keys: readonly AliasKey[]) => {
    await recent.forgetSeen();
    const found = await Promise.all(
      keys.map(async (key) =>
        Promise.all(recent.under(key).map(async (vmId) => ({ key, ...(await recentlyAs(vmId)) }))),
      ),
    );
    return found.flat();
  };

  const adoptedIn = async (keys: readonly AliasKey[]) => {
    const rows = await allRows(known, { adopted: keys });
    return rows.flatMap(({ vmId, life, aliases }) =>
      claiming(aliases)
        .map(aliasKey)
        .map((key) => [key, { vmId, inFleet: life.is !== 'retired' }] as const),
    );
  };

  return {
    isInFleet: async (vmId) => (await livingVm(vmId)) !== null,
    holders: async (keys) => {
      if (keys.length === 0) return [];
      await recent.forgetSeen();
      const lately = keys.flatMap((key) => recent.under(key));
      const rows = await allRows(known, { alias: keys });
      const ids = new Set([...lately, ...rows.map(({ vmId }) => vmId)]);
      const held = await Promise.all(
        Array.from(ids, async (vmId) => {
          const vm = await livingVm(vmId);
          const has = vm?.aliases.filter(isUnique).map(aliasKey) ?? [];
          return vm && has.some((key) => keys.includes(key)) ? [{ vmId, vm }] : [];
        }),
      );
      return held.flat();
    },
    adopted: async (asked) => {
      const keys = [...new Set(asked)];
      const lately = (await recentUnder(keys))
        .flatMap(({ key, vmId, inFleet, claimed: own }) =>
          own.includes(key) ? [[key, { vmId, inFleet }] as const] : [],
        )
        .sort(([, a], [, b]) => Number(a.inFleet) - Number(b.inFleet));
      const all: (readonly [AliasKey, Adopted])[] = [];
      for (let from = 0; from < keys.length; from += CHUNK)
        all.push(...(await adoptedIn(keys.slice(from, from + CHUNK))));
      const [left, inFleet] = [all.filter(([, one]) => !one.inFleet), all.filter(([, one]) => one.inFleet)];
      return new Map([...left, ...inFleet, ...lately]); // the later takes the place of the earlier
    },
  };
};
