import { services, type Service } from '@drover/contracts';
import { yieldToEventLoop } from '@drover/kernel';
import {
  assertHeld,
  inTurn,
  ViewsMoved,
  type JournalEntry,
  type JournalState,
  type ReadLog,
  type ServiceShift,
  type Write,
} from '@drover/ports';
import { positioned } from './read-journal.js';
import { connectionsProjection, type ConnectionRow } from '../views/connections.projection.js';
import type { JournalPorts, JournalProjection } from './journal-ports.js';
import { connectionIn } from './journalled.js';
import { trimmedEntries, type TrimmedPart } from './trimmed-entries.js';
import { changesOf } from './view-changes.js';
import { viewsParking } from '../views/parked-views.js';
import { loadConnections, shownOf } from '../views/views.js';
import type { VmRow } from '../fleet/vm-row.js';
import { groupsIn } from '../views/groups.js';
import { vmsProjection } from '../fleet/vms.projection.js';

const LOST =
  'The journal was trimmed by an older release, which did not keep what views of a new shape need: it is rebuilt from the events, and every stream starts over, this once.';
/** Small, so that sockets get their turn between two of them. */
const LIMIT = 50;
/** Inventory tells of a new connection within milliseconds of its start; a slow machine is given longer. */
const HEARD_MS = 5000;

/**
 * Bus, journal, views, readers: in this order for each batch, so whoever hears of an event reads views that have it.
 * The views' checkpoint stands under the journal's generation: of another journal they know nothing.
 */
