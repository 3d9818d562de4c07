// What may happen to a connection: its settings, what sessions and listings report, refreshes, the refused sign-in. A report
// carries the revision of the settings that it was made under. Never: let a report of an older revision change the state, or
// let a connection whose sign-in was refused come up without a change or a reset.
import {
  assertNever,
  isBlocked,
  NOT_CONFIGURED,
  noSuchConnection,
  reject,
  type ConnectionStatus,
  type Decider,
  type Instant,
  type Rejection,
} from '@drover/kernel';
import type { ConnectionFact, ConnectionSettings, DiscoveryCount } from './connection.events.js';
import {
  evolve,
  isUsable,
  NOTHING_FOUND,
  SECRET_UNUSABLE,
  SIGN_IN_FAILED,
  UNREACHABLE,
  initialConnection,
  troubleCode,
  whyUnusable,
  type MaybeConnection,
  type KnownConnection,
} from './connection.js';
import { same } from './same.js';

/** How a session finds a connection; if not up, why. */
type StateReport =
  { readonly to: 'up'; readonly code: null } | { readonly to: 'degraded' | 'down'; readonly code: string };

/** What the file says, what a session finds out, what a person requests. News of an older revision adds nothing. */
export type ConnectionCommand =
  /** `unusable`: its secret cannot be read. */
  | { readonly type: 'Configure'; readonly settings: ConnectionSettings; readonly unusable: boolean }
  | { readonly type: 'Forget' }
  | ({ readonly type: 'ReportState'; readonly revision: number } & StateReport)
  | { readonly type: 'RefuseSignIn'; readonly service: string; readonly revision: number }
  | { readonly type: 'ResetSignIn' }
  | { readonly type: 'RequestRefresh'; readonly deadline: Instant; readonly spent?: number }
  | ({ readonly type: 'FinishDiscovery'; readonly revision: number; readonly op: number | null } & DiscoveryCount)
  /** A listing of the machines failed. */
  | { readonly type: 'FailDiscovery'; readonly revision: number; readonly code: string; readonly detail: string }
  | { readonly type: 'FailRefresh'; readonly op: number; readonly code: string; readonly detail: string };

/** Why a request is not granted. */
export type ConnectionRefusal = 'not_found' | 'connection_blocked';

type Facts = readonly ConnectionFact[];
type Command<Type> = Extract<ConnectionCommand, { type: Type }>;

const turn = (connection: KnownConnection, { state: to, code }: ConnectionStatus): Facts =>
  connection.state === to && connection.code === code
    ? []
    : [{ type: 'ConnectionStateChanged', from: connection.state, to, code }];

const down = (connection: KnownConnection, code: string) => turn(connection, { state: 'down', code });
const degraded = (connection: KnownConnection, code: string) => turn(connection, { state: 'degraded', code });
const anew = (connection: KnownConnection) => turn(connection, { state: 'unknown', code: null });
const up = (connection: KnownConnection) => turn(connection, { state: 'up', code: null });

/** The state of a connection that the file names, as far as the file and the past decide it. */
const settle = (connection: KnownConnection, unusable: boolean, fresh: boolean): Facts => {
  if (unusable) return down(connection, SECRET_UNUSABLE);
  if (isBlocked(connection)) return down(connection, SIGN_IN_FAILED);
  const over = connection.code === NOT_CONFIGURED || connection.code === SECRET_UNUSABLE;
  return fresh || over ? anew(connection) : [];
};

const configure = (connection: MaybeConnection, { settings, unusable }: Command<'Configure'>): Facts => {
  if (connection.is === 'known' && same(settings, connection.settings)) return settle(connection, unusable, false);
  const stated: ConnectionFact =
    connection.is === 'unknown'
      ? { type: 'ConnectionAdded', ...settings, revision: 1 }
      : { type: 'ConnectionChanged', ...settings, revision: connection.revision + 1 };
  const after = evolve(connection, stated);
  return [stated, ...(after.is === 'known' ? settle(after, unusable, true) : [])];
};

/**
 * A short silence makes nothing better that is worse for another reason, and its end mends no other reason: what is wrong
 * with the last listing shows again.
 */
