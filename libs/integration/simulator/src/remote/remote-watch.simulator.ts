// The news of sites in another process, each answer from where the last one ended. Never: a state taken from the news of a
// change, which may be older than what was read since.
import type { ConnectionTarget, ReadOrder } from '@drover/kernel';
import type { CatalogNews, MachineBatch, ReadCounter } from '@drover/ports';
import { BatchSent, type NewsSent } from './protocol.simulator.js';
import type { RemoteCalls, WatchPlace } from './remote-calls.simulator.js';

/** Machines as they were sent, with the number of the request that read them. */
export const numbered = ({ machines, skipped }: BatchSent, order: ReadOrder): MachineBatch => ({
  machines: machines.map((machine) => ({ ...machine, ...order })),
  skipped,
});

/**
 * Follows the news of a site by asking again and again where the last answer ended. An answer names machines that changed;
 * it may be older than what was read meanwhile, so they are read anew, with a request that is sent after it came.
 */
export async function* followRemote(
  calls: RemoteCalls,
  reads: ReadCounter,
  target: ConnectionTarget,
  signal: AbortSignal,
): AsyncGenerator<CatalogNews, void> {
  const look = async (keys: readonly string[]) => {
    const order = reads.next();
    const to = { connection: target.id, port: 'machine-catalog' } as const;
    const call = { ...to, method: 'look', args: { keys } } as const;
    return numbered(await calls.single(target, call, BatchSent, signal), order);
  };
  async function* changed(news: readonly NewsSent[]): AsyncGenerator<CatalogNews, void> {
    for (const each of news) if (each.is === 'removed') yield { ...each, order: reads.next() };
    const named = new Set(news.flatMap((each) => (each.is === 'changed' ? each.keys : [])));
    if (named.size > 0) yield { is: 'machines', ...(await look([...named])) };
  }

  const order = reads.next();
  let place = null as WatchPlace | null;
  while (!signal.aborted) {
    const pending: NewsSent[] = [];
    let fault: unknown = null;
    try {
      for (const line of await calls.watched(target, { connection: target.id, ...place }, signal)) {
        if ('watch' in line) place = { watch: line.watch, after: place?.after ?? '0' };
        if (!('news' in line)) continue;
        if (place) place = { ...place, after: String(line.n) };
        if (line.news.is === 'machines') yield { is: 'machines', ...numbered(line.news, order) };
        else if (line.news.is === 'complete') yield line.news;
        else pending.push(line.news);
      }
    } catch (error) {
      fault = error;
    }
    yield* changed(pending);
    if (fault !== null) throw fault as Error;
  }
}
