// A watch of a cluster, which tells no changes by itself: it lists every two seconds and reads what differs. Never: take
// absence from one listing for a removal; the cluster is asked about the machine itself.
import { GuestTools } from '@drover/kernel';
import { ProviderFault, sleep, type CatalogNews, type Clock } from '@drover/ports';
import type { ResourceRow } from './machine.proxmox.js';
import { batchOf, readRows, type ClusterReader } from './machine-catalog.proxmox.js';

/** How often the cluster is asked. One request lists all machines. */
const POLL_MS = 2_000;

/** What of a row is no news: it changes by itself. What is left says whether a machine must be read. */
const fingerprintOf = ({ node, name, status, lock, template, maxcpu, maxmem }: ResourceRow) =>
  JSON.stringify([node, name, status, lock, template, maxcpu, maxmem]);

/** Ends quietly when nobody listens any more. */
const pause = (clock: Clock, signal: AbortSignal) => sleep(clock, POLL_MS, signal).catch(() => {});

/**
 * The API tells no changes, so the listing is compared with the one before. A guest agent that starts later is not in it:
 * a machine whose agent does not answer is read each time.
 */
export async function* watch(reader: ClusterReader, signal: AbortSignal): AsyncGenerator<CatalogNews> {
  const { cluster, momentOf, clock } = reader;
  const known = new Map<number, { readonly row: ResourceRow; readonly print: string; readonly key: string | null }>();
  const unsettled = new Set<string>();

  const read = async (rows: readonly ResourceRow[]): Promise<CatalogNews> => {
    const all = await readRows(reader, rows, signal);
    rows.forEach((row, i) => {
      const seen = all[i];
      known.set(row.vmid, { row, print: fingerprintOf(row), key: seen?.key ?? null });
      const waits =
        seen !== undefined && 'tools' in seen && row.status === 'running' && seen.tools === GuestTools.stopped;
      if (waits) unsettled.add(row.id);
      else unsettled.delete(row.id);
    });
    return { is: 'machines', ...batchOf(all) };
  };

  /** Whether the cluster itself says that a machine is gone: absence from a listing alone is no evidence. */
  const isGone = async (row: ResourceRow) => {
    try {
      await cluster.place(row, signal);
      return false;
    } catch (error) {
      if (error instanceof ProviderFault && error.code === 'not_found') return true;
      throw error;
    }
  };

  try {
    const first = await cluster.rows(signal);
    const { machines, skipped } = (await read(first.rows)) as CatalogNews & { is: 'machines' };
    yield { is: 'machines', machines, skipped: [...first.odd, ...skipped] };
    yield { is: 'complete', at: clock.now() };
    while (!signal.aborted) {
      await pause(clock, signal);
      if (signal.aborted) return;
      const { rows } = await cluster.rows(signal);
      const changed = rows.filter((row) => known.get(row.vmid)?.print !== fingerprintOf(row) || unsettled.has(row.id));
      if (changed.length > 0) yield await read(changed);
      const present = new Set(rows.map(({ vmid }) => vmid));
      for (const [vmid, { row, key }] of known) {
        if (present.has(vmid) || key === null || !(await isGone(row))) continue;
        known.delete(vmid);
        const { observedAt: at, ...order } = momentOf();
        yield { is: 'removed', keys: [key], at, order };
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
