import type { CloudEvent } from '@drover/contracts';
import type { JournalEntry } from '@drover/ports';
import { cursorOf } from '../../domain/cursor.js';
import { factFrame } from '../../domain/frames.js';
import type { Traits } from '../../domain/stream-filter.js';
import { vmOf } from '../projections/journalled.projection.js';

/** An event with its place, what filters look at, and its frame: made once for each name, shared by all readers. */
export interface Placed {
  readonly position: number;
  readonly cursor: string;
  readonly event: CloudEvent;
  readonly traits: Traits;
  frame(name: string): Buffer;
}

/** What filters look at. The groups are those of now: rights and scopes are judged when an event is shown. */
export const traitsOf = (event: CloudEvent, groups: readonly string[]): Traits => {
  const { severity } = event.data as { readonly severity?: unknown };
  return {
    type: event.type,
    vm: vmOf(event),
    worker: event.partitionkey,
    groups,
    operation: event.operationid ?? null,
    severity: typeof severity === 'string' ? severity : null,
  };
};

/** Puts an entry of the journal in its place. */
export const placed = (generation: string, { position, event }: JournalEntry, groups: readonly string[]): Placed => {
  const frames = new Map<string, Buffer>();
  const cursor = cursorOf(generation, position);
  return {
    ...{ position, cursor, event, traits: traitsOf(event, groups) },
    frame: (name) => {
      const frame = frames.get(name) ?? factFrame(name, event, cursor);
      frames.set(name, frame);
      return frame;
    },
  };
};
