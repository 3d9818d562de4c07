import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  bookmarkFrame,
  byeFrame,
  factFrame,
  HEARTBEAT,
  helloFrame,
  openingFrame,
  resetFrame,
  stateFrame,
} from './frames.js';

const text = (frame: Buffer) => frame.toString();

it('writes each frame to the letter', () => {
  expect(text(openingFrame(2140.4))).toBe('retry: 2140\n\n: ok\n\n');
  expect(text(HEARTBEAT)).toBe(': hb\n\n');
  expect(text(bookmarkFrame('c1.k7.48190'))).toBe('event: bookmark\ndata: {}\nid: c1.k7.48190\n\n');
  expect(text(factFrame('worker_status', '{"a":1}', 'c1.k7.2'))).toBe(
    'event: worker_status\ndata: {"a":1}\nid: c1.k7.2\n\n',
  );
  expect(text(resetFrame('too_old'))).toBe('event: reset\ndata: {"reason":"too_old","snapshotUrl":"/api/v1/vms"}\n\n');
});

it('T52: gives an id to facts and bookmarks only', () => {
  const others = [
    helloFrame({ server: 's', resumedFrom: null, gap: false }),
    stateFrame({}),
    resetFrame('x'),
    byeFrame('x', 1),
  ];
  for (const frame of [...others, HEARTBEAT, openingFrame(1)]) expect(text(frame)).not.toMatch(/^id:/m);
});

it('K32: the id is the last line of its frame, so a frame that is cut before it moves no cursor', () => {
  for (const frame of [bookmarkFrame('c1.k7.3'), factFrame('worker_status', '{"id":"x"}', 'c1.k7.2')]) {
    const lines = text(frame).split('\n');
    expect(lines.findIndex((line) => line.startsWith('id:'))).toBe(lines.length - 3); // then the empty line, which ends it
  }
});

const nasty = fc.string({ unit: fc.constantFrom('\r', '\n', '\0', 'a', ':', ' ') });

it('T-SSE-5: keeps whatever is injected inside its data line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), nasty, (data, name) => {
      const lines = text(factFrame(name, JSON.stringify({ data }), `c1.k1.${name}`)).split('\n');
      expect(lines).toHaveLength(5);
      expect(lines.map((line) => line.split(':')[0])).toEqual(['event', 'data', 'id', '', '']);
      expect(lines.join('')).not.toMatch(/[\r\0]/);
      expect(JSON.parse(lines[1]?.slice('data: '.length) ?? '')).toEqual({ data });
    }),
  );
});
