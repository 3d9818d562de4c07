// Who has which unique alias. The view finds machines by their aliases, but it lags behind the facts: what this process
// recorded and the view has not taken yet is remembered here. Whoever gives an alias to a machine waits for the turn,
// looks and records; then the next one looks. Nothing of this outlives the process: after a crash there are the facts,
// and the view has taken them before anybody is let in. The turns are those of one process: of two on one store both
// could pass between look and append, so whoever runs several must give the turns to one of them.
import { StreamId, type Alias, type Candidate, type VmId } from '@drover/kernel';
import { allRows, type Commit, type EventStore, type StreamsOf, type View, type ViewGroup } from '@drover/ports';
import { aliasKey, claiming, isUnique } from '../../domain/aliases.js';
import type { vmDecider } from '../../domain/vm.decider.js';
import { livingIn, vmOf, vmStream, type LivingVm } from '../../domain/vm.js';
import { isVmFact } from '../inventory.published.js';
import type { KnownVm } from '../machines/known-vms.projection.js';
import { keyedMutex, type KeyedMutex } from './keyed-mutex.js';

/** How many aliases are looked up at once. */
const CHUNK = 200;

/** Whom an alias names. A machine that left the fleet keeps its names until another one takes them. */
export type Adopted = { readonly vmId: VmId; readonly inFleet: boolean };

/** Looks up unique aliases, by their keys, and keeps those who give them apart. */
export interface AliasRegistry {
  readonly inTurn: KeyedMutex;
  /** The machines of the fleet that have one of them now, by their facts. */
  holders(keys: readonly string[]): Promise<readonly Candidate[]>;
  /** The machines that were registered by hand under one of them, and whoever got one a moment ago. */
  adopted(keys: readonly string[]): Promise<ReadonlyMap<string, Adopted>>;
  /** Whether a machine is in the fleet now, by its facts. */
  isInFleet(vmId: VmId): Promise<boolean>;
  stop(): void;
}

/** What a book is kept from. `group`: the one that the view of known machines is in. */
export interface AliasBookPorts {
  readonly eventStore: EventStore;
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly group: Pick<ViewGroup, 'checkpoint'>;
  readonly known: View<KnownVm>;
}

/** What tells a machine from another that is called alike. */
const candidateOf = (id: VmId, vm: LivingVm): Candidate => {
  const { datacenter = null, path = null } = (vm.is === 'registered' ? null : vm.hardware) ?? {};
  const power = vm.is === 'registered' ? 'unknown' : vm.reading.power;
  return { id, name: vm.name, connectionId: vm.connectionId, datacenter, path, power };
};

const keysOf = (aliases: readonly Alias[]) => aliases.filter(isUnique).map(aliasKey);

/** The keys that a commit gives to its machine. */
const givenBy = ({ facts }: Commit): readonly string[] =>
  facts.flatMap(({ fact }) => {
    if (!isVmFact(fact)) return [];
    if (fact.type === 'VmAliased') return keysOf([fact.alias]);
    return fact.type === 'VmDiscovered' || fact.type === 'VmRegistered' ? keysOf(fact.aliases) : [];
  });

/** Opens the book. */
export const aliasRegistry = ({ eventStore, vms, group, known }: AliasBookPorts): AliasRegistry => {
  /** In the order of the log. */
  const unseen = new Map<string, { readonly vmId: VmId; readonly position: number }>();
  const leave = eventStore.subscribe((commits) => {
    for (const commit of commits)
      for (const key of StreamId.category(commit.stream) === 'vm' ? givenBy(commit) : []) {
        unseen.delete(key); // a map keeps the place of a key that is set again
        unseen.set(key, { vmId: vmOf(commit.stream), position: commit.position });
      }
  });

  const forgetSeen = async () => {
    if (unseen.size === 0) return;
    const seen = await group.checkpoint('inventory');
    for (const [key, { position }] of unseen) {
      if (position > seen) return;
      unseen.delete(key);
    }
  };

  /** Must be asked before the view: what it no longer has, the view has. */
  const unseenUnder = async (keys: readonly string[]) => {
    await forgetSeen();
    const found = await Promise.all(
      keys.map(async (key) => {
        const recent = unseen.get(key);
        if (!recent) return [];
        const { state } = await vms.load(vmStream(recent.vmId));
        const claims = claiming(livingIn(state)?.aliases ?? []).some((alias) => aliasKey(alias) === key);
        return [[key, { vmId: recent.vmId, inFleet: state.is !== 'retired' }, claims] as const];
      }),
    );
    return found.flat();
  };

  const present = async (vmId: VmId) => {
    const { state } = await vms.load(vmStream(vmId));
    return state.is === 'unheard' || state.is === 'retired' ? null : state;
  };

  const adoptedIn = async (keys: readonly string[]) => {
    const rows = await allRows(known, { adopted: keys });
    return rows.flatMap(({ vmId, state, aliases }) =>
      claiming(aliases)
        .map(aliasKey)
        .map((key) => [key, { vmId, inFleet: state !== 'retired' }] as const),
    );
  };

  return {
    inTurn: keyedMutex(),
    holders: async (keys) => {
      if (keys.length === 0) return [];
      const recent = await unseenUnder(keys);
      const rows = await allRows(known, { alias: keys });
      const ids = new Set([...recent.map(([, { vmId }]) => vmId), ...rows.map(({ vmId }) => vmId)]);
      const held = await Promise.all(
        Array.from(ids, async (id) => {
          const vm = await present(id);
          const has = vm && keysOf(vm.aliases).some((key) => keys.includes(key));
          return has ? [candidateOf(id, vm)] : [];
        }),
      );
      return held.flat();
    },
    adopted: async (asked) => {
      const keys = [...new Set(asked)];
      const unseen = await unseenUnder(keys);
      const recent = unseen.flatMap(([key, one, claims]) => (claims ? [[key, one] as const] : []));
      const all: (readonly [string, Adopted])[] = [];
      for (let from = 0; from < keys.length; from += CHUNK)
        all.push(...(await adoptedIn(keys.slice(from, from + CHUNK))));
      const [left, inFleet] = [all.filter(([, one]) => !one.inFleet), all.filter(([, one]) => one.inFleet)];
      return new Map([...left, ...inFleet, ...recent]); // the later takes the place of the earlier
    },
    isInFleet: async (vmId) => (await present(vmId)) !== null,
    stop: leave,
  };
};
