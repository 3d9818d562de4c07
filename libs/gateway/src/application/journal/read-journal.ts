// Reads the journal for streams and lists: where a cursor goes on, and what a filter takes from there. Events that nobody
// wants are not parsed. Never: an event beyond what the views show; whoever sees an event reads views that have it.
import type { ConnectionId, GroupId, LoopShare, Subject } from '@drover/kernel';
import {
  routingOf,
  type Clock,
  type Journal,
  type JournalChoice,
  type JournalEntry,
  type Routing,
  type View,
} from '@drover/ports';
import { cursorOf, incarnationOf, resumptionOf, type Readable, type Resumption } from '../../domain/cursor.js';
import { nameFor, type Filter, type Traits } from '../../domain/stream-filter.js';
import type { ViewNotifier } from '../views/view-notifier.js';
import type { Shown } from '../views/views.js';
import type { VmRow } from '../fleet/vm-row.js';
import type { FleetConnection } from '../views/connections.projection.js';
import { groupsIn } from '../views/groups.js';
import { groupsKnown, type KnownGroups } from '../views/groups-known.js';
import { vmOf } from './journalled.js';
import type { ParkedViews } from '../views/parked-views.js';

/** An event with its place in the journal, and what filters look at. */
export interface PositionedEvent {
  readonly position: number;
  readonly cursor: string;
  /** The event as JSON; asked for when it is wanted. */
  readonly json: () => string;
  readonly traits: Traits;
}

type Groups = readonly GroupId[];

const traitsOf = ({ type, subject, key, operation, severity }: Routing, reach: Groups): Traits => ({
  ...{ type, operation, severity, reach },
  groups: vmOf({ subject }) === null ? [] : reach,
  vm: vmOf({ subject }),
  worker: key,
});

type Reach = (subject: Subject) => Promise<Groups>;

/** Asks for the groups of each machine and each connection once. */
const groupsBy = (groupsOf: Reach, known: KnownGroups = new Map()) => {
  return async ({ subject }: Routing): Promise<Groups> => {
    const [type, id] = subject.split('/');
    if (type !== 'vm' && type !== 'connection') return [];
    const groups = known.get(subject) ?? (await groupsOf({ type, id } as Subject));
    known.set(subject, groups);
    return groups;
  };
};

/**
 * Puts entries of the journal in their places. The groups of a machine are those of now: rights and scopes are judged
 * when an event is shown.
 */
export const positioned = async (
  incarnation: string,
  entries: readonly JournalEntry[],
  groupsOf: Reach,
): Promise<readonly PositionedEvent[]> => {
  const groups = groupsBy(groupsOf);
  const all: PositionedEvent[] = [];
  for (const { position, event } of entries) {
    const routing = routingOf(event);
    const traits = traitsOf(routing, await groups(routing));
    all.push({ position, cursor: cursorOf(incarnation, position), json: () => JSON.stringify(event), traits });
  }
  return all;
};

/** What the journal is read with. */
export interface ReadJournalPorts {
  readonly journal: Journal;
  readonly vms: View<VmRow>;
  readonly connections: ReadonlyMap<ConnectionId, FleetConnection>;
  readonly shown: () => Shown;
  /** What the views could not take. */
  readonly parked: Pick<ParkedViews, 'changes'>;
  /** What all who read the journal for others may take of the event loop together. */
  readonly share: LoopShare;
}

/** So many places are looked at in one slice. */
const LIMIT = 500;

/** What can be read now. Up to what the views show, not further: whoever sees an event reads a view that has it. */
export const readable = ({ shown }: Pick<ReadJournalPorts, 'shown'>): Readable => {
  const { generation, runs, floor, position } = shown();
  return { generation, runs, head: position, floor };
};

/** Where a reader that brings this cursor goes on. */
export const resumptionAt = (cursor: string, ports: Pick<ReadJournalPorts, 'shown'>) =>
  resumptionOf(cursor, readable(ports));