export const journalProjection = ({
  journal,
  views,
  growth,
  freshness,
  work,
  feed,
  share,
  stopping,
}: JournalPorts): JournalProjection => {
  const turn = inTurn();
  const readFrom = new Map<Service, string>();
  const { group } = views;
  const { clock, report } = feed;
  let listensSince: number | null = null; // to the owners, into the present journal
  let changed: Write[] = []; // in the views, by what is being drained
  let agreed = ''; // the generation of which the views are known to be
  let readLog: ReadLog = () => Promise.reject(new Error('nobody here has the logs'));

  const remember = (writes: readonly Write[]) => {
    for (const { view, key, row } of writes)
      if (view === connectionsProjection.view) views.connections.set(key, row as ConnectionRow);
  };

  /** What the entries change in the views, and how far they show the journal then: both or none. */
  const fold = async (entries: readonly JournalEntry[], upTo: number) => {
    const { revision, writes } = await changesOf(views, entries);
    const { generation, position: from } = views.shown;
    await group.commit({ source: generation, from, upTo, revision, writes });
    remember(writes);
    changed.push(...writes);
  };
  const parked = viewsParking({
    journal,
    work,
    clock,
    report,
    turn,
    fold,
    shown: () => views.shown,
    views: group.name,
    drained: () => drain(),
  });

  /** Entries as readers get them; the groups of a machine are those that it has after them. */
  const positionedAfter = (incarnation: string, entries: readonly JournalEntry[], writes: readonly Write[]) => {
    const changed = writes.filter(({ view }) => view === vmsProjection.view);
    const rows = new Map(changed.map(({ key, row }) => [key, row as VmRow | null]));
    const groupsOf = groupsIn(views);
    return positioned(incarnation, entries, async (subject) => {
      const row = subject.type === 'vm' ? rows.get(subject.id) : null;
      return row?.groupIds ?? (await groupsOf(subject)) ?? [];
    });
  };

  const trimmed = trimmedEntries({
    journal,
    readLog: (...of) => readLog(...of),
    unreadable: async (service, commit) => void (await parked.hold(service, commit)),
  });
  const upTo = (entries: readonly JournalEntry[], position: number): TrimmedPart => ({
    ...{ entries, upTo: entries.at(-1)?.position ?? position },
  });
  /** What comes after a place: from `fresh` where it is there, from the logs of the owners where the journal trimmed it. */
  const readAfter = async (position: number, fresh: readonly JournalEntry[]): Promise<TrimmedPart> => {
    const handed = fresh.filter((entry) => entry.position > position).slice(0, LIMIT);
    if (handed[0]?.position === position + 1) return upTo(handed, position);
    const entries = position < views.shown.floor ? [] : await journal.read(position, LIMIT);
    const goesOn = entries[0] ? entries[0].position === position + 1 : position >= views.shown.floor;
    if (goesOn) return upTo(entries, position);
    const part = await trimmed.after(position, LIMIT);
    if (!part) throw new Error(`the journal does not remember what it trimmed after ${position}`);
    return part;
  };

  /** Some entries that the views lack; answers whether there were any. */
  const drainSome = async (fresh: readonly JournalEntry[]) => {
    const { generation, position, at } = views.shown;
    const part = await readAfter(position, fresh);
    if (part.upTo <= position) return false;
    const state = await journal.state(); // after its entries: they may be of another run than those before
    if (state.generation !== generation) return false;
    changed = [];
    await parked.take({ source: generation, from: position, ...part });
    const shown = shownOf(state, part.upTo, part.entries.at(-1)?.event.time ?? at);
    const live = await positionedAfter(shown.incarnation, part.entries, changed);
    views.shown = shown;
    feed.streams?.publish(live);
    growth.grown();
    return true;
  };
  /** Brings the views to the end of the journal; `fresh`: its newest entries, so that they need not be read again. */
  const drain = async (fresh: readonly JournalEntry[] = [], isHeld = () => true) => {
    while (!stopping.aborted && isHeld() && (await share.run(() => drainSome(fresh)))) await yieldToEventLoop();
  };

  /** From nothing: what was shown before is of another journal. */
  const showAnew = (state: JournalState) => {
    views.shown = shownOf(state, 0, null);
    trimmed.forget();
    freshness.forget();
    feed.streams?.drain('rebuilt', false);
  };
  const dropViews = async () => {
    await group.reset();
    await parked.forget();
    await loadConnections(views);
    const state = await journal.state();
    showAnew(state);
    agreed = state.generation;
    listensSince = null;
  };

  /** Shows the journal as it is, up to where the views have it by now. */
  const followSome = async () => {
    const { generation, position, at } = views.shown;
    const upTo = await group.checkpoint(generation);
    const entries = (await journal.read(position, LIMIT)).filter((entry) => entry.position <= upTo);
    const state = await journal.state(); // after its entries: they may be of another run than those before
    if (state.generation !== generation) {
      showAnew(state);
      return true;
    }
    const last = entries.at(-1);
    if (upTo > position && (!last || entries.some(({ event }) => connectionIn(event) !== null)))
      await loadConnections(views);
    views.shown = shownOf(state, last?.position ?? Math.max(position, upTo), last?.event.time ?? at);
    if (last) feed.streams?.publish(await positionedAfter(views.shown.incarnation, entries, []));
    if (views.shown.position > position) growth.grown(); // whoever waits for a place has it, though the end is not reached
    return last !== undefined;
  };
  const followAll = async () => {
    while (!stopping.aborted && (await share.run(followSome))) await yieldToEventLoop();
  };

  /** Does something to the views, and notes what they have been told where they have what there was before it. */
  const heeding = async (work: () => Promise<unknown>) => {
    const told = await Promise.all(services.map(async (each) => [each, await journal.checkpoint(each)] as const));
    const { head } = await journal.state();
    await work();
    if (views.shown.position < head) return false;
    for (const [service, position] of told) freshness.took(service, position);
    listensSince ??= clock.monotonic();
    growth.grown();
    return true;
  };

  /** Whether the views lack what nobody remembers: then only a journal that begins anew can give them all. */
  const isLost = async () => {
    const { generation, floor, unremembered } = await journal.state();
    const at = await group.checkpoint(generation);
    return at < floor && at < unremembered;
  };

  /** Brings the views to the end of the journal. Those of another journal, or of a later copy, are dropped before. */
  const catchUp = async (isHeld: () => boolean) => {
    await followAll();
    await parked.load();
    const { generation } = views.shown;
    const at = await group.checkpoint(generation);
    if ((at === 0 && agreed !== generation) || at > (await journal.state()).head) await dropViews();
    await drain([], isHeld);
  };
  const shift: ServiceShift = {
    views: group.name,
    keepUp: (isHeld) =>
      turn(async () => (await isLost()) || (await heeding(() => catchUp(isHeld)))).catch((error: unknown) => {
        if (error instanceof ViewsMoved) return false; // whoever had them before wrote once more: they are read again
        throw error;
      }),
    takeOver: (isHeld) =>
      turn(async () => {
        // In the last line before each: a process that slept since it asked does not write under another one.
        assertHeld(isHeld, 'journal');
        await journal.begin();
        if (await isLost()) {
          report('journal', new Error(LOST));
          assertHeld(isHeld, 'journal');
          await journal.restart();
          await dropViews();
        }
        await catchUp(isHeld);
      }),
    follow: () =>
      turn(async () => {
        parked.leave();
        await parked.load();
        await heeding(followAll);
      }),
    upToNow: async () => {
      const { generation, head } = await journal.state();
      return () => views.shown.generation !== generation || views.shown.position >= head;
    },
    catchUp: () => {
      const { generation, head } = views.start;
      return views.shown.generation === generation ? { done: views.shown.position, of: head } : null;
    },
  };

  return {
    parked: { head: parked.head, size: parked.size, changes: parked.changes },
    heard: () => listensSince !== null && clock.monotonic() - listensSince >= HEARD_MS,
    consumer: {
      name: 'gateway.journal',
      listensTo: 'all',
      position: async (service) => {
        listensSince ??= clock.monotonic();
        readFrom.set(service, views.shown.generation);
        const position = await journal.checkpoint(service);
        freshness.took(service, position);
        return position;
      },
      reached: (service) => journal.checkpoint(service),
      heads: (...told) => freshness.heads(...told),
      logs: (read) => void (readLog = read),
      // Everything comes again from the owners' logs, under another generation.
      reset: () =>
        turn(async () => {
          await journal.restart();
          await dropViews();
        }),
      parking: parked.park,
      take: ({ service, entries, from, upTo, unreadable }) =>
        turn(async () => {
          // What was read on from a place in another journal would leave a hole in this one.
          const { generation } = views.shown;
          if ((readFrom.get(service) ?? generation) !== generation)
            throw new Error('the journal began anew while this was on its way: it is read again from the beginning');
          if (unreadable) await parked.hold(service, unreadable); // before the journal moves past it
          await drain(await journal.append({ service, events: entries, from, upTo }));
          freshness.took(service, upTo, entries.at(-1)?.time);
          growth.grown(); // for whoever waits for what nobody is told of
        }),
    },
    shift,
    trim: (olderThan, keep) =>
      turn(async () => {
        await journal.trim(olderThan, keep);
        const { floor, runs } = await journal.state();
        views.shown = { ...views.shown, floor, runs };
      }),
    prune: (view, keys) =>
      turn(async () => {
        const rows = keys.map((key) => ({ view, key }));
        while (rows.length > 0 && !(await group.remove(rows, await group.revision()))) await yieldToEventLoop();
      }),
  };
};
