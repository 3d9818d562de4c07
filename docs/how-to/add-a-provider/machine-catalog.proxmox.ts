// The machines of a cluster: test, listing, names, readings. A machine whose node is away is shown with its last power, or
// skipped with a reason. Never: leave one out of a listing that is there; Drover would count it as absent.
import * as z from 'zod';
import { GuestTools, type ConnectionTarget, type ReadMoment } from '@drover/kernel';
import {
  ProviderFault,
  type Clock,
  type Machine,
  type MachineBatch,
  type MachineCatalog,
  type ProviderIdentity,
  type SkippedMachine,
} from '@drover/ports';
import { inSlices, type Cluster, type MachinePlace } from './cluster.proxmox.js';
import { hardwareOf, shownOf, type ResourceRow } from './machine.proxmox.js';

type Shown = Machine | SkippedMachine;
const isMachine = (shown: Shown): shown is Machine => 'power' in shown;
const isSkipped = (shown: Shown): shown is SkippedMachine => !isMachine(shown);

/** What a listing tells. Of two machines with one key the first counts. */
export const batchOf = (all: readonly Shown[], odd: readonly SkippedMachine[] = []): MachineBatch => {
  const holders = new Map<string, string>();
  const told = all.map((shown): Shown => {
    const ref = isMachine(shown) ? (shown.aliases.at(-1)?.value ?? '') : shown.ref;
    const holder = holders.get(shown.key ?? ref) ?? ref;
    holders.set(shown.key ?? ref, holder);
    if (holder === ref) return shown;
    return { ref, key: shown.key, name: shown.name, why: `its UUID is that of ${holder}, too` };
  });
  return { machines: told.filter(isMachine), skipped: [...odd, ...told.filter(isSkipped)] };
};

/** What one connection is read with. */
export interface ClusterReader {
  readonly target: ConnectionTarget;
  readonly cluster: Cluster;
  readonly momentOf: () => ReadMoment;
  readonly clock: Clock;
}

/** One machine as it is now. One that nobody can make sense of is skipped; nothing is thrown for it. */
const shown = async (
  { target, cluster, momentOf }: ClusterReader,
  place: MachinePlace,
  signal: AbortSignal,
): Promise<Shown> => {
  const { row, config, key } = place;
  const moment = momentOf();
  const skipped = (why: string) => ({ ref: row.id, key, name: row.name ?? null, why });
  if (config && key === null) return skipped('smbios1 of its configuration holds no UUID');
  const now = config && (await cluster.now(place, moment, signal));
  const last = key === null ? undefined : cluster.lastKnown(key);
  if (key === null || (!now && !last)) return skipped(`its node ${row.node} cannot be reached`);
  const about = { ...shownOf(target.id, row, key), ...moment };
  if (now && config) {
    const { power, tools } = now;
    return { ...about, power, tools, hardware: hardwareOf(row, config, moment), connectionState: 'connected' };
  }
  const power = last?.power ?? 'poweredOff';
  return { ...about, power, tools: GuestTools.unknown, hardware: null, connectionState: 'disconnected' };
};

/** Reads some machines of the listing. A fault of one machine is told of that machine alone. */
export const readRows = (reader: ClusterReader, rows: readonly ResourceRow[], signal: AbortSignal) =>
  inSlices(rows, async (row): Promise<Shown> => {
    try {
      return await shown(reader, await reader.cluster.place(row, signal), signal);
    } catch (error) {
      if (!(error instanceof ProviderFault) || !['provider_error', 'not_found'].includes(error.code)) throw error;
      const { key } = await reader.cluster.place(row, signal).catch(() => ({ key: null }));
      return { ref: row.id, key, name: row.name ?? null, why: error.detail };
    }
  });

/** The machines of clusters, without their watch. */
export const proxmoxMachines = (
  readerOf: (target: ConnectionTarget) => ClusterReader,
): Pick<MachineCatalog, 'test' | 'list' | 'identities' | 'read'> => ({
  test: async (target, signal) => {
    const { cluster, clock } = readerOf(target);
    const begun = clock.monotonic();
    const probe = { code: null, detail: null, durationMs: 0 };
    try {
      await cluster.api.get(z.unknown(), '/version', signal);
      await cluster.rows(signal);
      return (['http', 'session', 'read'] as const).map((step) => ({ ...probe, step, ok: true }));
    } catch (error) {
      const { code, detail } = error as ProviderFault;
      const step = code === 'sign_in_failed' ? 'session' : code === 'not_permitted' ? 'read' : 'http';
      return [{ step, ok: false, code, detail, durationMs: Math.round(clock.monotonic() - begun) }];
    }
  },
  list: async function* (target, signal) {
    const reader = readerOf(target);
    const { rows, odd } = await reader.cluster.rows(signal);
    yield batchOf(await readRows(reader, rows, signal), odd);
  },
  identities: async function* (target, signal) {
    const { cluster } = readerOf(target);
    const { rows, odd } = await cluster.rows(signal);
    const named = await inSlices(rows, async (row): Promise<ProviderIdentity> => {
      const { key } = await cluster.place(row, signal).catch((error: unknown) => {
        if (error instanceof ProviderFault && error.code === 'provider_error') return { key: null };
        throw error;
      });
      return { ref: row.id, key };
    });
    yield [...named, ...odd.map(({ ref }) => ({ ref, key: null }))];
  },
  read: async (target, keys, signal) => {
    if (keys.length === 0) return [];
    const reader = readerOf(target);
    const places = await reader.cluster.locate(new Set(keys.map((key) => key.toLowerCase())), signal);
    const { machines, skipped } = batchOf(
      await readRows(
        reader,
        places.map(({ row }) => row),
        signal,
      ),
    );
    const doubles = new Set(skipped.map(({ key }) => key));
    return machines.filter(({ key }) => !doubles.has(key));
  },
});
