import { eventType, isEvent, services, type CloudEvent, type Service } from '@drover/contracts';
import { yieldToEventLoop, type LoopShare } from '@drover/kernel';
import {
  inTurn,
  writesOf,
  type Clock,
  type Consumer,
  type Journal,
  type JournalEntry,
  type JournalState,
  type WorkStore,
  type Write,
} from '@drover/ports';
import type { Freshness } from '../views/freshness.js';
import type { ViewNotifier } from '../views/view-notifier.js';
import { positioned, type PositionedEvent } from './read-journal.js';
import { connectionsProjection, type ConnectionRow } from '../views/connections.projection.js';
import { connectionIn, type Journalled } from './journalled.js';
import { viewsParking, type ParkedViews } from '../views/parked-views.js';
import { gatewayProjections, loadConnections, shownOf, type GatewayViews } from '../views/views.js';
import type { VmRow } from '../fleet/vm-row.js';
import { groupsIn } from '../views/groups.js';
import { vmsProjection } from '../fleet/vms.projection.js';

/** The way from the views to the streams of the door, and what the door makes them with. */
export interface LivePublisher {
  readonly clock: Clock;
  readonly report: (where: string, error: unknown) => void;
  /** What an event is found under. */
  readonly topicsOf: (traits: PositionedEvent['traits']) => readonly string[];
  /** What replays may take of the event loop, together with whoever else reads the journal for others. */
  readonly share: LoopShare;
  /** Told of what the views have taken, and ended when they must not go on; null until the door has made them. */
  streams: {
    publish(entries: readonly PositionedEvent[]): void;
    endSession(session: string, reason: string): void;
    drain(reason: string, last: boolean): void;
  } | null;
}

/** What the way from the bus to the readers passes. */
export interface JournalPorts {
  readonly journal: Journal;
  readonly views: GatewayViews;
  readonly growth: ViewNotifier;
  readonly freshness: Freshness;
  readonly work: WorkStore;
  readonly feed: LivePublisher;
  /** What the views may take of the event loop, together with the other readers of the process. */
  readonly share: LoopShare;
  /** Ends a catch-up between two pages: views go on from there at the next start. */
  readonly stopping: AbortSignal;
}

/** The gateway's one consumer, and what else may touch journal and views: one thing at a time. */
export interface JournalProjection {
  readonly consumer: Consumer;
  /** What the views could not take. */
  readonly parked: ParkedViews;
  /** Whether inventory would have told by now of a connection that there is. */
  heard(): boolean;
  /** Begins to write: draws a run, and brings the views to the end of the journal. */
  takeOver(): Promise<void>;
  /** Shows what another process has written, and publishes it to the streams of this one. */
  follow(): Promise<void>;
  /** Forgets entries of the journal, as it does itself. */
  trim: Journal['trim'];
  /** Removes rows that are past their time. */
  prune(view: string, keys: readonly string[]): Promise<void>;
}

/** Small, so that sockets get their turn between two of them. */
const LIMIT = 50;
/** Inventory tells of a new connection within milliseconds of its start; a slow machine is given longer. */
const HEARD_MS = 5000;

const connectionOf = (event: CloudEvent) => {
  const { connectionId } = event.data as { readonly connectionId?: unknown };
  return typeof connectionId === 'string' ? connectionId : null;
};

