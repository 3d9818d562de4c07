import { expect, it } from '@jest/globals';
import { namesEtag, sequenceIn, vmEtag } from './etag.js';

const tag = vmEtag({ i: 12, p: 3, r: 0, m: 0 });

it('says the version of each part, and reads it back', () => {
  expect(tag).toBe('"i12.p3.r0.m0"');
  expect([sequenceIn(tag, 'i'), sequenceIn(tag, 'p'), sequenceIn(tag, 'r'), sequenceIn(tag, 'm')]).toEqual([
    12, 3, 0, 0,
  ]);
  expect(sequenceIn('i12.p3.r0.m0', 'p')).toBe(3);
});

it('tells nothing said from nothing of ours', () => {
  expect([sequenceIn(undefined, 'i'), sequenceIn('*', 'i')]).toEqual([undefined, undefined]);
  for (const foreign of ['', '"abc"', 'W/"i1.p1.r0.m0"', '"i1.p1"', '"i-1.p1.r0.m0"', `${tag}, ${tag}`])
    expect(sequenceIn(foreign, 'i')).toBeNull();
});

it('knows its own among the tags a client has', () => {
  expect([`"x", ${tag}`, `W/${tag}`, '*'].map((header) => namesEtag(header, tag))).toEqual([true, true, true]);
  expect([undefined, '', '"x"', '"i12.p4.r0.m0"'].map((header) => namesEtag(header, tag))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