/** What waiting for a place takes. */
export interface PlacePorts extends Pick<ReadJournalPorts, 'journal' | 'shown'> {
  readonly clock: Clock;
  readonly notifier: ViewNotifier;
  readonly stopping: AbortSignal;
}

/** Where a reader goes on. `behind`: the journal has the place, and this process does not show it yet. */
export type Place = Resumption | { readonly is: 'behind' };

/**
 * Where a reader that brings this cursor goes on. Another process may have told of a place that this one does not show
 * yet, or of a run that it has not heard of: that is waited for.
 */
export const placeOf = async (cursor: string, ports: PlacePorts, patienceMs = 2000): Promise<Place> => {
  const { journal, clock, notifier, stopping } = ports;
  const known = resumptionAt(cursor, ports);
  if (known.is !== 'ahead' && known.is !== 'foreign') return known;
  if (resumptionOf(cursor, await journal.state()).is !== 'at') return known;
  const until = clock.monotonic() + patienceMs;
  for (;;) {
    const grown = notifier.next(until - clock.monotonic()); // before it is looked: what comes in between wakes it, too
    const place = resumptionAt(cursor, ports);
    if (place.is === 'at') return place;
    if (stopping.aborted || clock.monotonic() >= until) return { is: 'behind' };
    await grown;
  }
};

/**
 * What places are called by, up to a last one. Rows that another process has written may have a place that this one does not
 * show yet, of a run that it has not heard of.
 */
export const incarnationAt = async (
  last: number,
  { journal, shown }: Pick<ReadJournalPorts, 'journal' | 'shown'>,
): Promise<string> => {
  const { incarnation, generation, position } = shown();
  if (last <= position) return incarnation;
  const state = await journal.state();
  return state.generation === generation ? incarnationOf(state) : incarnation;
};

/** The present end: everything that the views show. */
export const endOf = ({ shown }: Pick<ReadJournalPorts, 'shown'>) => {
  const { incarnation, position } = shown();
  return { position, cursor: cursorOf(incarnation, position) };
};

/** What a filter asks of the journal itself; the rest (groups, rights) is judged of what comes. */
const choiceOf = ({ types, vm, worker, operation, severity }: Filter): JournalChoice => ({
  ...{ types, operation, severity },
  subject: vm && vm.map((id) => `vm/${id}`),
  key: worker,
});

/** Some of the journal: where it ends, and what of it a filter takes. */
export interface JournalPage {
  readonly upTo: number;
  readonly told: readonly PositionedEvent[];
}

const groupsShownIn = (ports: Pick<ReadJournalPorts, 'vms' | 'connections' | 'shown' | 'parked'>) => {
  const groupsOf = groupsIn(ports);
  return groupsBy(async (subject) => (await groupsOf(subject)) ?? [], groupsKnown(ports));
};

/**
 * What a filter takes of the entries after a position, each in its place; what it does not take was not parsed. Null where
 * the journal no longer reaches back to it.
 */
export const journalAfter = async (
  ports: Pick<ReadJournalPorts, 'journal' | 'vms' | 'connections' | 'shown' | 'parked'>,
  filter: Filter,
  position: number,
): Promise<JournalPage | null> => {
  const { incarnation, position: head } = ports.shown();
  const upTo = Math.min(head, position + LIMIT);
  if (upTo <= position) return { upTo: position, told: [] };
  const kept = await ports.journal.select(position, upTo, choiceOf(filter));
  if (kept === null) return null;
  const groups = filter.group || filter.scope !== 'all' ? groupsShownIn(ports) : groupsBy(async () => []);
  const told: PositionedEvent[] = [];
  for (const { position: at, routing, json } of kept) {
    const traits = traitsOf(routing, await groups(routing));
    if (nameFor(filter, traits) === null) continue;
    told.push({ position: at, cursor: cursorOf(incarnation, at), json: () => json, traits });
  }
  return { upTo, told };
};
