// The connections of one server: what is due on each, in order, whose turn it is, and how they end at a stop without a reset.
// Never: a request that begins for a client which leaves a megabyte of its answers unread.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { somebodyArrived } from '@drover/kernel';
import { turnsOf, type Queue } from './turns.js';

/** How much of what it was answered a connection may leave unread before nothing more of it is worked on. */
const MOST_UNREAD = 1024 * 1024;
/** How many requests too many are refused one by one; a connection that sends more is closed. */
const MOST_REFUSED = 64;
/** How long a connection without a request is kept while the process stops: its next one may be on the way. */
const GRACE_MS = 1000;

/** What is known of a connection. */
export interface TcpConnection {
  readonly queue: Queue;
  /** What was asked and is not yet answered to the last byte, in order. */
  readonly open: Set<ServerResponse>;
  refused: number;
  /** It sent so much that it is closed behind what it was promised. */
  cut: boolean;
  /** Since when nothing is open on it, and how much had been read of it then. */
  quietSince: number;
  read: number;
}

/** What becomes of a request: it begins in its turn, or it is one too many, or no answer of it will leave. */
export type RequestTurn = 'begins' | 'refused' | 'ignored';

const releases = new WeakMap<ServerResponse, () => void>();

/** From here on the answer is held for something to come: its request is no longer one of those that are worked on. */
export const hold = (raw: ServerResponse) => releases.get(raw)?.();

const unreadOf = (open: ReadonlySet<ServerResponse>) => {
  let bytes = 0;
  for (const raw of open) bytes += raw.writableLength;
  return bytes;
};

/** One whole turn of the loop: what had come by the open connections is taken, and one more connection of those that wait. */
const networkTurn = () =>
  new Promise<void>((done) => {
    setImmediate(() => setImmediate(done));
  });

/** The connections of a server: whose turn it is, and how they end when it stops. */
export const connectionsOf = (inFlight: number) => {
  const turns = turnsOf({ inFlight });
  const all = new Map<Socket, TcpConnection>();
  let stoppedAt: number | null = null;
  let accepted = 0;

  const of = (socket: Socket): TcpConnection => {
    const known = all.get(socket);
    if (known) return known;
    const open = new Set<ServerResponse>();
    const queue = turns.queueOf(() => unreadOf(open) > MOST_UNREAD);
    const connection = { queue, open, refused: 0, cut: false, quietSince: performance.now(), read: socket.bytesRead };
    all.set(socket, connection);
    socket.once('close', () => {
      all.delete(socket);
      queue.drop();
    });
    return connection;
  };

  const openOf = (socket: Socket): readonly ServerResponse[] => [...(all.get(socket)?.open ?? [])];

  /** The last answer of a connection says that it is the last; one behind which another is due does not. */
  const lastWord = (raw: ServerResponse, before?: ServerResponse) => {
    if (before && !before.headersSent) before.removeHeader('Connection');
    if (!raw.headersSent) raw.setHeader('Connection', 'close');
  };

  /** Counts a request until its answer has left. Once: the server tells of it before any hook runs, a hook again. */
  const came = ({ socket }: Pick<IncomingMessage, 'socket'>, raw: ServerResponse): TcpConnection => {
    const connection = of(socket);
    if (connection.open.has(raw)) return connection;
    if (stoppedAt !== null) lastWord(raw, [...connection.open].at(-1));
    connection.open.add(raw);
    raw.once('close', () => {
      connection.open.delete(raw);
      connection.quietSince = performance.now();
      connection.read = socket.bytesRead;
      connection.queue.again();
    });
    return connection;
  };

  /** Has a request begin in its turn, unless it is one too many. */
  const take = (request: Pick<IncomingMessage, 'socket'>, raw: ServerResponse, begin: () => void): RequestTurn => {
    const connection = came(request, raw);
    const { queue } = connection;
    if (connection.cut) return 'ignored';
    let begun = false;
    const release = () => {
      if (begun) queue.release();
      begun = false;
    };
    releases.set(raw, release);
    raw.once('close', release);
    const taken = queue.take(() => {
      begun = true;
      begin();
    });
    if (taken) return 'begins';
    connection.refused += 1;
    raw.once('close', () => void (connection.refused -= 1));
    if (connection.refused <= MOST_REFUSED) return 'refused';
    connection.cut = true;
    raw.setHeader('Connection', 'close');
    request.socket.pause(); // what else it has sent stays with the system
    return 'refused';
  };

  return {
    came,
    take,
    /** What is still due on a connection, in order. */
    openOf,
    /** A connection is there, asked or not. */
    opened: (socket: Socket) => {
      accepted += 1;
      somebodyArrived();
      of(socket);
    },
    /** Resolves when nobody waits to be connected any more, or soon: the system resets those whom a server leaves waiting. */
    allAccepted: async () => {
      const end = performance.now() + GRACE_MS;
      for (let before = -1; before !== accepted && performance.now() < end;) {
        before = accepted;
        await networkTurn();
      }
    },
    /** From now on answers say that the connection ends with them. */
    stop: () => {
      stoppedAt = performance.now();
      for (const { open } of all.values()) {
        const last = [...open].at(-1);
        if (last) lastWord(last);
      }
    },
    /** Closes connections that have asked nothing for a while since the stop. */
    closeQuiet: async () => {
      const since = performance.now() - GRACE_MS;
      if (stoppedAt === null || stoppedAt > since) return;
      const quiet = [...all].filter(
        ([socket, { open, quietSince, read }]) => open.size === 0 && quietSince <= since && socket.bytesRead === read,
      );
      await networkTurn(); // while the loop was busy a request may have come
      for (const [socket, { open, read }] of quiet)
        if (open.size === 0 && socket.bytesRead === read) socket.destroySoon();
    },
  };
};

/** The connections of a server, for signatures. */
export type TcpConnections = ReturnType<typeof connectionsOf>;