/** What entries change in the views; connections first, because their kinds say which machines are simulated. */
const changesOf = async ({ group, connections }: GatewayViews, entries: readonly JournalEntry[]) => {
  const kinds = new Map([...connections].map(([id, { kind }]) => [id, kind]));
  const journalled = entries.map(({ position, event }): Journalled => {
    if (isEvent(event, eventType('inventory', 'connection-added'), eventType('inventory', 'connection-changed')))
      kinds.set(connectionIn(event) ?? '', event.data.kind);
    return { type: event.type, position, event, simulated: kinds.get(connectionOf(event) ?? '') === 'simulator' };
  });
  return writesOf(group, gatewayProjections, journalled);
};

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

  /** Some entries that the views lack, from `fresh` where they are there; answers whether there were any. */
  const drainSome = async (fresh: readonly JournalEntry[]) => {
    const { generation, incarnation, position } = views.shown;
    const handed = fresh.filter((entry) => entry.position > position).slice(0, LIMIT);
    const entries = handed[0]?.position === position + 1 ? handed : await journal.read(position, LIMIT);
    const last = entries.at(-1);
    if (last === undefined) return false;
    changed = [];
    await parked.take({ source: generation, entries, from: position, upTo: last.position });
    const live = await positionedAfter(incarnation, entries, changed);
    views.shown = { ...views.shown, position: last.position, at: last.event.time };
    feed.streams?.publish(live);
    growth.grown();
    return true;
  };
  /** Brings the views to the end of the journal; `fresh`: its newest entries, so that they need not be read again. */
  const drain = async (fresh: readonly JournalEntry[] = []) => {
    while (!stopping.aborted && (await share.run(() => drainSome(fresh)))) await yieldToEventLoop();
  };

  const dropViews = async () => {
    await group.reset();
    await parked.forget();
    await loadConnections(views);
    views.shown = shownOf(await journal.state(), 0, null);
    freshness.forget();
    listensSince = null;
    feed.streams?.drain('rebuilt', false);
  };

  /** Shows the journal as it is, up to where the views have it by now. */
  const followSome = async (state: JournalState) => {
    const { position } = views.shown;
    const upTo = await group.checkpoint(state.generation);
    const entries = (await journal.read(position, LIMIT)).filter((entry) => entry.position <= upTo);
    const last = entries.at(-1);
    if (!last) {
      views.shown = shownOf(state, Math.max(position, upTo), views.shown.at);
      return false;
    }
    if (entries.some(({ event }) => connectionIn(event) !== null)) await loadConnections(views);
    views.shown = shownOf(state, last.position, last.event.time);
    feed.streams?.publish(await positionedAfter(views.shown.incarnation, entries, []));
    return true;
  };
  const follow = async () => {
    const state = await journal.state();
    if (state.generation !== views.shown.generation) {
      views.shown = shownOf(state, 0, null);
      freshness.forget();
      feed.streams?.drain('rebuilt', false);
    }
    parked.leave();
    await parked.load();
    while (!stopping.aborted && (await share.run(() => followSome(state)))) await yieldToEventLoop();
    for (const service of services) freshness.took(service, await journal.checkpoint(service));
    listensSince ??= clock.monotonic();
    growth.grown();
  };

  /**
   * Views of another journal are dropped; views that the journal can no longer serve are grown again from the owners'
   * logs.
   */
  const agree = async () => {
    const { generation, floor, head } = await journal.state();
    const at = await group.checkpoint(generation);
    if (at < floor || at > head) await journal.restart();
    else if (at > 0) return;
    await dropViews();
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
      // Everything comes again from the owners' logs, under another generation.
      reset: () =>
        turn(async () => {
          await journal.restart();
          await dropViews();
        }),
      parking: parked.park,
      take: ({ service, entries, upTo, unreadable }) =>
        turn(async () => {
          // What was read on from a place in another journal would leave a hole in this one.
          const { generation } = views.shown;
          if ((readFrom.get(service) ?? generation) !== generation)
            throw new Error('the journal began anew while this was on its way: it is read again from the beginning');
          if (unreadable) await parked.hold(service, unreadable); // before the journal moves past it
          await drain(await journal.append({ service, events: entries, upTo }));
          freshness.took(service, upTo, entries.at(-1)?.time);
          growth.grown(); // for whoever waits for what nobody is told of
        }),
    },
    takeOver: () =>
      turn(async () => {
        await journal.begin();
        const { generation, position, at } = views.shown;
        const state = await journal.state();
        const same = state.generation === generation;
        views.shown = shownOf(state, same ? position : 0, same ? at : null);
        await parked.load();
        await agree();
        await drain();
      }),
    follow: () => turn(follow),
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
