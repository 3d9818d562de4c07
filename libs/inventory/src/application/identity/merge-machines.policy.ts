// Makes one machine of several that hold one alias. The one whose stream was begun first stays, by the store's positions, so
// every process decides the same. Never: merge a machine while its power is being switched, or two that share only an alias
// which is certain for neither.
import { isRejection, policyActor, VmId, type AliasKey, type Policy } from '@drover/kernel';
import {
  allRows,
  contextOf,
  rowsOf,
  type Clock,
  type EventStore,
  type JobQueue,
  type StreamsOf,
  type View,
} from '@drover/ports';
import { adopting, aliasKey, claiming, isUnique, ownAlias } from '../../domain/aliases.js';
import type { vmDecider } from '../../domain/vm.decider.js';
import { vmStream } from '../../domain/vm.js';
import type { KnownVm } from '../machines/vm-directory.projection.js';
import type { PowerOperation } from '../machines/power-operations.projection.js';
import type { AliasClaims } from './alias-claims.js';
import type { Holder } from './alias-holders.js';
import { MERGE_MACHINES, type AliasRegistry } from './alias-registry.js';

/** When to look again at a machine that another one may be about to be, or whose power is being switched. */
const AGAIN_MS = 1_000;

/** What merging takes. */
export interface MergePorts {
  readonly registry: Pick<AliasRegistry, 'holders' | 'doubts'>;
  readonly claims: Pick<AliasClaims, 'ofAnother'>;
  readonly vms: StreamsOf<typeof vmDecider>;
  readonly known: View<KnownVm>;
  readonly powerOperations: View<PowerOperation>;
  readonly eventStore: Pick<EventStore, 'read'>;
  readonly clock: Clock;
  readonly jobs: Pick<JobQueue, 'nudge'>;
}

/** Whether two machines are one: they hold an alias that leads to at least one of them for certain. */
const areOne = (a: Holder['vm'], b: Holder['vm']) => {
  const theirs = new Set(b.aliases.filter(isUnique).map(aliasKey));
  const leading = new Set([...claiming(a.aliases), ...claiming(b.aliases)].map(aliasKey));
  return a.aliases.filter(isUnique).some((alias) => theirs.has(aliasKey(alias)) && leading.has(aliasKey(alias)));
};

/** How many aliases are looked up at once. */
const CHUNK = 200;

/**
 * Machines of the fleet that hold an alias of another one: two processes may have recorded them and died. One of the two has
 * it under another id than its own, so only such aliases are looked up.
 */
const doubles = async (known: View<KnownVm>): Promise<ReadonlySet<VmId>> => {
  const found = new Set<VmId>();
  const look = async (keys: readonly AliasKey[]) => {
    const met = new Set<string>();
    for (const { vmId, aliases } of await allRows(known, { alias: keys }))
      for (const key of aliases.map(aliasKey).filter((each) => keys.includes(each)))
        if (met.has(key)) found.add(vmId);
        else met.add(key);
  };
  let keys: AliasKey[] = [];
  for await (const { vmId, life, aliases } of rowsOf(known, {})) {
    if (life.is !== 'retired') keys.push(...adopting(ownAlias(vmId, aliases), aliases).map(aliasKey));
    if (keys.length < CHUNK) continue;
    await look(keys);
    keys = [];
  }
  if (keys.length > 0) await look(keys);
  return found;
};

/**
 * Two machines that hold one alias are one: two processes recorded them at the same instant. All but the one that was
 * recorded first are merged into it; every process decides the same, because the store numbers what it takes.
 */
export const mergeMachines = (ports: MergePorts): Policy => {
  const { registry, claims, vms, known, powerOperations, eventStore, clock, jobs } = ports;
  let lookedAtAll = false;

  const firstCommit = async (vmId: VmId) => (await eventStore.read(vmStream(vmId)))[0]?.position ?? Infinity;

  const merge = async (vmId: VmId, into: VmId) => {
    const context = contextOf(policyActor(MERGE_MACHINES, vmStream(vmId)), null, clock.now());
    const outcome = await vms.transact(vmStream(vmId), { type: 'Merge', into }, context);
    if (isRejection(outcome)) throw new Error(`a merge is never refused: ${outcome.because}`);
  };

  return {
    name: MERGE_MACHINES,
    advance: async (key) => {
      const vmId = VmId.parse(key);
      const { state: vm } = await vms.load(vmStream(vmId));
      if (vm.is === 'unheard' || vm.is === 'retired') return void registry.doubts.delete(vmId);
      const unique = vm.aliases.filter(isUnique);
      const held = await registry.holders(unique.map(aliasKey));
      const one = held.filter((each) => each.vmId === vmId || areOne(each.vm, vm));
      const dated = await Promise.all(one.map(async (each) => ({ ...each, at: await firstCommit(each.vmId) })));
      const [into, ...later] = dated.toSorted((a, b) => a.at - b.at);
      let waits = false;
      for (const each of later)
        if (!into || (await powerOperations.get(each.vmId))) waits = true;
        else await merge(each.vmId, into.vmId);
      const others = await Promise.all(unique.map((alias) => claims.ofAnother(alias, vmId)));
      if (waits || others.some((each) => each?.is === 'pending')) jobs.nudge(MERGE_MACHINES, vmId, AGAIN_MS);
      else registry.doubts.delete(vmId);
    },
    unfinished: async () => {
      if (!lookedAtAll) for (const vmId of await doubles(known)) registry.doubts.add(vmId);
      lookedAtAll = true;
      return [...registry.doubts];
    },
  };
};
