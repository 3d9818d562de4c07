// Rights with a scope: what a request needs, what its actor has, and the denial that follows. A list of rights alone means
// everywhere. Never: answer differently for what is out of reach and for what does not exist; the difference would tell a
// stranger what there is.
import type { Actor, Right } from './actor.js';
import type { ConnectionId, GroupId, VmId } from '../ids.js';
import { reject, type Rejection } from '../model/rejection.js';

/** For whose machines somebody has a right: for all, or for those of some groups. */
export type Scope = 'all' | readonly GroupId[];

/** Whom a request is about. */
export type Subject =
  { readonly type: 'vm'; readonly id: VmId } | { readonly type: 'connection'; readonly id: ConnectionId };

/** What a request takes. */
export interface Need {
  readonly rights: readonly Right[];
  /**
   * Whose: the groups of a machine or a connection decide, or the groups that are named, all of which must be in reach.
   * `asked`: whoever has the right anywhere may ask, and the handler answers within the actor's scope.
   */
  readonly of: Subject | { readonly type: 'groups'; readonly ids: readonly GroupId[] } | { readonly type: 'asked' };
}

/** Rights that one machine takes. */
export const ofVm = (id: VmId, rights: readonly Right[]): Need => ({ rights, of: { type: 'vm', id } });
/** Rights that one connection takes. */
export const ofConnection = (id: ConnectionId, rights: readonly Right[]): Need => ({
  rights,
  of: { type: 'connection', id },
});
/** Rights that some groups take, all of them. */
export const ofGroups = (ids: readonly GroupId[], rights: readonly Right[]): Need => ({
  rights,
  of: { type: 'groups', ids },
});
/** Rights for an answer that the handler keeps within the actor's scope. */
export const asked = (rights: readonly Right[]): Need => ({ rights, of: { type: 'asked' } });

/** For whose machines an actor has a right. */
export const scopeOf = ({ rights, limits }: Pick<Actor, 'rights' | 'limits'>, right: Right): Scope =>
  rights.includes(right) ? (limits?.[right] ?? 'all') : [];

/** Whether something of these groups is in reach. What is in no group is in reach of those alone who reach all. */
export const reaches = (scope: Scope, groups: readonly GroupId[]): boolean =>
  scope === 'all' || groups.some((group) => scope.includes(group));

/** Whether groups are all in reach, and there are any. */
const reachesAll = (scope: Scope, groups: readonly GroupId[]) =>
  scope === 'all' || (groups.length > 0 && groups.every((group) => scope.includes(group)));

/** The answer when there is no such machine, and when it is none of the asker's. */
export const noSuchVm = (vmId: VmId) => reject('not_found', 'There is no such machine. Nothing was done.', { vmId });
/** The answer when there is no such connection, and when it is none of the asker's. */
export const noSuchConnection = () => reject('not_found', 'There is no such connection. Nothing was done.');

/** The groups of a machine or a connection; null when there is no such one. */
export type GroupsOf = (subject: Subject) => Promise<readonly GroupId[] | null>;

/** Why somebody may not: the right that is missing, and the answer. */
export interface Denial {
  readonly right: Right;
  readonly target: string | null;
  readonly refusal: Rejection<'forbidden' | 'not_found'>;
}

const forbidden = (right: Right, where = '') =>
  reject('forbidden', `This takes the right ${right}${where}. Nothing was done.`);

/**
 * Judges what a request takes by what its actor has; null when it may go on. Of what its actor may not see it says what
 * it would say if that was not there.
 */
export const denialOf = async (
  need: Need | readonly Right[],
  actor: Pick<Actor, 'rights' | 'limits'>,
  groupsOf: GroupsOf,
): Promise<Denial | null> => {
  const { rights, of } = 'rights' in need ? need : { rights: need, of: null };
  const missing = rights.find((right) => !actor.rights.includes(right));
  if (missing) return { right: missing, target: null, refusal: forbidden(missing) };
  if (!actor.limits || of?.type === 'asked') return null;
  const lacking = (has: (scope: Scope) => boolean) => rights.find((right) => !has(scopeOf(actor, right)));
  if (of === null || of.type === 'groups') {
    const right = lacking((scope) => (of === null ? scope === 'all' : reachesAll(scope, of.ids)));
    return right
      ? { right, target: null, refusal: forbidden(right, of ? ' for all of its groups' : ' everywhere') }
      : null;
  }
  const groups = await groupsOf(of);
  const target = of.id;
  const readable = scopeOf(actor, 'vm:read');
  // What is not there is denied in the same way, at the same moment and with the same record.
  if (readable !== 'all' && (groups === null || !reaches(readable, groups))) {
    const refusal = of.type === 'vm' ? noSuchVm(of.id) : noSuchConnection();
    return { right: 'vm:read', target, refusal };
  }
  if (groups === null) return null; // who handles it says that it is not there
  const right = lacking((scope) => reaches(scope, groups));
  return right
    ? { right, target, refusal: forbidden(right, ` for this ${of.type === 'vm' ? 'machine' : 'connection'}`) }
    : null;
};