const reportState = (connection: KnownConnection, { revision, ...report }: Command<'ReportState'>): Facts => {
  if (revision !== connection.revision || !isUsable(connection)) return [];
  const { state, code: known, trouble } = connection;
  if (report.to === 'up') {
    if (known !== UNREACHABLE) return [];
    return trouble ? degraded(connection, troubleCode(trouble)) : up(connection);
  }
  const { to, code } = report;
  if (to === 'degraded') return state === 'down' || state === 'degraded' ? [] : degraded(connection, code);
  return code === UNREACHABLE && state === 'down' ? [] : down(connection, code);
};

const refuseSignIn = (connection: KnownConnection, { service, revision }: Command<'RefuseSignIn'>): Facts =>
  revision !== connection.revision || isBlocked(connection)
    ? []
    : [
        { type: 'ConnectionSignInFailed', service, revision },
        ...(connection.code === NOT_CONFIGURED ? [] : down(connection, SIGN_IN_FAILED)),
      ];

const resetSignIn = (connection: KnownConnection): Facts =>
  isBlocked(connection)
    ? [
        { type: 'ConnectionSignInReset', revision: connection.revision + 1 },
        ...(connection.code === SIGN_IN_FAILED ? anew(connection) : []),
      ]
    : [];

/** A refresh while one runs is that one. */
const requestRefresh = (
  connection: KnownConnection,
  { deadline, spent = 0 }: Command<'RequestRefresh'>,
): Facts | Rejection<ConnectionRefusal> => {
  if (connection.refresh.is === 'open') return [];
  if (!isUsable(connection))
    return reject('connection_blocked', `${whyUnusable(connection)} Nothing was asked of the provider.`);
  const op = Math.max(connection.refresh.op, spent) + 1; // none that an operation may have had that was lost
  return [{ type: 'ConnectionRefreshRequested', op, importIds: null, importAll: false, deadline }];
};

/** Nothing where machines were known is not believed at once: the connection is degraded. */
const finishDiscovery = (connection: KnownConnection, command: Command<'FinishDiscovery'>): Facts => {
  const { type: _, revision, op, ...count } = command;
  const asked = op !== null && connection.refresh.is === 'open' && connection.refresh.op === op ? op : null;
  const current = revision === connection.revision && isUsable(connection);
  if (!current && asked === null) return [];
  const turned = () => (count.complete ? up(connection) : degraded(connection, NOTHING_FOUND));
  return [...(current ? turned() : []), { type: 'ConnectionRefreshed', op: asked, ...count }];
};

/** A connection that is down says why already, and one that shows nothing since when. */
const failDiscovery = (connection: KnownConnection, { revision, code, detail }: Command<'FailDiscovery'>): Facts => {
  const { state, trouble } = connection;
  if (revision !== connection.revision || !isUsable(connection) || trouble?.is === 'nothing_found') return [];
  const known = trouble?.code === code && trouble.detail === detail;
  return [
    ...(known ? [] : [{ type: 'ConnectionListingFailed', code, detail } as const]),
    ...(state === 'up' || state === 'degraded' ? degraded(connection, code) : []),
  ];
};

const failRefresh = ({ refresh }: KnownConnection, { op, code, detail }: Command<'FailRefresh'>): Facts =>
  refresh.is === 'open' && refresh.op === op ? [{ type: 'ConnectionRefreshFailed', op, code, detail }] : [];

/** The rules of the stream `connection-<id>`. */
export const connectionDecider: Decider<ConnectionCommand, ConnectionFact, MaybeConnection, ConnectionRefusal> = {
  initial: initialConnection,
  evolve,
  decide(command, connection) {
    if (command.type === 'Configure') return configure(connection, command);
    if (connection.is === 'unknown') return noSuchConnection();
    switch (command.type) {
      case 'Forget':
        return down(connection, NOT_CONFIGURED);
      case 'ReportState':
        return reportState(connection, command);
      case 'RefuseSignIn':
        return refuseSignIn(connection, command);
      case 'ResetSignIn':
        return resetSignIn(connection);
      case 'RequestRefresh':
        return requestRefresh(connection, command);
      case 'FinishDiscovery':
        return finishDiscovery(connection, command);
      case 'FailDiscovery':
        return failDiscovery(connection, command);
      case 'FailRefresh':
        return failRefresh(connection, command);
      default:
        return assertNever(command);
    }
  },
};
