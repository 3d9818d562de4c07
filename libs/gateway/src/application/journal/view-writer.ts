// Brings the views to the end of the journal: reads what they lack, folds it, and tells the streams once the views have it.
// The checkpoint of the views stands under the journal's generation, and moves in the commit that writes their rows.
// Never: an event to a stream before the views show it; an entry at another place than the one that the journal gave it.
import { yieldToEventLoop } from '@drover/kernel';
import { unreadableRow, ViewsMoved, type InTurn, type JournalEntry, type ReadLog, type Write } from '@drover/ports';
import { connectionSetProjection } from '../views/connection-set.projection.js';
import { connectionsProjection, type FleetConnection } from '../views/connections.projection.js';
import { viewsParking } from '../views/parked-views.js';
import { shownOf, type Shown } from '../views/views.js';
import type { JournalPorts } from './journal-ports.js';
import { liveEntries } from './live-entries.js';
import { trimmedEntries, type TrimmedPart } from './trimmed-entries.js';
import { unreadableCommits, type UnreadableCommit } from './unreadable-commits.js';
import { changesOf } from './view-changes.js';

/** What the writer of the views takes. `turn`: one thing at a time, of all that touch journal and views. */
interface ViewWriterPorts extends Omit<JournalPorts, 'freshness'> {
  readonly turn: InTurn;
  /** Shows the journal as it is once another process has written the views. */
  readonly follow: () => Promise<void>;
}

/** Small, so that sockets get their turn between two of them. */
const LIMIT = 50;
/** So often views are read on that another process writes as well: whoever has lost their lease gives them up. */
const TRIES = 3;

