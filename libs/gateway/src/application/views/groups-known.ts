// Remembers groups for replays, as long as the views show the same. Never: kept over a change of the views; a right may have
// gone with it.
import type { GroupId } from '@drover/kernel';
import type { ParkedViews } from './parked-views.js';
import type { Shown } from './views.js';

/** The groups of machines and connections that were asked for, by the subject of their events. */
export type KnownGroups = Map<string, readonly GroupId[]>;

/** What the views showed when they were asked for: an event that was parked is taken without another place. */
interface Asked {
  readonly changes: string;
  readonly known: KnownGroups;
}

const asked = new WeakMap<Shown, Asked>();

/** Groups as the views show them, as long as they show the same: replays ask again and again for the same ones. */
export const groupsKnown = (ports: {
  readonly shown: () => Shown;
  readonly parked: Pick<ParkedViews, 'changes'>;
}): KnownGroups => {
  const [shown, changes] = [ports.shown(), ports.parked.changes()];
  const before = asked.get(shown);
  if (before?.changes === changes) return before.known;
  const known: KnownGroups = new Map();
  asked.set(shown, { changes, known });
  return known;
};
