import { expect, it } from '@jest/globals';
import { VmId } from '@drover/kernel';
import { aliasStream } from './alias-claim.js';
import { aliasDecider as d, type AliasCommand } from './alias.decider.js';
import type { AliasFact } from './alias.events.js';

const [one, two] = [VmId.ofRequest('one'), VmId.ofRequest('two')];
const claimed = (vmId: VmId): AliasFact => ({ type: 'AliasClaimed', vmId });
const released = (vmId: VmId): AliasFact => ({ type: 'AliasReleased', vmId });
const given = (...past: AliasFact[]) => ({ when: (c: AliasCommand) => d.decide(c, past.reduce(d.evolve, d.initial)) });
const claim = (vmId: VmId, over: number | null = null) => ({ type: 'Claim', vmId, over }) as const;
const release = (vmId: VmId, number: number | null = null) => ({ type: 'Release', vmId, claim: number }) as const;

it('a free alias is claimed, once; another machine is refused until it is released', () => {
  expect(given().when(claim(one))).toEqual([claimed(one)]);
  expect(given(claimed(one)).when(claim(one))).toEqual([]);
  expect(given(claimed(one)).when(claim(two))).toMatchObject({ rejected: 'alias_conflict' });
  expect(given(claimed(one), released(one)).when(claim(two))).toEqual([claimed(two)]);
});
it('the claim that was found void is taken over in one commit, and no later one', () => {
  expect(given(claimed(one)).when(claim(two, 1))).toEqual([released(one), claimed(two)]);
  expect(given(claimed(one)).when(claim(one, 1))).toEqual([released(one), claimed(one)]);
  expect(given(claimed(one), released(one), claimed(one)).when(claim(two, 1))).toMatchObject({
    rejected: 'alias_conflict',
  });
});
it('a machine releases what it claimed, and nothing else', () => {
  expect(given(claimed(one)).when(release(one))).toEqual([released(one)]);
  expect(given(claimed(one)).when(release(one, 1))).toEqual([released(one)]);
  expect(given(claimed(one)).when(release(two))).toEqual([]);
  expect(given(claimed(one), released(one)).when(release(one))).toEqual([]);
  expect(given(claimed(one), released(one), claimed(one)).when(release(one, 1))).toEqual([]);
});
it('one alias has one stream, whoever uses it; another source, kind or value has another', () => {
  const alias = { source: 'site-a', kind: 'moref', value: 'vm-1' } as const;
  expect(aliasStream(alias)).toBe('alias-a2d5c870-718d-5b9d-ae88-9e640da10daa');
  const others = [
    { ...alias, source: null },
    { ...alias, kind: 'hostname' as const },
    { ...alias, value: 'vm-2' },
  ];
  expect(new Set([alias, ...others].map(aliasStream)).size).toBe(4);
});
