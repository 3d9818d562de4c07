import {
  ConnectionId,
  reaches,
  reject,
  scopeOf,
  VmId,
  type Actor,
  type Alias,
  type Candidate,
  type GroupsOf,
  type OnDenied,
} from '@drover/kernel';
import { isUnique } from '../../domain/aliases.js';

/** What judging a registration takes. `denied`: is told of a right that was missing. */
export interface RegistrationScopePorts {
  readonly groupsOf: GroupsOf;
  readonly denied: OnDenied;
}

/** The machines of these that the actor may see: of the others a refusal does not say which they are. */
export const seenBy = async (actor: Actor, candidates: readonly Candidate[], { groupsOf }: RegistrationScopePorts) => {
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
  { groupsOf, denied }: RegistrationScopePorts,
) => {
  const scope = scopeOf(actor, 'vm:edit');
  if (scope === 'all') return null;
  const claimed = aliases.filter(isUnique);
  const ids = new Set([...(connectionId === null ? [] : [connectionId]), ...claimed.map(({ source }) => source)]);
  for (const id of ids) {
    const groups = id === null ? [] : ((await groupsOf({ type: 'connection', id: ConnectionId.parse(id) })) ?? []);
    if (reaches(scope, groups)) continue;
    await denied({ name: 'vm.register', right: 'vm:edit', target: id, code: 'forbidden' }, actor);
    return reject('forbidden', 'This takes the right vm:edit for the connection of each alias. Nothing was done.');
  }
  return null;
};

/** A machine that is known already is not registered anew by somebody who reaches only some of its groups. */
export const foreignMachine = async (vmId: VmId, actor: Actor, { groupsOf, denied }: RegistrationScopePorts) => {
  const scope = scopeOf(actor, 'vm:edit');
  const groups = scope === 'all' ? null : await groupsOf({ type: 'vm', id: vmId });
  if (groups === null || scope === 'all' || (groups.length > 0 && groups.every((group) => scope.includes(group))))
    return null;
  await denied({ name: 'vm.register', right: 'vm:edit', target: vmId, code: 'forbidden' }, actor);
  return reject('forbidden', 'This takes the right vm:edit for the connection of each alias. Nothing was done.');
};

/** The groups of a new machine: whoever may register for some groups only takes it from nobody who has its connection. */
export const groupsOfNew = async (
  groupIds: readonly string[],
  connectionId: ConnectionId | null,
  actor: Actor,
  { groupsOf }: RegistrationScopePorts,
): Promise<readonly string[]> => {
  if (!actor.limits || connectionId === null) return groupIds;
  const own = (await groupsOf({ type: 'connection', id: connectionId })) ?? [];
  return [...new Set([...groupIds, ...own])];
};
