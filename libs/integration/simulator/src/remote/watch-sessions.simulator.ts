// Watches for clients that ask again and again: news are numbered and kept until a later question confirms them. Never: drop
// news that were answered, before they are confirmed; an answer may be lost on its way. A watch that nobody asks for five
// minutes ends.
import { WatchId, yieldToEventLoop, type ConnectionId } from '@drover/kernel';
import type { CatalogNews, Clock } from '@drover/ports';
import { siteTarget } from '../sites/connections.simulator.js';
import { sentFault, type Sites } from './dispatch.simulator.js';
import type { NewsSent, WatchLine, WatchQuery } from './protocol.simulator.js';

/** An answer without news comes after so long. */
const ANSWER_MS = 20_000;
/** A watch that nobody has asked for so long is over. Whoever takes in a large listing asks late. */
const IDLE_MS = 300_000;
/** So many machines are kept for whoever asks next; the site keeps the rest. */
const MOST = 5_000;

/** The watches of the sites by clients that ask again and again. What was told is kept until a later question. */
export interface WatchSessions {
  /** The answer to a question; null when its watch is over. Ends at once with news, without any after 20 s. */
  ask(query: WatchQuery, gone: AbortSignal): AsyncGenerator<WatchLine, void> | null;
  close(): void;
}

/** A listing tells machines as they are; of what changes later only which ones did, for they may have changed again. */
const sentNews = (news: CatalogNews, listed: boolean): NewsSent => {
  if (news.is !== 'machines' || !listed) return news;
  const uuids = [...news.machines, ...news.skipped].flatMap(({ key }) => key ?? []);
  return { is: 'changed', keys: uuids };
};
const weightOf = (line: WatchLine) => ('news' in line && line.news.is === 'machines' ? line.news.machines.length : 1);

const openSession = (sites: Sites, connection: ConnectionId, clock: Clock, forget: () => void) => {
  const stop = new AbortController();
  const news = sites.catalog.watch(siteTarget(connection), stop.signal)[Symbol.asyncIterator]();
  const kept: { readonly n: number; readonly line: WatchLine }[] = [];
  let [n, listed, pumping, asking] = [0, false, false, 0];
  let wake = () => {};
  let stopIdle = clock.after(IDLE_MS, () => end());
  const end = () => {
    stopIdle();
    stop.abort();
    forget();
  };
  const keep = (line: (n: number) => WatchLine) => {
    n += 1;
    kept.push({ n, line: line(n) });
    wake();
  };
  const isFull = () => kept.reduce((sum, { line }) => sum + weightOf(line), 0) >= MOST;
  const drain = async () => {
    if (pumping || stop.signal.aborted) return;
    pumping = true;
    try {
      while (!isFull()) {
        const next = (await news.next()) as IteratorResult<CatalogNews, undefined>;
        if (next.done) return;
        const told = sentNews(next.value, listed);
        listed ||= told.is === 'complete';
        keep((number) => ({ n: number, news: told }));
      }
      pumping = false;
    } catch (error) {
      keep(() => sentFault(error)); // and nothing is asked of it any more
    }
  };
  const someNews = (gone: AbortSignal) =>
    new Promise<void>((done) => {
      const over = () => {
        cancel();
        gone.removeEventListener('abort', over);
        done();
      };
      const cancel = clock.after(ANSWER_MS, over);
      gone.addEventListener('abort', over);
      wake = over;
      if (kept.length > 0 || gone.aborted) over();
    });
  return {
    end,
    ask: async function* (id: WatchId, after: number, gone: AbortSignal): AsyncGenerator<WatchLine, void> {
      stopIdle();
      asking += 1;
      try {
        while ((kept[0]?.n ?? Infinity) <= after) kept.shift();
        void drain();
        await someNews(gone);
        await yieldToEventLoop(); // what comes with it is told with it
        yield { watch: id };
        const told = kept.map(({ line }) => line);
        yield* told;
        if (told.some((line) => 'fault' in line)) end();
        else yield { end: true };
      } finally {
        asking -= 1;
        if (asking === 0 && !stop.signal.aborted) stopIdle = clock.after(IDLE_MS, end);
      }
    },
  };
};

/** Opens a watch for whoever asks first and keeps it for whoever asks again. */
export const watchSessions = (sites: Sites, clock: Clock): WatchSessions => {
  const sessions = new Map<WatchId, { connection: ConnectionId } & ReturnType<typeof openSession>>();
  const opened = (connection: ConnectionId) => {
    const id = WatchId.create();
    sessions.set(id, { connection, ...openSession(sites, connection, clock, () => void sessions.delete(id)) });
    return id;
  };
  return {
    ask: (query, gone) => {
      const [id, after] = 'watch' in query ? [query.watch, query.after] : [opened(query.connection), 0];
      const session = sessions.get(id);
      return session?.connection === query.connection ? session.ask(id, after, gone) : null;
    },
    close: () => [...sessions.values()].forEach(({ end }) => end()),
  };
};
