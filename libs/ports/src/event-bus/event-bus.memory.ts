// The bus of one process: it reads the log of each service for each consumer. No event is copied on the way, so none can be
// lost between two places. Never: a poll; a log tells when it has grown.
import type { CloudEvent } from '@drover/contracts';
import type { LoopShare } from '@drover/kernel';
import type { Clock } from '../clock/clock.js';
import { logReader } from '../flow/log-reader.js';
import type { Consumer, EventBus, PublishedLog } from './event-bus.js';

const LIMIT = 50; // small, so that sockets get their turn between two of them

/** The bus of one process, embedded mode's own: each consumer pulls from the owners' logs, so a new one begins at their first fact. */
export const memoryEventBus = (
  clock: Clock,
  report: (name: string, error: unknown) => void = () => {},
  share?: LoopShare,
): EventBus => {
  const logs: PublishedLog[] = [];

  const wire = (consumer: Consumer, log: PublishedLog) =>
    logReader<CloudEvent>({
      name: `${consumer.name} of ${log.service}`,
      clock,
      report,
      ...(share && { share }),
      position: () => consumer.position(log.service),
      read: (after) => log.after(after, LIMIT),
      take: (slice) => {
        const { listensTo } = consumer;
        const { service } = log;
        if (listensTo === 'all' || slice.unreadable) return consumer.take({ ...slice, service });
        return consumer.take({ ...slice, service, entries: slice.entries.filter(({ type }) => listensTo.has(type)) });
      },
      subscribe: (grown) =>
        log.subscribe((head, since) => {
          consumer.heads?.(log.service, head, since);
          grown(head);
        }),
      atEnd: (position) => consumer.heads?.(log.service, position, null),
    });

  /** The ends are taken once: a log that grows all the time would keep whoever follows it for ever. */
  const upToNow = async ({ reached, position }: Consumer) => {
    const ends = await Promise.all(logs.map(async (log) => ({ log, end: await log.end().catch(() => 0) })));
    const isThere = (log: PublishedLog, at: number) =>
      log.after(at, 1).then(
        ({ upTo }) => upTo > at,
        () => false, // of what cannot be read nothing is waited for
      );
    return async () => {
      for (const { log, end } of ends) {
        const at = await (reached ?? position)(log.service);
        if (at < end && (await isThere(log, at))) return false;
      }
      return true;
    };
  };

  const observe = ({ heads, reached, position }: Consumer) => {
    if (!heads) return () => {};
    const leave = logs.map((log) => log.subscribe((head, since) => heads(log.service, head, since)));
    for (const log of logs)
      void (async () => {
        const at = await (reached ?? position)(log.service);
        heads(log.service, (await log.after(at, 1)).upTo, null);
      })().catch((error: unknown) => report(`end of ${log.service}`, error));
    return () => leave.forEach((each) => each());
  };

  return {
    upToNow,
    observe,
    offer: (log) => void logs.push(log),
    deliver: (consumer) => {
      const readers = logs.map((log) => wire(consumer, log));
      return {
        caughtUp: async () => void (await Promise.all(readers.map((each) => each.caughtUp()))),
        caughtUpOrAway: async () => void (await Promise.all(readers.map((each) => each.caughtUpOrAway()))),
        readers: () => Promise.all(readers.map((each) => each.state())),
        stop: async () => void (await Promise.all(readers.map((each) => each.stop()))),
      };
    },
  };
};
