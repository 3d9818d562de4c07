// Who may read of an operation, and of which of its items. Everything that an operation's own routes answer with, and every
// list, goes through here. Never: more said of what is out of reach than of what is not there.
import type { Operation } from '@drover/contracts';
import {
  ConnectionId,
  reaches,
  scopeOf,
  VmId,
  type Actor,
  type GroupsOf,
  type Scope,
  type Subject,
} from '@drover/kernel';

/** What says who may read of an operation. */
export interface ReadingPorts {
  readonly groupsOf: GroupsOf;
}

type Asker = Pick<Actor, 'sub' | 'rights' | 'limits'>;
type Target = Pick<Operation['target'], 'type' | 'id'>;
type Item = NonNullable<Operation['items']>[number];

/** Whom an operation of one machine or one connection is about. */
const subjectOf = ({ type, id }: Target): Subject =>
  type === 'vm' ? { type, id: VmId.parse(id) } : { type: 'connection', id: ConnectionId.parse(id) };

const isInReach = async (target: Target, scope: Scope, groupsOf: GroupsOf) =>
  reaches(scope, (await groupsOf(subjectOf(target))) ?? []);

/** Whether an actor may read of an operation: of a bulk, who asked for it and who may read everything. */
export const readsOperation = async (
  { target, requestedBy }: { readonly target: Target; readonly requestedBy: Operation['requestedBy'] },
  actor: Asker,
  groupsOf: GroupsOf,
): Promise<boolean> => {
  const scope = scopeOf(actor, 'vm:read');
  if (scope === 'all') return true;
  return target.type === 'bulk' ? requestedBy === actor.sub : isInReach(target, scope, groupsOf);
};

/** An item of which its asker is told no more than what they said themselves, and what came of it. */
const unnamed = ({ target, ...item }: Item): Item => ({
  ...item,
  target: { ...target, name: target.id },
  operation: null,
});

/**
 * An operation as an actor may read it, who may read of it at all: a bulk names only the machines that are in reach now,
 * whatever was in reach when it was requested.
 */
export const asReadBy = async (operation: Operation, actor: Asker, groupsOf: GroupsOf): Promise<Operation> => {
  const scope = scopeOf(actor, 'vm:read');
  if (scope === 'all' || operation.items === null) return operation;
  const items = operation.items.map(async (item) =>
    (await isInReach(item.target, scope, groupsOf)) ? item : unnamed(item),
  );
  return { ...operation, items: await Promise.all(items) };
};
