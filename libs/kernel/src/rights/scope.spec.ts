import { expect, it } from '@jest/globals';
import type { Actor, Right } from './actor.js';
import { ConnectionId, VmId } from '../ids.js';
import { rightsOf, roles, type Grant } from './roles.js';
import { asked, denialOf, ofConnection, ofGroups, ofVm, scopeOf, type Need } from './scope.js';

const vm = VmId.parse('420570c7-f61f-a930-77c5-1e876786cb3c');
const site = ConnectionId.parse('site-a');
const actor = (...grants: readonly Grant[]): Actor => ({ sub: 'ana', requestId: 'r1', ...rightsOf(grants) });
const everywhere = actor({ role: 'operator', group: null });
const inProd = actor({ role: 'operator', group: 'prod' });
const seesAll = actor({ role: 'viewer', group: null }, { role: 'operator', group: 'prod' });
const judged = async (need: Need | readonly Right[], who: Actor, groups: readonly string[] | null = ['prod']) => {
  const denial = await denialOf(need, who, async () => groups);
  return denial && [denial.refusal.rejected, denial.right];
};

it('a right that is missing is told, whatever it is for', async () => {
  const viewer = actor({ role: 'viewer', group: null });
  for (const need of [['vm:edit'], ofVm(vm, ['vm:edit']), asked(['vm:edit'])] as const)
    expect(await judged(need, viewer)).toEqual(['forbidden', 'vm:edit']);
});

it('who reaches all is asked for no group', async () => {
  for (const need of [ofVm(vm, ['vm:operate']), ofConnection(site, ['vm:operate']), ofGroups([], ['vm:edit'])])
    expect(await denialOf(need, everywhere, () => Promise.reject(new Error('asked')))).toBeNull();
});

it('a machine of another group is not there, one that may be seen and not worked on is forbidden', async () => {
  const need = ofVm(vm, ['vm:operate']);
  expect(await judged(need, inProd)).toBeNull();
  expect(await judged(need, inProd, ['test'])).toEqual(['not_found', 'vm:read']);
  expect(await judged(need, inProd, [])).toEqual(['not_found', 'vm:read']);
  expect(await judged(need, seesAll, ['test'])).toEqual(['forbidden', 'vm:operate']);
  expect(await judged(need, inProd, null)).toEqual(['not_found', 'vm:read']); // nobody can tell the two apart
  expect(await judged(need, seesAll, null)).toBeNull(); // who handles it says so
});

it('new machines go into groups of one’s own, all of them; what is for everybody takes the right everywhere', async () => {
  expect(await judged(ofGroups(['prod'], ['vm:edit']), inProd)).toBeNull();
  for (const ids of [['prod', 'test'], []])
    expect(await judged(ofGroups(ids, ['vm:edit']), inProd)).toEqual(['forbidden', 'vm:edit']);
  expect(await judged(['vm:edit'], inProd)).toEqual(['forbidden', 'vm:edit']);
  expect(await judged(asked(['vm:edit']), inProd)).toBeNull();
});

it('grants add up: groups of one right together, and everywhere where one says so', () => {
  const both = actor({ role: 'operator', group: 'test' }, { role: 'operator', group: 'prod' });
  expect([scopeOf(both, 'vm:operate'), scopeOf(both, 'audit:read')]).toEqual([['prod', 'test'], []]);
  expect([scopeOf(seesAll, 'vm:read'), scopeOf(seesAll, 'vm:force')]).toEqual(['all', ['prod']]);
  expect(everywhere.limits).toBeUndefined();
  expect(roles.auditor).not.toContain('vm:operate');
});
