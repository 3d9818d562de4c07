// The gateway's views as one group: which projections it has, and up to which place of the journal they show it. They are
// committed together with that place, so no two of them can show different moments. Never: set `shown` ahead of what the
// group has committed.
import type { ConnectionId, Instant, Json, Projection } from '@drover/kernel';
import type { Journal, JournalState, View, ViewDefinition, ViewGroup, ViewStore } from '@drover/ports';
import { incarnationOf } from '../../domain/cursor.js';
import { ALL_CONNECTIONS, connectionSetProjection, type ConnectionSetRow } from './connection-set.projection.js';
import { connectionsProjection, type FleetConnection } from './connections.projection.js';
import { historyProjection, type HistoryRow } from '../fleet/history.projection.js';
import type { Journalled } from '../journal/journalled.js';
import type { OperationRow } from '../operations/operation-row.js';
import { operationsProjection } from '../operations/operations.projection.js';
import type { VmRow } from '../fleet/vm-row.js';
import { vmsProjection } from '../fleet/vms.projection.js';

/** What the views show: everything of the journal up to there. */
export interface Shown {
  readonly generation: string;
  /** The runs of the journal, oldest first, and the first place of it that can be resumed. */
  readonly runs: JournalState['runs'];
  readonly floor: number;
  /** What places in it are called by: the generation, as it was opened this time. */
  readonly incarnation: string;
  readonly position: number;
  /** When the last event of that was recorded; null when there is none. */
  readonly at: Instant | null;
}

/** The gateway's views, and how far into the journal they reach. All of one group: what one shows, all show. */
export interface GatewayViews {
  readonly group: ViewGroup;
  readonly vms: View<VmRow>;
  readonly operations: View<OperationRow>;
  readonly history: View<HistoryRow>;
  /** Few, and asked for with every machine: kept at hand. */
  readonly connections: Map<ConnectionId, FleetConnection>;
  /** Whether inventory has said which connections there are. */
  areAllTold: boolean;
  shown: Shown;
  /** The journal as it was when they were opened. */
  readonly start: Pick<JournalState, 'generation' | 'head'>;
}

/** All projections of the gateway, over the journal. */
export const gatewayProjections = [
  vmsProjection,
  operationsProjection,
  historyProjection,
  connectionsProjection,
  connectionSetProjection,
] as const;

// Of these a list can be read on as it was; the history only grows, so its pages hold by themselves.
const pinned: readonly string[] = [vmsProjection.view, operationsProjection.view];
const define = <Row extends Json>({ view, revision, index }: Projection<Journalled, Row>): ViewDefinition<Row> => ({
  view,
  revision,
  index,
  ...(pinned.includes(view) && { pinned: true }),
});

/** What is shown of a journal up to a place. */
export const shownOf = (state: JournalState, position: number, at: Instant | null): Shown => ({
  generation: state.generation,
  runs: state.runs,
  floor: state.floor,
  incarnation: incarnationOf(state),
  position,
  at,
});

/** Reads the connections again, after the views were opened or dropped. */
export const loadConnections = async (views: GatewayViews) => {
  const { group, connections } = views;
  connections.clear();
  const { rows } = await group.view<FleetConnection>(connectionsProjection.view).find({ limit: 10_000 });
  for (const { row } of rows) connections.set(row.id, row);
  views.areAllTold = (await group.view<ConnectionSetRow>(connectionSetProjection.view).get(ALL_CONNECTIONS)) !== null;
};

/** Opens the views. They show nothing new until the journal is read. */
export const openViews = async (store: ViewStore, journal: Journal): Promise<GatewayViews> => {
  const state = await journal.state();
  const group = await store.open('gateway', [
    define(vmsProjection),
    define(operationsProjection),
    define(historyProjection),
    define(connectionsProjection),
    define(connectionSetProjection),
  ]);
  const position = await group.checkpoint(state.generation);
  const [last] = position > 0 ? await journal.read(position - 1, 1) : [];
  const views: GatewayViews = {
    group,
    vms: group.view<VmRow>(vmsProjection.view),
    operations: group.view<OperationRow>(operationsProjection.view),
    history: group.view<HistoryRow>(historyProjection.view),
    connections: new Map(),
    areAllTold: false,
    shown: shownOf(state, position, last?.event.time ?? null),
    start: state,
  };
  await loadConnections(views);
  return views;
};
