// The frames of the stream that are no events, as AsyncAPI describes them. Never: a frame that is sent and does not stand
// here.
import * as z from 'zod';
import { Cursor } from '../http/page.js';

/** The frames of the stream that are no facts: what each tells, and its data. Only bookmarks and facts have an id. */
export const frames = {
  hello: {
    summary: 'First of all: where the stream goes on from, and whether something is missing before it',
    data: z.object({ server: z.string(), resumedFrom: Cursor.nullable(), gap: z.boolean() }),
  },
  bookmark: { summary: 'Its id is a cursor to resume from', data: z.object({}) },
  state: {
    summary: 'With snapshot=1: the present state of one thing, before the first bookmark',
    data: z.record(z.string(), z.unknown()),
  },
  reset: {
    summary: 'The cursor cannot be resumed: read the snapshot, then go on',
    data: z.object({ reason: z.string(), snapshotUrl: z.string() }),
  },
  bye: {
    summary: 'The stream ends here: come back after that time',
    data: z.object({ reason: z.string(), reconnectAfterMs: z.int() }),
  },
} as const;
