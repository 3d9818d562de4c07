// What is read of one cluster: its rows, a machine's own configuration and state, and where a key is now. What is remembered
// only says where to look first. Never: believe a remembered key or power without reading it again.
import * as z from 'zod';
import type { ConnectionTarget, ReadMoment } from '@drover/kernel';
import { ProviderFault, type LastKnown, type ProviderPorts, type SkippedMachine } from '@drover/ports';
import { NodeAway, pveApi } from './api.proxmox.js';
import { Config, Current, keyOf, powerOf, ResourceRow, toolsOf } from './machine.proxmox.js';

/** A machine of the listing, and what it says of itself. `config`: null while its node cannot be reached. */
export interface MachinePlace {
  readonly row: ResourceRow;
  readonly config: Config | null;
  readonly key: string | null;
}

const Listed = z.array(z.looseObject({ id: z.string(), type: z.string() }));
const SLICE = 8;

/** Does something for each, a few at a time. */
export const inSlices = async <In, Out>(items: readonly In[], work: (item: In) => Promise<Out>) => {
  const done: Out[] = [];
  for (let i = 0; i < items.length; i += SLICE) done.push(...(await Promise.all(items.slice(i, i + SLICE).map(work))));
  return done;
};

/** The path of a machine's own part of the API. */
export const pathOf = ({ node, vmid }: ResourceRow, more: string) =>
  `/nodes/${encodeURIComponent(node)}/qemu/${vmid}/${more}`;

/** What is read of one cluster, and what is remembered of it: nothing in it is believed without being read again. */
export const clusterOf = (target: ConnectionTarget, ports: ProviderPorts) => {
  const api = pveApi(target, ports);
  /** The key that each machine showed last. The id of a machine may be given to another one. */
  const keys = new Map<number, string>();
  /** The power that was read last, by key: all there is while a node cannot be reached. */
  const powers = new Map<string, LastKnown>();

  /** The machines of the cluster, and those rows that make no sense. */
  const rows = async (signal: AbortSignal) => {
    const listed = await api.get(Listed, '/cluster/resources?type=vm', signal);
    const machines = listed
      .filter(({ type }) => type === 'qemu')
      .map((raw) => ({ raw, read: ResourceRow.safeParse(raw) }));
    return {
      rows: machines.flatMap(({ read }) => (read.success ? [read.data] : [])),
      odd: machines.flatMap(({ raw, read }): SkippedMachine[] =>
        read.success ? [] : [{ ref: raw.id, key: null, name: null, why: 'its row in the listing makes no sense' }],
      ),
    };
  };

  const place = async (row: ResourceRow, signal: AbortSignal): Promise<MachinePlace> => {
    const away = { row, config: null, key: keys.get(row.vmid) ?? null };
    if (row.status === 'unknown') return away; // so the listing calls the machines of a node that is away
    try {
      const config = await api.get(Config, pathOf(row, 'config'), signal);
      const key = keyOf(config);
      if (key !== null) keys.set(row.vmid, key);
      return { row, config, key };
    } catch (error) {
      if (error instanceof NodeAway) return away;
      throw error;
    }
  };

  /** The API refuses the ping of an agent that does not answer; any other fault says nothing of the agent. */
  const agentAnswers = async (row: ResourceRow, signal: AbortSignal) => {
    try {
      await api.post(z.unknown(), pathOf(row, 'agent/ping'), signal);
      return true;
    } catch (error) {
      if (error instanceof ProviderFault && error.code === 'invalid_power_state') return false;
      throw error;
    }
  };

  /** Where the machines with these keys are: first where they were met last, and everywhere if they are not there. */
  const locate = async (wanted: ReadonlySet<string>, signal: AbortSignal) => {
    const all = (await rows(signal)).rows;
    const isWanted = ({ key }: MachinePlace) => key !== null && wanted.has(key);
    const met = all.filter(({ vmid }) => wanted.has(keys.get(vmid) ?? ''));
    const first = (await inSlices(met, (row) => place(row, signal))).filter(isWanted);
    if (new Set(first.map(({ key }) => key)).size === wanted.size) return first;
    return (await inSlices(all, (row) => place(row, signal))).filter(isWanted);
  };

  return {
    api,
    rows,
    place,
    locate,
    /** Finds one machine. Of two that show one key nobody can tell which is meant. */
    find: async (key: string, signal: AbortSignal): Promise<MachinePlace> => {
      const [found, ...others] = await locate(new Set([key.toLowerCase()]), signal);
      if (!found) throw new ProviderFault('not_found', `the cluster knows no machine with the UUID ${key}`);
      if (others.length === 0) return found;
      const ids = [found, ...others].map(({ row }) => row.id).join(', ');
      throw new ProviderFault('provider_error', `several machines have the UUID ${key}: ${ids}`);
    },
    /** Asks the node of a machine how it is; null when the node cannot be reached. */
    now: async ({ row, key }: MachinePlace, { observedAt }: ReadMoment, signal: AbortSignal) => {
      try {
        const current = await api.get(Current, pathOf(row, 'status/current'), signal);
        const asked = current.agent && current.status === 'running';
        const answers = asked && (await agentAnswers(row, signal));
        const power = powerOf(current);
        if (key !== null) powers.set(key, { power, at: observedAt });
        return { current, power, tools: toolsOf(current, answers) };
      } catch (error) {
        if (error instanceof NodeAway) return null;
        throw error;
      }
    },
    lastKnown: (key: string) => powers.get(key),
  };
};

/** One cluster, for signatures. */
export type Cluster = ReturnType<typeof clusterOf>;