/** The writer of the views, to be used within the turn. */
export const viewWriter = (ports: ViewWriterPorts) => {
  const { journal, views, notifier, work, publisher, share, stopping, turn, follow } = ports;
  const { group } = views;
  const { clock, report } = publisher;
  let changed: Write[] = []; // in the views, by what is being drained
  let readLog: ReadLog = () => Promise.reject(new Error('nobody here has the logs'));

  const remember = (writes: readonly Write[]) => {
    const remembered = (row: FleetConnection) => views.connections.set(row.id, row);
    for (const { view, row } of writes) {
      if (view === connectionsProjection.view) remembered(row as FleetConnection);
      if (view === connectionSetProjection.view) views.areAllTold = true;
    }
  };

  /** What the entries change in the views, and how far they show the journal then: both or none. */
  const fold = async (entries: readonly JournalEntry[], upTo: number) => {
    const { revision, writes } = await changesOf(views, entries);
    const { generation, position: from } = views.shown;
    await group.commit({ source: generation, from, upTo, revision, writes });
    remember(writes);
    changed.push(...writes);
  };
  const unreadable = unreadableCommits(work, journal);
  const held = new Set<string>(); // those that were parked here already
  const taken = new Set<string>(); // those that were taken here once the journal had them
  let waiting: Record<'of' | 'left', readonly UnreadableCommit[]> = { of: [], left: [] }; // all, and those to be looked at
  const parked = viewsParking({
    ...{ journal, work, clock, report, turn, fold, unreadable },
    shown: () => views.shown,
    views: group.name,
    drained: () => drain(),
  });

  const trimmed = trimmedEntries({ journal, readLog: (...of) => readLog(...of) });
  const partOf = (entries: readonly JournalEntry[], position: number): TrimmedPart => ({
    ...{ entries, upTo: entries.at(-1)?.position ?? position },
  });
  /** What comes after a place: from `fresh` where it is there, from the logs of the owners where the journal trimmed it. */
  const readAfter = async (position: number, fresh: readonly JournalEntry[]): Promise<TrimmedPart> => {
    const handed = fresh.filter((entry) => entry.position > position).slice(0, LIMIT);
    if (handed[0]?.position === position + 1) return partOf(handed, position);
    const entries = position < views.shown.floor ? [] : await journal.read(position, LIMIT);
    const goesOn = entries[0] ? entries[0].position === position + 1 : position >= views.shown.floor;
    if (goesOn) return partOf(entries, position);
    const part = await trimmed.after(position, LIMIT);
    if (!part) throw new Error(`the journal does not remember what it trimmed after ${position}`);
    return part;
  };

  /** One that could not be parsed when it came, once the views have what stood before it. */
  const takeUnreadable = async ({ after, row, isJournalled }: UnreadableCommit, position: number) => {
    // Views that moved past it long ago parked it then, or took it.
    if (!held.has(row.id) && (after === position || !isJournalled)) await parked.hold(row);
    held.add(row.id);
    if (!isJournalled) return;
    // The journal has it, behind what followed it: here it comes first.
    if (parked.head(row.key)?.id === row.id) await parked.retake(row.key);
    taken.add(row.id);
  };
  const isOpen = ({ row, isJournalled }: UnreadableCommit) => !held.has(row.id) || (isJournalled && !taken.has(row.id));
  /** Parks what could not be parsed when it came, at its place: a part ends where the next of that stands. */
  const upToUnreadable = async (part: TrimmedPart, { generation, position }: Shown): Promise<TrimmedPart> => {
    const all = await unreadable.all();
    if (waiting.of !== all) waiting = { of: all, left: all.filter(isOpen) };
    const here = waiting.left.filter((each) => each.generation === generation);
    if (here.length === 0) return part;
    await parked.load();
    for (const each of here.filter(({ after }) => after <= position)) await takeUnreadable(each, position);
    waiting = { of: all, left: waiting.left.filter(isOpen) };
    const upTo = here.reduce((least, { after }) => (after > position ? Math.min(least, after) : least), Infinity);
    return upTo < part.upTo ? { entries: part.entries.filter((entry) => entry.position <= upTo), upTo } : part;
  };

  /** Some entries that the views lack; answers whether there were any. */
  const drainSome = async (fresh: readonly JournalEntry[]) => {
    const { generation, position, at } = views.shown;
    // After the entries: what could not be parsed was noted before any that came later.
    const { entries, upTo, lost } = await upToUnreadable(await readAfter(position, fresh), views.shown);
    if (upTo <= position) return false;
    const state = await journal.state(); // after its entries: they may be of another run than those before
    if (state.generation !== generation) return false;
    if (lost) await parked.hold(unreadableRow(lost.commit, lost.service, clock.now())); // before the views move past it
    changed = [];
    await parked.take({ source: generation, from: position, entries, upTo });
    const shown = shownOf(state, upTo, entries.at(-1)?.event.time ?? at);
    const live = await liveEntries(views, shown.incarnation, entries, changed);
    views.shown = shown;
    publisher.streams?.publish(live);
    notifier.grown();
    return true;
  };
  /** Brings the views to the end of the journal; `fresh`: its newest entries, so that they need not be read again. */
  const drain = async (fresh: readonly JournalEntry[] = [], isHeld = () => true) => {
    while (!stopping.aborted && isHeld() && (await share.run(() => drainSome(fresh)))) await yieldToEventLoop();
  };

  return {
    parked,
    unreadable,
    drain,
    /** The same where another process has written the views meanwhile: from where they are by now. */
    drainOn: async (fresh: readonly JournalEntry[]) => {
      for (let tries = 1; ; tries++)
        try {
          return await drain(fresh);
        } catch (error) {
          if (!(error instanceof ViewsMoved) || tries >= TRIES) throw error;
          await follow();
        }
    },
    /** Given the logs of the owners, for what the journal has trimmed. */
    logs: (read: ReadLog) => void (readLog = read),
    /** What was read of trimmed entries, and parked, is of no use any more: journal or views begin anew. */
    forget: () => {
      trimmed.forget();
      held.clear();
      taken.clear();
      waiting = { of: [], left: [] };
    },
  };
};

/** The writer of the views. */
export type ViewWriter = ReturnType<typeof viewWriter>;
