// What a registration asks besides its own right when the right is limited to groups: each connection that it names, and
// each group of a machine that is there already. Never: tell in a refusal of a machine that whoever asked may not see.
import {
  ConnectionId,
  reaches,
  recordedDenial,
  reject,
  scopeOf,
  VmId,
  type Actor,
  type Alias,
  type Candidate,
  type GroupId,
  type JudgingPorts,
} from '@drover/kernel';
import { isUnique } from '../../domain/aliases.js';

const foreign = (target: ConnectionId | VmId | null, actor: Actor, { denied }: JudgingPorts) => {
  const because = 'This takes the right vm:edit for the connection of each alias. Nothing was done.';
  return recordedDenial(
    'vm.register',
    { right: 'vm:edit', target, refusal: reject('forbidden', because) },
    actor,
    denied,
  );
};

/** The machines of these that the actor may see: of the others a refusal does not say which they are. */
export const seenBy = async (
  actor: Actor,
  candidates: readonly Candidate[],
  { groupsOf }: Pick<JudgingPorts, 'groupsOf'>,
) => {
  if (!actor.limits) return { candidates };
  const scope = scopeOf(actor, 'vm:read');
  const seen: Candidate[] = [];
  for (const candidate of candidates)
    if (reaches(scope, (await groupsOf({ type: 'vm', id: VmId.parse(candidate.id) })) ?? [])) seen.push(candidate);
  return { candidates: seen };
};

/**
 * Whoever may register for some groups only names a connection of theirs and its aliases: found by another one it would be
 * theirs, and was not.
 */
export const foreignConnection = async (
  connectionId: ConnectionId | null,
  aliases: readonly Alias[],
  actor: Actor,
  ports: JudgingPorts,
) => {
  const scope = scopeOf(actor, 'vm:edit');
  if (scope === 'all') return null;
  const claimed = aliases.filter(isUnique);
  const sources = claimed.map(({ source }) => ConnectionId.schema.safeParse(source).data ?? null);
  const ids = new Set([...(connectionId === null ? [] : [connectionId]), ...sources]);
  for (const id of ids) {
    const groups = id === null ? [] : ((await ports.groupsOf({ type: 'connection', id })) ?? []);
    if (!reaches(scope, groups)) return foreign(id, actor, ports);
  }
  return null;
};

/** A machine that is known already is not registered anew by somebody who reaches only some of its groups. */
export const foreignMachine = async (vmId: VmId, actor: Actor, ports: JudgingPorts) => {
  const scope = scopeOf(actor, 'vm:edit');
  const groups = scope === 'all' ? null : await ports.groupsOf({ type: 'vm', id: vmId });
  if (groups === null || scope === 'all' || (groups.length > 0 && groups.every((group) => scope.includes(group))))
    return null;
  return foreign(vmId, actor, ports);
};

/** The groups of a new machine: whoever may register for some groups only takes it from nobody who has its connection. */
export const groupsOfNew = async (
  groupIds: readonly GroupId[],
  connectionId: ConnectionId | null,
  actor: Actor,
  { groupsOf }: Pick<JudgingPorts, 'groupsOf'>,
): Promise<readonly GroupId[]> => {
  if (!actor.limits || connectionId === null) return groupIds;
  const own = (await groupsOf({ type: 'connection', id: connectionId })) ?? [];
  return [...new Set([...groupIds, ...own])];
};
